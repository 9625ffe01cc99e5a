"""What is said below issues and pull requests."""

from runners.github.connection import PAGE, Connection
from runners.github_types import Where


class Comments(Connection):
    """Comments, reactions and labels of issues and pull requests."""

    def comment(self, where: Where, number: int, body: str) -> int:
        """A new comment on an issue or pull request; its id. By its first line, a mark, it keeps its turn."""
        mark = body.partition("\n")[0][:100]
        with self.writing(where, f"comment on {where.repository_id}#{number} {mark}") as rest:
            return int(rest.issues.create_comment(where.owner, where.name, number, body=body).json()["id"])

    def edit_comment(self, where: Where, comment_id: int, body: str) -> None:
        """Replaces the text of a comment of ours."""
        with self.writing(where, f"comment {comment_id}") as rest:
            rest.issues.update_comment(where.owner, where.name, comment_id, body=body)

    def find_comments(self, where: Where, number: int, marker: str, app_id: int) -> dict[int, str]:
        """Texts of this App's comments that hold the marker, by id: people can paste a marker, but not be the App."""
        with self.reading(where) as rest:
            found, page = {}, 1
            while True:
                listed = rest.issues.list_comments(where.owner, where.name, number, per_page=PAGE, page=page).json()
                for comment in listed:
                    by = comment.get("performed_via_github_app") or {}
                    text = comment.get("body") or ""
                    if by.get("id") == app_id and marker in text:
                        found[int(comment["id"])] = text
                if len(listed) < PAGE:
                    return found
                page += 1

    def delete_comment(self, where: Where, comment_id: int) -> None:
        """Removes a comment of ours."""
        with self.writing(where, f"comment {comment_id}") as rest:
            rest.issues.delete_comment(where.owner, where.name, comment_id)

    def react(self, where: Where, kind: str, source_id: int, content: str) -> None:
        """A reaction on a comment (by id) or an issue's own text (by number); repeating it changes nothing."""
        with self.writing(where, f"reaction on {kind} {where.repository_id}#{source_id}") as rest:
            put = {
                "comment": rest.reactions.create_for_issue_comment,
                "review_comment": rest.reactions.create_for_pull_request_review_comment,
                "issue": rest.reactions.create_for_issue,
            }[kind]
            put(where.owner, where.name, source_id, content=content)

    def label(self, where: Where, number: int, labels: list[str]) -> None:
        """Puts labels on an issue or pull request; those that the repository does not have are made."""
        with self.writing(where, f"labels of {where.repository_id}#{number}") as rest:
            rest.issues.add_labels(where.owner, where.name, number, data={"labels": labels})
