"""Where things are: addresses of the REST API (as on GitHub Enterprise Server), of pages and of git."""

from dataclasses import dataclass

from bot.local_github.records import CheckRun, Comment, Issue, Pull, Repository, Review, ReviewComment, User


@dataclass
class Addresses:
    """Addresses under one origin, e.g. `http://127.0.0.1:8080`; its port is known once the server has started."""

    url: str

    def api(self, path: str) -> str:
        """Of a REST resource."""
        return f"{self.url}/api/v3{path}"

    def user(self, user: User) -> str:
        """Of a user in the REST API."""
        return self.api(f"/users/{user.login}")

    def repository(self, repository: Repository) -> str:
        """Of a repository in the REST API."""
        return self.api(f"/repos/{repository.full_name}")

    def page(self, repository: Repository) -> str:
        """Of a repository's page."""
        return f"{self.url}/{repository.full_name}"

    def attachment(self, uuid: str) -> str:
        """Of what somebody attached, as texts name it."""
        return f"{self.url}/user-attachments/assets/{uuid}"

    def issue(self, repository: Repository, issue: Issue) -> str:
        """Of an issue or a pull request in the REST API, as an issue."""
        return f"{self.repository(repository)}/issues/{issue.number}"

    def pull(self, repository: Repository, pull: Pull) -> str:
        """Of a pull request in the REST API."""
        return f"{self.repository(repository)}/pulls/{pull.number}"

    def issue_page(self, repository: Repository, issue: Issue) -> str:
        """Of the page of an issue or a pull request."""
        return f"{self.page(repository)}/{'pull' if isinstance(issue, Pull) else 'issues'}/{issue.number}"

    def comment_page(self, repository: Repository, issue: Issue, comment: Comment) -> str:
        """Of a comment on its page."""
        return f"{self.issue_page(repository, issue)}#issuecomment-{comment.id}"

    def review_page(self, repository: Repository, pull: Pull, review: Review) -> str:
        """Of a review on its pull request's page."""
        return f"{self.issue_page(repository, pull)}#pullrequestreview-{review.id}"

    def review_comment(self, repository: Repository, comment: ReviewComment) -> str:
        """Of a comment on a pull request's lines in the REST API."""
        return f"{self.repository(repository)}/pulls/comments/{comment.id}"

    def review_comment_page(self, repository: Repository, pull: Pull, comment: ReviewComment) -> str:
        """Of a comment on lines, on its pull request's page."""
        return f"{self.issue_page(repository, pull)}#discussion_r{comment.id}"

    def check_page(self, repository: Repository, check: CheckRun) -> str:
        """Of a check run's page."""
        return f"{self.page(repository)}/runs/{check.id}"
