"""An `issue_comment` delivery of 14 kB, with every field that GitHub sends, and its signature."""

import hmac
import json
from hashlib import sha256
from typing import Any

SECRET = "a-secret-of-the-benchmark"  # noqa: S105  # it guards nothing
COMMAND = "/async-code implement the retry logic with exponential backoff"
CHAT = "Could somebody look at this, please?"
DESCRIPTION = 'When the upstream "API" answers 502, the whole batch is lost, although one more try would do.\r\n'
BYTES = 14_000

API, WEB = "https://api.github.com", "https://github.com"
OF_USER = (
    "followers following{/other_user} gists{/gist_id} starred{/owner}{/repo} subscriptions orgs repos events{/privacy} "
    "received_events"
)
OF_REPOSITORY = (
    "forks keys{/key_id} collaborators{/collaborator} teams hooks issues/events{/number} events assignees{/user} "
    "branches{/branch} tags git/blobs{/sha} git/tags{/sha} git/refs{/sha} git/trees{/sha} statuses/{sha} languages "
    "stargazers contributors subscribers subscription commits{/sha} git/commits{/sha} comments{/number} "
    "issues/comments{/number} contents/{+path} compare/{base}...{head} merges {archive_format}{/ref} downloads "
    "issues{/number} pulls{/number} milestones{/number} notifications{?since,all,participating} labels{/name} "
    "releases{/id} deployments"
)
COUNTS = "size stargazers_count watchers_count forks_count open_issues_count forks open_issues watchers"
FLAGS = "has_issues has_projects has_downloads has_wiki has_pages has_discussions allow_forking is_template"
REACTIONS = "+1 -1 laugh hooray confused heart rocket eyes"


def payload(comment: str) -> bytes:
    """The body of a comment with this text; the issue's own text fills it up to 14 kB."""
    value = _event(comment)
    value["issue"]["body"] = DESCRIPTION * ((BYTES - len(_compact(value))) // (len(_compact(DESCRIPTION)) - 2))
    return _compact(value)


def headers(body: bytes, event: str = "issue_comment") -> dict[str, str]:
    """What GitHub sends with it, the GUID left out."""
    digest = hmac.new(SECRET.encode(), body, sha256).hexdigest()
    return {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/2f63a2c",
        "X-GitHub-Event": event,
        "X-GitHub-Hook-ID": "487123456",
        "X-GitHub-Hook-Installation-Target-ID": "1",
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        "X-Hub-Signature-256": f"sha256={digest}",
    }


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _event(comment: str) -> dict[str, Any]:
    alice, here = _account(9002, "alice", "User"), f"{API}/repos/octo-org/a-service/issues"
    return {
        "action": "created",
        "issue": {**_text(here, 1347, "", alice), **_issue(here)},
        "comment": {**_text(f"{here}/comments", 1890034567, comment, alice), "issue_url": f"{here}/1347"},
        "repository": _repository(),
        "organization": {"login": "octo-org", "id": 9001, "node_id": "MDEyOk9yZzkwMDE=", "url": f"{API}/orgs/octo-org"},
        "sender": alice,
        "installation": {"id": 51234567, "node_id": "MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uNTEyMzQ1Njc="},
    }


def _account(number: int, login: str, kind: str) -> dict[str, Any]:
    links = {f"{_name(path)}_url": f"{API}/users/{login}/{path}" for path in OF_USER.split()}
    own = {"login": login, "id": number, "node_id": f"MDQ6VXNlcj{number}", "gravatar_id": "", "type": kind}
    pictures = {"avatar_url": f"https://avatars.githubusercontent.com/u/{number}?v=4", "html_url": f"{WEB}/{login}"}
    return {**own, **pictures, "url": f"{API}/users/{login}", **links, "site_admin": False}


def _text(address: str, number: int, body: str, author: dict[str, Any]) -> dict[str, Any]:
    """What an issue and a comment have in common."""
    reactions = {"url": f"{address}/{number}/reactions", "total_count": 0, **dict.fromkeys(REACTIONS.split(), 0)}
    return {
        "url": f"{address}/{number}",
        "html_url": f"{WEB}/octo-org/a-service/issues/1347#{number}",
        "id": number,
        "node_id": f"IC_kwDOA{number}",
        "user": author,
        "created_at": "2026-03-04T05:06:07Z",
        "updated_at": "2026-03-04T05:06:07Z",
        "author_association": "MEMBER",
        "body": body,
        "reactions": reactions,
        "performed_via_github_app": None,
    }


def _issue(address: str) -> dict[str, Any]:
    """What only an issue has: somebody works on it, for a milestone."""
    label = {"id": 208045946, "node_id": "MDU6TGFiZWwyMDgwNDU5NDY=", "url": f"{address}/labels/bug", "name": "bug"}
    milestone = {"id": 1002604, "number": 1, "title": "v1.0", "description": "The first", "state": "open"}
    bob, carol = _account(9003, "bob", "User"), _account(9004, "carol", "User")
    return {
        "number": 1347,
        "title": "Requests to the upstream API fail now and then, and nothing tries again",
        "labels": [{**label, "color": "d73a4a", "default": True, "description": "Something isn't working"}],
        "state": "open",
        "locked": False,
        "assignee": bob,
        "assignees": [bob, carol],
        "milestone": {**milestone, "creator": carol, "due_on": None, "open_issues": 4, "closed_issues": 8},
        "comments": 3,
        **{f"{_name(part)}_url": f"{address}/1347/{part}" for part in ("labels{/name}", "comments", "events")},
        **dict.fromkeys(("closed_at", "active_lock_reason", "state_reason")),
    }


def _repository() -> dict[str, Any]:
    address = f"{API}/repos/octo-org/a-service"
    return {
        "id": 1296269,
        "node_id": "MDEwOlJlcG9zaXRvcnkxMjk2MjY5",
        "name": "a-service",
        "full_name": "octo-org/a-service",
        "private": True,
        "owner": _account(9001, "octo-org", "Organization"),
        "html_url": f"{WEB}/octo-org/a-service",
        "description": "The service that everything else waits for.",
        "fork": False,
        "url": address,
        **{f"{_name(path)}_url": f"{address}/{path}" for path in OF_REPOSITORY.split()},
        **dict.fromkeys(COUNTS.split(), 12),
        **dict.fromkeys(FLAGS.split(), True),
        "language": "Python",
        "archived": False,
        "disabled": False,
        "visibility": "private",
        "default_branch": "main",
        "topics": ["api", "service"],
    }


def _name(path: str) -> str:
    return path.partition("{")[0].strip("/").replace("/", "_") or "archive"
