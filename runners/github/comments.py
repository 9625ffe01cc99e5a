"""What is said below issues and pull requests."""

import re
from functools import partial

from runners.github.connection import PAGE, Connection, pages
from runners.github_types import Said, Where, said_of

MOST_PAGES = 5
# Also as a page shows it; so GitHub's documentation names it for issues, and for what is said in reviews.
OF_ISSUES = {"Accept": "application/vnd.github.full+json"}
OF_REVIEWS = {"Accept": "application/vnd.github-commitcomment.full+json"}
LAST_PAGE = re.compile(r'[?&]page=(\d+)[^>]*>; rel="last"')


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
            listed = pages(partial(rest.issues.list_comments, where.owner, where.name, number))
            ours = [one for one in listed if (one.get("performed_via_github_app") or {}).get("id") == app_id]
        return {int(one["id"]): one["body"] for one in ours if marker in (one.get("body") or "")}

    def people_said(self, where: Where, number: int, before: float) -> list[Said]:
        """People's comments that stood before a time and were not changed after it, the newest first.

        Of very many the first hundred and the last few hundred.
        """
        with self.reading(where) as rest:
            ask = partial(rest.issues.list_comments, where.owner, where.name, number, per_page=PAGE)
            first = ask(page=1)
            last = LAST_PAGE.search(first.headers.get("link", ""))
            others = range(max(2, int(last[1]) - MOST_PAGES + 2), int(last[1]) + 1) if last else ()
            found = [*first.json(), *(one for page in others for one in ask(page=page).json())]
        return [said for said in map(said_of, reversed(found)) if said and said.at < before]

    def issue_as_html(self, where: Where, number: int) -> str:
        """The text of an issue or pull request as a page shows it: what is attached there lies at signed addresses.

        They are good for about five minutes, for whoever has them.
        """
        with self.reading(where) as rest:
            answer = rest.issues.get(where.owner, where.name, number, headers=OF_ISSUES).json()
        return str(answer.get("body_html") or "")

    def said_as_html(self, where: Where, number: int, kind: str, said_id: int) -> str:
        """The same for a comment, a comment on lines, or a review of that pull request: `kind` as of a task's source.

        To a text that stands nowhere GitHub gives an App no signed address.
        """
        with self.reading(where) as rest:
            ask, path, headers = {
                "comment": (rest.issues.get_comment, (said_id,), OF_ISSUES),
                "review_comment": (rest.pulls.get_review_comment, (said_id,), OF_REVIEWS),
                "review": (rest.pulls.get_review, (number, said_id), OF_REVIEWS),
            }[kind]
            answer = ask(where.owner, where.name, *path, headers=headers).json()
        return str(answer.get("body_html") or "")

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
