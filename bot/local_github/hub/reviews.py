"""Reviews and comments on lines."""

from collections.abc import Sequence

from bot.local_github.anchors import Lines
from bot.local_github.deeds import line_comments, reviews
from bot.local_github.deeds.remarks import Author, Remark
from bot.local_github.deeds.reviews import Opinion
from bot.local_github.hub.hands import Hands
from bot.local_github.records import Review, ReviewComment, Side


class Reviews(Hands):
    """Reviews and comments on lines."""

    def review(
        self, repo: str, number: int, body: str, by: str, event: str = "COMMENT", remarks: Sequence[Remark] = ()
    ) -> Review:
        """A person reviews a pull request: COMMENT, APPROVE or REQUEST_CHANGES, with comments on lines."""
        opinion = Opinion(event, body, remarks)
        return reviews.submit(self.site, self.repository(repo), number, opinion, Author(self.user(by)))

    def comment_on_line(
        self, repo: str, number: int, path: str, line: int, body: str, by: str, side: Side = "RIGHT"
    ) -> ReviewComment:
        """A person comments on one line of a pull request, outside of a review."""
        remark = Remark(Lines(path=path, line=line, side=side), body)
        return line_comments.comment(self.site, self.repository(repo), number, remark, Author(self.user(by)))

    def reply_on_line(self, repo: str, comment_id: int, body: str, by: str) -> ReviewComment:
        """A person answers in the thread that a comment on a line began."""
        repository = self.repository(repo)
        number = self.site.ledger.review_comment(repository, comment_id).number
        return line_comments.reply(self.site, repository, number, comment_id, body, Author(self.user(by)))

    def resolve_thread(self, repo: str, comment_id: int, by: str, resolved: bool = True) -> None:
        """A person calls the thread that a comment began done, or takes that back."""
        repository = self.repository(repo)
        number = self.site.ledger.review_comment(repository, comment_id).number
        line_comments.resolve(self.site, repository, number, comment_id, resolved, self.user(by))

    def reviews(self, repo: str, number: int) -> list[Review]:
        """Reviews of a pull request, oldest first; a comment on a line by itself has one too, without a text."""
        return self.site.ledger.reviews_of(self.issue(repo, number))

    def review_comments(self, repo: str, number: int) -> list[ReviewComment]:
        """Comments on a pull request's lines, oldest first."""
        return self.site.ledger.review_comments_of(self.issue(repo, number))
