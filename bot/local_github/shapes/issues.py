"""Issues, comments, labels and reactions, as GitHub shows them."""

from collections import Counter
from urllib.parse import quote

from bot.local_github.records import REACTIONS, Comment, Issue, Pull, Reactable, Reaction, Repository, User
from bot.local_github.shapes.accounts import via_app
from bot.local_github.shapes.texts import date, node_id
from bot.local_github.shapes.users import user
from bot.local_github.site import Json, Site


def issue(site: Site, repository: Repository, record: Issue) -> Json:
    """GET …/issues/{number}; a pull request is shown as the issue that it also is."""
    api = site.at.issue(repository, record)
    shape = {
        "id": record.id,
        "node_id": node_id("Issue", record.id),
        "url": api,
        "repository_url": site.at.repository(repository),
        "labels_url": f"{api}/labels{{/name}}",
        "comments_url": f"{api}/comments",
        "events_url": f"{api}/events",
        "timeline_url": f"{api}/timeline",
        "html_url": site.at.issue_page(repository, record),
        "number": record.number,
        "title": record.title,
        "body": record.body,
        "user": user(site.at, record.user),
        "labels": [label(site, repository, name) for name in record.labels],
        "state": record.state,
        "state_reason": "completed" if record.state == "closed" and not isinstance(record, Pull) else None,
        "locked": record.locked,
        "active_lock_reason": None,
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": len(site.ledger.comments_of(record)),
        "created_at": date(record.created_at),
        "updated_at": date(record.updated_at),
        "closed_at": date(record.closed_at),
        "closed_by": user(site.at, record.closed_by) if record.closed_by else None,
        "author_association": association(site, repository, record.user),
        "performed_via_github_app": via_app(site, record.via_app),
        "reactions": rollup(site, "issue", record.id, f"{api}/reactions"),
    }
    if isinstance(record, Pull):
        shape |= {"draft": record.draft, "pull_request": _as_pull(site, repository, record)}
    return shape


def _as_pull(site: Site, repository: Repository, record: Pull) -> Json:
    page = site.at.issue_page(repository, record)
    return {
        "url": site.at.pull(repository, record),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "merged_at": None,
    }


def comment(site: Site, repository: Repository, on: Issue, record: Comment) -> Json:
    """GET …/issues/comments/{id}."""
    api = f"{site.at.repository(repository)}/issues/comments/{record.id}"
    return {
        "id": record.id,
        "node_id": node_id("IssueComment", record.id),
        "url": api,
        "html_url": site.at.comment_page(repository, on, record),
        "issue_url": site.at.issue(repository, on),
        "user": user(site.at, record.user),
        "body": record.body,
        "created_at": date(record.created_at),
        "updated_at": date(record.updated_at),
        "author_association": association(site, repository, record.user),
        "performed_via_github_app": via_app(site, record.via_app),
        "reactions": rollup(site, "comment", record.id, f"{api}/reactions"),
    }


def association(site: Site, repository: Repository, who: User) -> str:
    """How GitHub says somebody stands to a repository."""
    if who.id == repository.owner.id:
        return "OWNER"
    if (repository.id, who.login.lower()) not in site.ledger.roles:
        return "NONE"
    return "MEMBER" if repository.owner.type == "Organization" else "COLLABORATOR"


def label(site: Site, repository: Repository, name: str) -> Json:
    """A label on an issue."""
    return {
        "id": repository.id * 1000 + sum(name.encode()),
        "node_id": node_id("Label", repository.id * 1000 + sum(name.encode())),
        "url": f"{site.at.repository(repository)}/labels/{quote(name)}",
        "name": name,
        "description": None,
        "color": "ededed",
        "default": False,
    }


def reaction(site: Site, record: Reaction) -> Json:
    """One reaction."""
    return {
        "id": record.id,
        "node_id": node_id("Reaction", record.id),
        "user": user(site.at, record.user),
        "content": record.content,
        "created_at": date(record.created_at),
    }


def rollup(site: Site, kind: Reactable, subject_id: int, url: str) -> Json:
    """How often each emoji was given."""
    counts = Counter(record.content for record in site.ledger.reactions_to(kind, subject_id))
    return {"url": url, "total_count": counts.total(), **{content: counts[content] for content in REACTIONS}}
