"""The pages that are looked at."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse, Response

from bot.local_github.pages.discussions import reviewed
from bot.local_github.pages.frame import HEADERS, Made, Page, Visit, plain
from bot.local_github.records import Comment, Issue, Pull, Repository, User
from bot.local_github.refusals import not_found
from bot.local_github.repositories_on_disk import EMPTY_TREE
from bot.local_github.site import Site

STATIC = Path(__file__).parent / "static"
KINDS = {"page.css": "text/css", "page.js": "text/javascript", "avatar.svg": "image/svg+xml"}
MOST_DELIVERIES = 200
LARGEST_SHOWN = 512 * 1024  # bytes of a file


class Views:
    """One method a page; each gives what its template needs."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def home(self, _: Visit) -> Made:
        """All repositories."""
        with self.site.ledger.lock:
            repositories = [(one, self._counts(one)) for one in self.site.ledger.repositories.values()]
        return Page("home.html", shown={"repositories": repositories, "address": self.site.postman.address})

    def revision(self, _: Visit) -> Made:
        """The fingerprint that open pages poll: it changes with anything."""
        return JSONResponse(self.site.ledger.revision, headers=HEADERS)

    def static(self, visit: Visit) -> Made:
        """Our style sheet, script and picture."""
        name = visit.path["name"]
        if name not in KINDS:
            raise not_found()
        return Response((STATIC / name).read_bytes(), headers=HEADERS, media_type=KINDS[name])

    def repository(self, visit: Visit) -> Made:
        """Files, README, branches and latest commits."""
        repository = self._repository(visit)
        branches = self.site.disk.branches(repository.id)
        if "rest" not in visit.path and repository.default_branch not in branches:
            return Page("empty.html", shown=self._around(repository, "code"))
        ref, sha, path = self._place(repository, branches, visit.path.get("rest", repository.default_branch))
        entries = self.site.disk.tree(repository.id, sha, path)
        if not entries:
            raise not_found()
        readme = next((one.path for one in entries if one.name.lower() == "readme.md"), None)
        shown = {
            **self._around(repository, "code"),
            "ref": ref,
            "path": path,
            "entries": sorted(entries, key=lambda one: (one.kind != "tree", one.name)),
            "readme": self._text(repository, sha, readme) if readme else None,
            "branches": branches,
            "commits": self.site.disk.commits(repository.id, sha, limit=8),
        }
        return Page("repository.html", shown=shown)

    def file(self, visit: Visit) -> Made:
        """A file's lines."""
        repository = self._repository(visit)
        ref, sha, path = self._place(repository, self.site.disk.branches(repository.id), visit.path["rest"])
        text = self._text(repository, sha, path)
        is_branch = ref in self.site.disk.branches(repository.id)
        shown = {**self._around(repository, "code"), "ref": ref, "path": path, "is_branch": is_branch}
        return Page("file.html", shown={**shown, "lines": None if text is None else text.splitlines()})

    def raw(self, visit: Visit) -> Made:
        """A file as it is."""
        repository = self._repository(visit)
        _, sha, path = self._place(repository, self.site.disk.branches(repository.id), visit.path["rest"])
        content = self.site.disk.file(repository.id, sha, path)
        if content is None:
            raise not_found()
        return plain(content)

    def commit(self, visit: Visit) -> Made:
        """A commit's message and changes."""
        repository = self._repository(visit)
        sha = self.site.disk.resolve(repository.id, visit.path["sha"])
        if sha is None:
            raise not_found()
        commit = self.site.disk.commits(repository.id, sha, limit=1)[0]
        base = commit.parents[0] if commit.parents else EMPTY_TREE
        changes = self.site.disk.changes(repository.id, base, sha)
        return Page("commit.html", shown={**self._around(repository, "code"), "commit": commit, "changes": changes})

    def issues(self, visit: Visit) -> Made:
        """Issues, newest first."""
        return self._list(visit, "issues", Issue)

    def pulls(self, visit: Visit) -> Made:
        """Pull requests, newest first."""
        return self._list(visit, "pulls", Pull)

    def _list(self, visit: Visit, tab: str, kind: type[Issue]) -> Page:
        repository = self._repository(visit)
        state = "closed" if visit.query.get("state") == "closed" else "open"
        both = [one for one in self.site.ledger.issues_of(repository) if isinstance(one, Pull) == (kind is Pull)]
        counts = Counter(one.state for one in both)
        listed = [one for one in reversed(both) if one.state == state]
        talk = {one.number: len(self.site.ledger.comments_of(one)) for one in listed}
        shown = {**self._around(repository, tab), "state": state, "counts": counts, "listed": listed, "talk": talk}
        return Page("list.html", shown=shown)

    def new_issue(self, visit: Visit) -> Made:
        """The form for a new issue."""
        return Page("new_issue.html", shown=self._around(self._repository(visit), "issues"))

    def issue(self, visit: Visit) -> Made:
        """An issue with its conversation; a pull request's number leads to its own page."""
        repository = self._repository(visit)
        issue = self.site.ledger.issue(repository, visit.path["number"])
        if isinstance(issue, Pull):
            return self.pull(visit)
        shown = {**self._around(repository, "issues"), **self._conversation(repository, issue)}
        return Page("issue.html", shown=shown)

    def pull(self, visit: Visit) -> Made:
        """A pull request: conversation, checks, reviews, commits and diff on one page."""
        repository = self._repository(visit)
        pull = self.site.ledger.pull(repository, visit.path["number"])
        ends = pull.base_sha, pull.head_sha
        shown = {
            **self._around(repository, "pulls"),
            **self._conversation(repository, pull),
            **reviewed(self.site, repository, pull),
            "commits": self.site.disk.commits(repository.id, "..".join(ends))[::-1],
            "changes": self.site.disk.changes(repository.id, *ends),
            "checks": self.site.ledger.checks_of(repository, pull.head_sha),
        }
        return Page("pull.html", shown=shown)

    def diff(self, visit: Visit) -> Made:
        """A pull request's diff as text."""
        repository = self._repository(visit)
        pull = self.site.ledger.pull(repository, visit.path["number"])
        return plain(self.site.disk.diff(repository.id, pull.base_sha, pull.head_sha).encode())

    def check(self, visit: Visit) -> Made:
        """A check run."""
        repository = self._repository(visit)
        check = self.site.ledger.check(repository, visit.path["check_id"])
        on = [pull for pull in self.site.ledger.pulls_of(repository) if pull.head_sha == check.head_sha]
        return Page("check.html", shown={**self._around(repository, "pulls"), "check": check, "pulls": on})

    def deliveries(self, _: Visit) -> Made:
        """The log of webhooks, newest first."""
        newest = sorted(self.site.ledger.deliveries.values(), key=lambda one: -one.id)[:MOST_DELIVERIES]
        return Page("deliveries.html", shown={"deliveries": newest, "address": self.site.postman.address})

    def delivery(self, visit: Visit) -> Made:
        """One delivery with what was sent and answered."""
        found = self.site.ledger.deliveries.get(visit.path["delivery_id"])
        if found is None:
            raise not_found()
        payload = json.dumps(found.payload, indent=2, ensure_ascii=False).encode(errors="replace").decode()
        return Page("delivery.html", shown={"delivery": found, "payload": payload})

    def _repository(self, visit: Visit) -> Repository:
        return self.site.ledger.repository(f"{visit.path['owner']}/{visit.path['repo']}")

    def _counts(self, repository: Repository) -> dict[str, int]:
        is_open = [one for one in self.site.ledger.issues_of(repository) if one.state == "open"]
        pulls = sum(isinstance(one, Pull) for one in is_open)
        return {"issues": len(is_open) - pulls, "pulls": pulls}

    def _around(self, repository: Repository, tab: str) -> dict[str, Any]:
        return {
            "repository": repository,
            "tab": tab,
            "open": self._counts(repository),
            "people": self._people(repository),
        }

    def _people(self, repository: Repository) -> list[tuple[User, str]]:
        """Whom the visitor can be, those who may command first, each with the name of the role."""
        ranked = [(person, self.site.ledger.role(repository, person)) for person in self.site.ledger.people()]
        ranked.sort(key=lambda one: not one[1].reaches("write"))
        return [(person, role.name) for person, role in ranked if role.reaches("read")]

    def _conversation(self, repository: Repository, issue: Issue) -> dict[str, Any]:
        said: list[Comment] = self.site.ledger.comments_of(issue)
        of_comments = {one.id: self.site.ledger.reactions_to("comment", one.id) for one in said}
        reactions = {key: Counter(one.content for one in given) for key, given in of_comments.items()}
        on_issue = Counter(one.content for one in self.site.ledger.reactions_to("issue", issue.id))
        return {"issue": issue, "comments": said, "reactions": reactions, "on_issue": on_issue}

    def _place(self, repository: Repository, branches: dict[str, str], rest: str) -> tuple[str, str, str]:
        """Splits `branch/with/slashes/and/path`: the ref as shown, its commit, the path."""
        for name in sorted(branches, key=len, reverse=True):
            if rest == name or rest.startswith(f"{name}/"):
                return name, branches[name], rest[len(name) + 1 :]
        ref, _, path = rest.partition("/")
        sha = self.site.disk.resolve(repository.id, ref)
        if sha is None:
            raise not_found()
        return ref, sha, path

    def _text(self, repository: Repository, sha: str, path: str) -> str | None:
        content = self.site.disk.file(repository.id, sha, path)
        if content is None:
            raise not_found()
        if b"\0" in content or len(content) > LARGEST_SHOWN:
            return None
        return content.decode(errors="replace")
