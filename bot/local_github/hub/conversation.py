"""Issues, comments and pull requests."""

from bot.local_github.deeds import conversation, pulls
from bot.local_github.deeds.pulls import Proposal
from bot.local_github.hub.hands import Hands
from bot.local_github.records import Comment, Issue, Pull, Reactable, Reaction, ReviewComment


class Conversation(Hands):
    """Issues, comments and pull requests."""

    def open_issue(self, repo: str, title: str, body: str | None, by: str) -> Issue:
        """A person opens an issue."""
        return conversation.open_issue(self.site, self.repository(repo), title, body, self.user(by))

    def attach(self, repo: str, content: bytes, by: str, media_type: str = "image/png") -> str:
        """A person attaches a file; the address by which texts name it."""
        made = self.site.attachments.add(self.repository(repo), self.user(by), content, media_type)
        return self.site.at.attachment(made.uuid)

    def close_issue(self, repo: str, number: int, by: str) -> Issue:
        """A person closes an issue or a pull request."""
        return conversation.set_state(self.site, self.repository(repo), number, True, self.user(by))

    def reopen_issue(self, repo: str, number: int, by: str) -> Issue:
        """A person opens it again."""
        return conversation.set_state(self.site, self.repository(repo), number, False, self.user(by))

    def label_issue(self, repo: str, number: int, label: str, by: str) -> Issue:
        """A person puts a label on it."""
        return conversation.label(self.site, self.repository(repo), number, label, self.user(by))

    def lock_issue(self, repo: str, number: int, by: str) -> Issue:
        """A person closes the conversation to those who may not write."""
        return conversation.lock(self.site, self.repository(repo), number, self.user(by))

    def comment(self, repo: str, number: int, body: str, by: str, by_app: int | None = None) -> Comment:
        """A comment; `by_app` is the id of the App through which it was written."""
        return conversation.comment(self.site, self.repository(repo), number, body, self.user(by), by_app)

    def edit_comment(self, repo: str, comment_id: int, body: str, by: str) -> Comment:
        """A person changes a comment."""
        return conversation.edit_comment(self.site, self.repository(repo), comment_id, body, self.user(by))

    def delete_comment(self, repo: str, comment_id: int, by: str) -> None:
        """A person deletes a comment."""
        conversation.delete_comment(self.site, self.repository(repo), comment_id, self.user(by))

    def open_pull(
        self, repo: str, title: str, head: str, base: str, body: str | None, by: str, draft: bool = False
    ) -> Pull:
        """A person opens a pull request; `head` is `login:branch` from a fork."""
        proposal = Proposal(title, head, base, body, draft)
        return pulls.open_pull(self.site, self.repository(repo), proposal, self.user(by))

    def issues(self, repo: str) -> list[Issue]:
        """Issues, without pull requests, oldest first."""
        return [one for one in self.site.ledger.issues_of(self.repository(repo)) if not isinstance(one, Pull)]

    def pulls(self, repo: str) -> list[Pull]:
        """Pull requests, oldest first."""
        return self.site.ledger.pulls_of(self.repository(repo))

    def comments(self, repo: str, number: int) -> list[Comment]:
        """Comments, oldest first."""
        return self.site.ledger.comments_of(self.issue(repo, number))

    def reactions(self, of: Issue | Comment | ReviewComment) -> list[Reaction]:
        """Reactions to an issue, a pull request or a comment."""
        kinds: dict[type, Reactable] = {Comment: "comment", ReviewComment: "review_comment"}
        return self.site.ledger.reactions_to(kinds.get(type(of), "issue"), of.id)
