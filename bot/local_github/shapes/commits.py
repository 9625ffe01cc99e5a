"""Commits as GitHub shows them: with the accounts of people, as git has them, and whether they are Verified."""

import base64

from bot.local_github.git_objects import Commit
from bot.local_github.records import Repository
from bot.local_github.shapes.users import user
from bot.local_github.signatures import ADDRESS, WEB_FLOW, is_verified, parted
from bot.local_github.site import Json, Site


def commit(site: Site, record: Repository, made: Commit) -> Json:
    """A commit, as …/commits/{sha} shows it without its files."""
    api, page = site.at.repository(record), site.at.page(record)
    about = git_commit(site, record, made)
    return {
        "sha": made.sha,
        "node_id": about["node_id"],
        "url": f"{api}/commits/{made.sha}",
        "html_url": f"{page}/commit/{made.sha}",
        "comments_url": f"{api}/commits/{made.sha}/comments",
        "commit": {
            "url": about["url"],
            **{name: about[name] for name in ("author", "committer", "message", "tree", "verification")},
            "comment_count": 0,
        },
        "author": _account(site, made.author, made.email),
        "committer": _account(site, made.committer, made.committer_email),
        "parents": [
            {"sha": sha, "url": f"{api}/commits/{sha}", "html_url": f"{page}/commit/{sha}"} for sha in made.parents
        ],
    }


def git_commit(site: Site, record: Repository, made: Commit) -> Json:
    """The same as git has it: POST …/git/commits."""
    api, page = f"{site.at.repository(record)}/git", site.at.page(record)
    return {
        "sha": made.sha,
        "node_id": base64.b64encode(f"{record.id}:{made.sha}".encode()).decode(),
        "url": f"{api}/commits/{made.sha}",
        "html_url": f"{page}/commit/{made.sha}",
        "author": {"name": made.author, "email": made.email, "date": made.date},
        "committer": {"name": made.committer, "email": made.committer_email, "date": made.committed},
        "tree": {"sha": made.tree, "url": f"{api}/trees/{made.tree}"},
        "message": made.message,
        "parents": [
            {"sha": sha, "url": f"{api}/commits/{sha}", "html_url": f"{page}/commit/{sha}"} for sha in made.parents
        ],
        "verification": _verification(site, record, made),
    }


def _verification(site: Site, record: Repository, made: Commit) -> Json:
    if not is_verified(site, record.id, made):
        nothing = dict.fromkeys(("signature", "payload", "verified_at"))
        return {"verified": False, "reason": "unsigned", **nothing}
    payload, signature = (part.decode(errors="replace") for part in parted(site.disk.written(record.id, made.sha)))
    about = {"signature": signature, "payload": payload, "verified_at": made.committed}
    return {"verified": True, "reason": "valid", **about}


def _account(site: Site, name: str, email: str) -> Json | None:
    known = WEB_FLOW if email == ADDRESS else site.ledger.users.get(name.lower())
    return user(site.at, known) if known else None
