"""What a person does by a form: write, close, press a button, send a delivery again."""

from bot.local_github.deeds import checks, conversation
from bot.local_github.pages.frame import Made, Visit, go
from bot.local_github.records import Issue, Pull, Repository, User
from bot.local_github.refusals import RefusalError, not_found
from bot.local_github.site import Site


class Acts:
    """One method a form; each ends on the page where its effect is seen."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def open_issue(self, visit: Visit) -> Made:
        """A new issue."""
        repository, person = self._who(visit)
        made = conversation.open_issue(self.site, repository, visit.field("title"), visit.field("body"), person)
        return go(_page(repository, made))

    def comment(self, visit: Visit) -> Made:
        """A comment."""
        repository, person = self._who(visit)
        number = visit.path["number"]
        made = conversation.comment(self.site, repository, number, visit.field("body"), person, None)
        return go(f"{_page(repository, self.site.ledger.issue(repository, number))}#issuecomment-{made.id}")

    def set_state(self, visit: Visit) -> Made:
        """Close or reopen, with what was written by then as a comment."""
        repository, person = self._who(visit)
        if visit.field("body").strip():
            self.comment(visit)
        closed = visit.field("state") == "closed"
        changed = conversation.set_state(self.site, repository, visit.path["number"], closed, person)
        return go(_page(repository, changed))

    def label(self, visit: Visit) -> Made:
        """A label on an issue or pull request."""
        repository, person = self._who(visit, "triage")
        name = visit.field("label").strip()
        return go(_page(repository, conversation.label(self.site, repository, visit.path["number"], name, person)))

    def delete(self, visit: Visit) -> Made:
        """A comment taken away, by its author or somebody who may write."""
        repository, person = self._who(visit)
        comment = self.site.ledger.comment(repository, visit.path["comment_id"])
        if comment.user.id != person.id:
            self._who(visit, "write")
        conversation.delete_comment(self.site, repository, comment.id, person)
        return go(_page(repository, self.site.ledger.issue(repository, visit.path["number"])))

    def rerun(self, visit: Visit) -> Made:
        """ "Re-run" of a check run."""
        repository, person = self._who(visit)
        checks.ask_again(self.site, repository, visit.path["check_id"], person)
        return go(f"/{repository.full_name}/runs/{visit.path['check_id']}")

    def press(self, visit: Visit) -> Made:
        """A check run's own button."""
        repository, person = self._who(visit)
        checks.press(self.site, repository, visit.path["check_id"], visit.field("identifier"), person)
        return go(f"/{repository.full_name}/runs/{visit.path['check_id']}")

    def redeliver(self, visit: Visit) -> Made:
        """A delivery once more."""
        found = self.site.ledger.deliveries.get(visit.path["delivery_id"])
        if found is None:
            raise not_found()
        self.site.postman.send_again(found)
        return go("/-/deliveries")

    def _who(self, visit: Visit, least: str = "read") -> tuple[Repository, User]:
        return acting(self.site, visit, least)


def acting(site: Site, visit: Visit, least: str = "read") -> tuple[Repository, User]:
    """Where a form was sent, and as whom. Raises a refusal unless they may do at least so much there."""
    repository = site.ledger.repository(f"{visit.path['owner']}/{visit.path['repo']}")
    person = site.ledger.user(visit.field("as"))
    if person.type != "User" or not site.ledger.role(repository, person).reaches(least):
        raise RefusalError(403, f"{person.login} can't do that here")
    return repository, person


def _page(repository: Repository, issue: Issue) -> str:
    return f"/{repository.full_name}/{'pull' if isinstance(issue, Pull) else 'issues'}/{issue.number}"
