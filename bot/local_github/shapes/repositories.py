"""Repositories, branches, refs and files, as GitHub shows them."""

import base64
from typing import Any

from bot.local_github.git_objects import Commit, Entry
from bot.local_github.records import Repository
from bot.local_github.shapes import commits
from bot.local_github.shapes.texts import date, node_id
from bot.local_github.shapes.users import user
from bot.local_github.site import Json, Site

_TEMPLATES = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}


def repository(site: Site, record: Repository) -> Json:
    """A repository inside any other object, and in webhooks."""
    api, page = site.at.repository(record), site.at.page(record)
    open_issues = sum(issue.state == "open" for issue in site.ledger.issues_of(record))
    forks = sum(one.fork_of == record.id for one in list(site.ledger.repositories.values()))
    return {
        "id": record.id,
        "node_id": node_id("Repository", record.id),
        "name": record.name,
        "full_name": record.full_name,
        "private": record.private,
        "owner": user(site.at, record.owner),
        "html_url": page,
        "description": None,
        "fork": record.fork_of is not None,
        "url": api,
        **{name: f"{api}{path}" for name, path in _TEMPLATES.items()},
        **_places(page),
        **_counts(open_issues, forks),
        "homepage": None,
        "language": None,
        "license": None,
        "is_template": False,
        "topics": [],
        "has_issues": True,
        "has_projects": False,
        "has_wiki": False,
        "has_pages": False,
        "has_downloads": False,
        "has_discussions": False,
        "archived": record.archived,
        "disabled": False,
        "allow_forking": True,
        "web_commit_signoff_required": False,
        "visibility": "private" if record.private else "public",
        "default_branch": record.default_branch,
        "created_at": date(record.created_at),
        "updated_at": date(record.pushed_at),
        "pushed_at": date(record.pushed_at),
    }


def full_repository(site: Site, record: Repository) -> Json:
    """GET /repos/{owner}/{repo}."""
    source = site.ledger.repositories.get(record.fork_of) if record.fork_of else None
    shape = repository(site, record)
    if record.owner.type == "Organization":
        shape["organization"] = user(site.at, record.owner)
    if source:
        shape |= {"parent": repository(site, source), "source": repository(site, source)}
    rights = {"admin": False, "maintain": False, "push": False, "triage": False, "pull": False}
    return {**shape, "permissions": rights, "temp_clone_token": "", "network_count": 0, "subscribers_count": 0}


def _places(page: str) -> Json:
    host = page.partition("//")[2].partition("/")[0]
    path = page.partition("//")[2].partition("/")[2]
    return {
        "clone_url": f"{page}.git",
        "git_url": f"git://{host}/{path}.git",
        "ssh_url": f"git@{host.partition(':')[0]}:{path}.git",
        "svn_url": page,
        "mirror_url": None,
    }


def _counts(open_issues: int, forks: int) -> Json:
    return {
        "size": 0,
        "forks": forks,
        "forks_count": forks,
        "open_issues": open_issues,
        "open_issues_count": open_issues,
        "stargazers_count": 0,
        "watchers": 0,
        "watchers_count": 0,
    }


def short_repository(record: Repository) -> Json:
    """A repository in installation events."""
    return {
        "id": record.id,
        "node_id": node_id("Repository", record.id),
        "name": record.name,
        "full_name": record.full_name,
        "private": record.private,
    }


def ref(site: Site, record: Repository, name: str, sha: str) -> Json:
    """GET …/git/ref/{ref}; `name` begins with `refs/`."""
    api = site.at.repository(record)
    return {
        "ref": name,
        "node_id": base64.b64encode(f"{record.id}:{name}".encode()).decode(),
        "url": f"{api}/git/{name}",
        "object": {"sha": sha, "type": "commit", "url": f"{api}/git/commits/{sha}"},
    }


def branch(site: Site, record: Repository, name: str, tip: Commit) -> Json:
    """GET …/branches/{branch}."""
    api = site.at.repository(record)
    protection = {
        "enabled": False,
        "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []},
    }
    return {
        "name": name,
        "commit": commits.commit(site, record, tip),
        "_links": {"self": f"{api}/branches/{name}", "html": f"{site.at.page(record)}/tree/{name}"},
        "protected": False,
        "protection": protection,
        "protection_url": f"{api}/branches/{name}/protection",
    }


_KINDS = {"tree": "dir", "commit": "submodule", "blob": "file"}


def entry(site: Site, record: Repository, at_ref: str, found: Entry) -> Json:
    """One entry of a directory in …/contents/{path}."""
    api, page = site.at.repository(record), site.at.page(record)
    kind = "symlink" if found.mode == "120000" else _KINDS[found.kind]
    own = f"{api}/contents/{found.path}?ref={at_ref}"
    git = f"{api}/git/{'trees' if kind == 'dir' else 'blobs'}/{found.sha}"
    html = f"{page}/{'tree' if kind == 'dir' else 'blob'}/{at_ref}/{found.path}"
    return {
        "type": kind,
        "name": found.name,
        "path": found.path,
        "sha": found.sha,
        "size": found.size,
        "url": own,
        "git_url": git,
        "html_url": html,
        "download_url": None if kind == "dir" else f"{page}/raw/{at_ref}/{found.path}",
        "_links": {"self": own, "git": git, "html": html},
    }


def file(site: Site, record: Repository, at_ref: str, found: Entry, content: bytes) -> Json:
    """A file in …/contents/{path}: base64 in lines, as GitHub sends it."""
    shape: dict[str, Any] = entry(site, record, at_ref, found)
    if shape["type"] == "symlink":
        return {**shape, "target": content.decode(errors="replace")}
    return {**shape, "encoding": "base64", "content": base64.encodebytes(content).decode()}
