"""Pull requests and their files, as GitHub shows them."""

from bot.local_github.diffs import Change
from bot.local_github.records import Pull, Repository, User
from bot.local_github.shapes import repositories
from bot.local_github.shapes.issues import association, label
from bot.local_github.shapes.texts import date, node_id
from bot.local_github.shapes.users import user
from bot.local_github.site import Json, Site


def simple_pull(site: Site, repository: Repository, record: Pull) -> Json:
    """A pull request in a list."""
    api, page = site.at.pull(repository, record), site.at.issue_page(repository, record)
    issue = site.at.issue(repository, record)
    statuses = f"{site.at.repository(repository)}/statuses/{record.head_sha}"
    links = {
        "self": api,
        "html": page,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{api}/comments",
        "review_comment": f"{site.at.repository(repository)}/pulls/comments{{/number}}",
        "commits": f"{api}/commits",
        "statuses": statuses,
    }
    return {
        "url": api,
        "id": record.pull_id,
        "node_id": node_id("PullRequest", record.pull_id),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        "commits_url": links["commits"],
        "review_comments_url": links["review_comments"],
        "review_comment_url": links["review_comment"],
        "comments_url": links["comments"],
        "statuses_url": statuses,
        "number": record.number,
        "state": record.state,
        "locked": record.locked,
        "active_lock_reason": None,
        "title": record.title,
        "user": user(site.at, record.user),
        "body": record.body,
        "labels": [label(site, repository, name) for name in record.labels],
        "milestone": None,
        "created_at": date(record.created_at),
        "updated_at": date(record.updated_at),
        "closed_at": date(record.closed_at),
        "merged_at": None,
        "merge_commit_sha": None,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [user(site.at, reviewer) for reviewer in record.reviewers],
        "requested_teams": [],
        "head": _head(site, record),
        "base": _end(site, repository, repository.owner, record.base, record.base_sha),
        "_links": {name: {"href": href} for name, href in links.items()},
        "author_association": association(site, repository, record.user),
        "auto_merge": None,
        "draft": record.draft,
    }


def pull(site: Site, repository: Repository, record: Pull) -> Json:
    """GET …/pulls/{number}, with the figures that need a look at the commits."""
    changes = site.disk.changes(repository.id, record.base_sha, record.head_sha)
    is_open = record.state == "open"
    return {
        **simple_pull(site, repository, record),
        "merged": False,
        "mergeable": True if is_open else None,
        "rebaseable": True if is_open else None,
        "mergeable_state": "clean" if is_open else "unknown",
        "merged_by": None,
        "comments": len(site.ledger.comments_of(record)),
        "review_comments": len(site.ledger.review_comments_of(record)),
        "maintainer_can_modify": record.maintainer_can_modify,
        "commits": len(site.disk.commits(repository.id, f"{record.base_sha}..{record.head_sha}")),
        "additions": sum(change.additions for change in changes),
        "deletions": sum(change.deletions for change in changes),
        "changed_files": len(changes),
    }


def _head(site: Site, record: Pull) -> Json:
    source = site.ledger.repositories.get(record.head_repository_id or 0)
    return _end(site, source, record.head_owner, record.head, record.head_sha)


def _end(site: Site, repository: Repository | None, owner: User, ref: str, sha: str) -> Json:
    return {
        "label": f"{owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(site.at, owner),
        "repo": repositories.repository(site, repository) if repository else None,
    }


def minimal_pull(site: Site, repository: Repository, record: Pull) -> Json:
    """A pull request inside a check run."""

    def end(of: Repository, ref: str, sha: str) -> Json:
        return {"ref": ref, "sha": sha, "repo": {"id": of.id, "url": site.at.repository(of), "name": of.name}}

    return {
        "id": record.pull_id,
        "number": record.number,
        "url": site.at.pull(repository, record),
        "head": end(repository, record.head, record.head_sha),
        "base": end(repository, record.base, record.base_sha),
    }


def changed_file(site: Site, repository: Repository, sha: str, change: Change) -> Json:
    """One file of …/pulls/{number}/files."""
    page = site.at.page(repository)
    shape = {
        "sha": change.sha,
        "filename": change.path,
        "status": change.status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": f"{page}/blob/{sha}/{change.path}",
        "raw_url": f"{page}/raw/{sha}/{change.path}",
        "contents_url": f"{site.at.repository(repository)}/contents/{change.path}?ref={sha}",
    }
    if change.patch:
        shape["patch"] = change.patch
    if change.previous:
        shape["previous_filename"] = change.previous
    return shape
