"""What a person does by the forms of a review: say what they think, comment on a line, answer, call a thread done."""

from bot.local_github.anchors import Lines
from bot.local_github.deeds import line_comments, reviews
from bot.local_github.deeds.remarks import Author, Remark
from bot.local_github.deeds.reviews import Opinion
from bot.local_github.pages.acts import acting
from bot.local_github.pages.frame import Made, Visit, go
from bot.local_github.records import Repository, Side
from bot.local_github.refusals import RefusalError
from bot.local_github.site import Site


class ReviewActs:
    """One method a form; each ends where its effect is seen."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def review(self, visit: Visit) -> Made:
        """A review of the whole."""
        repository, person = acting(self.site, visit)
        wanted = Opinion(visit.field("event"), visit.field("body"))
        made = reviews.submit(self.site, repository, visit.path["number"], wanted, Author(person))
        return go(f"{_page(repository, visit)}#pullrequestreview-{made.id}")

    def comment(self, visit: Visit) -> Made:
        """A comment on one line."""
        repository, person = acting(self.site, visit)
        line = visit.field("line")
        if not line.isdecimal():
            raise RefusalError(422, "The line must be a number")
        side: Side = "LEFT" if visit.field("side") == "LEFT" else "RIGHT"
        remark = Remark(Lines(path=visit.field("path"), line=int(line), side=side), visit.field("body"))
        made = line_comments.comment(self.site, repository, visit.path["number"], remark, Author(person))
        return go(f"{_page(repository, visit)}#discussion_r{made.id}")

    def reply(self, visit: Visit) -> Made:
        """An answer in a thread."""
        repository, person = acting(self.site, visit)
        place = visit.path["number"], visit.path["comment_id"]
        made = line_comments.reply(self.site, repository, *place, visit.field("body"), Author(person))
        return go(f"{_page(repository, visit)}#discussion_r{made.id}")

    def resolve(self, visit: Visit) -> Made:
        """A thread called done, or opened again."""
        repository, person = acting(self.site, visit)
        place = visit.path["number"], visit.path["comment_id"]
        line_comments.resolve(self.site, repository, *place, visit.field("resolved") == "yes", person)
        return go(f"{_page(repository, visit)}#discussion_r{visit.path['comment_id']}")


def _page(repository: Repository, visit: Visit) -> str:
    return f"/{repository.full_name}/pull/{visit.path['number']}"
