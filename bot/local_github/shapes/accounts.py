"""Users, the App, its installations and tokens, as GitHub shows them."""

from collections.abc import Sequence

from bot.local_github.records import Installation, Repository, Role, Token, User
from bot.local_github.shapes import repositories
from bot.local_github.shapes.texts import date, node_id
from bot.local_github.shapes.users import user
from bot.local_github.site import Json, Site


def app(site: Site) -> Json:
    """GET /app, and `performed_via_github_app`."""
    about = site.app
    return {
        "id": about.id,
        "client_id": about.client_id,
        "slug": about.manifest.slug,
        "node_id": node_id("App", about.id),
        "owner": user(site.at, about.owner),
        "name": about.manifest.name,
        "description": "",
        "external_url": about.manifest.url,
        "html_url": f"{site.at.url}/apps/{about.manifest.slug}",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "permissions": dict(about.manifest.permissions),
        "events": list(about.manifest.events),
        "installations_count": len(site.ledger.installations),
    }


ACTIONS = 15368  # GitHub's own App for its workflows


def via_app(site: Site, app_id: int | None) -> Json | None:
    """The App through which something was written; an App other than ours is a made-up one."""
    if app_id is None:
        return None
    ours = app(site)
    del ours["installations_count"]
    if app_id == site.app.id:
        return ours
    name = "github-actions" if app_id == ACTIONS else f"app-{app_id}"
    return {**ours, "id": app_id, "slug": name, "name": name, "client_id": f"Iv1.{app_id}"}


def installation(site: Site, record: Installation) -> Json:
    """GET /app/installations/{id}, and the part of installation events."""
    account = record.account
    organisation = account.type == "Organization"
    settings = f"{site.at.url}/organizations/{account.login}/settings" if organisation else f"{site.at.url}/settings"
    return {
        "id": record.id,
        "client_id": site.app.client_id,
        "account": user(site.at, account),
        "repository_selection": "all",
        "access_tokens_url": site.at.api(f"/app/installations/{record.id}/access_tokens"),
        "repositories_url": site.at.api("/installation/repositories"),
        "html_url": f"{settings}/installations/{record.id}",
        "app_id": site.app.id,
        "app_slug": site.app.manifest.slug,
        "target_id": account.id,
        "target_type": account.type,
        "permissions": dict(record.permissions),
        "events": list(record.events),
        "created_at": date(record.created_at),
        "updated_at": date(record.suspended_at or record.created_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": user(site.at, account) if record.suspended_at else None,
        "suspended_at": date(record.suspended_at),
    }


def token(site: Site, record: Token, chosen: Sequence[Repository]) -> Json:
    """POST …/access_tokens. `chosen` are the repositories of a narrowed token."""
    all_of_them = record.repository_ids is None
    listed = {} if all_of_them else {"repositories": [repositories.repository(site, one) for one in chosen]}
    return {
        "token": record.value,
        "expires_at": date(record.expires_at),
        "permissions": dict(record.permissions),
        "repository_selection": "all" if all_of_them else "selected",
        **listed,
    }


def collaborator(site: Site, person: User, role: Role) -> Json:
    """GET …/collaborators/{login}/permission: `permission` knows four levels, `role_name` all and custom ones."""
    legacy = {"maintain": "write", "triage": "read"}.get(role.base, role.base)
    rights = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}
    permissions = {right: role.reaches(level) for right, level in rights.items()}
    return {
        "permission": legacy,
        "role_name": role.name,
        "user": {**user(site.at, person), "permissions": permissions, "role_name": role.name},
    }
