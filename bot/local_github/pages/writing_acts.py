"""What a person writes anew by a form: other words for a comment, a file; and how they let another App's check fail."""

from bot.local_github.deeds import checks, conversation, repositories
from bot.local_github.pages.acts import acting
from bot.local_github.pages.frame import Made, Visit, go
from bot.local_github.refusals import RefusalError
from bot.local_github.site import Site


class WritingActs:
    """One method a form; each ends on the page where its effect is seen."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def edit(self, visit: Visit) -> Made:
        """A comment's author gives it other words, or somebody who may write."""
        repository, person = acting(self.site, visit)
        comment = self.site.ledger.comment(repository, visit.path["comment_id"])
        if comment.user.id != person.id:
            acting(self.site, visit, "write")
        body = visit.field("body").replace("\r\n", "\n")
        conversation.edit_comment(self.site, repository, comment.id, body, person)
        return go(f"/{repository.full_name}/issues/{comment.number}#issuecomment-{comment.id}")

    def write(self, visit: Visit) -> Made:
        """A file as a branch has it from now on; a new one where there was none."""
        repository, person = acting(self.site, visit, "write")
        branch, path = visit.field("branch"), visit.field("path").strip()
        if branch not in self.site.disk.branches(repository.id):
            raise RefusalError(422, f"There is no branch {branch}.")
        if not path or any(part in ("", ".", "..", ".git") for part in path.split("/")):
            raise RefusalError(422, f"{path or 'Nothing'} can't be the path of a file.")
        text = visit.field("text").replace("\r\n", "\n")
        repositories.commit(self.site, repository.full_name, branch, {path: text}, person.login, None)
        return go(f"/{repository.full_name}/blob/{branch}/{path}")

    def fail(self, visit: Visit) -> Made:
        """A check of another App fails at the head of a pull request."""
        repository, _ = acting(self.site, visit, "write")
        pull = self.site.ledger.pull(repository, visit.path["number"])
        name = visit.field("name").strip() or "CI"
        checks.fail_elsewhere(self.site, repository, pull.head_sha, name, visit.field("text"))
        return go(f"/{repository.full_name}/pull/{pull.number}")
