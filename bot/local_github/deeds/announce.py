"""Tells the App what happened, as far as it subscribed and its installation may know."""

from typing import Any

from bot.local_github.manifest import ALWAYS_SENT
from bot.local_github.records import Repository, User
from bot.local_github.shapes import repositories, users
from bot.local_github.shapes.texts import node_id
from bot.local_github.site import Site


def announce(site: Site, event: str, action: str, repository: Repository, by: User, **parts: Any) -> None:
    """Sends an event of a repository, with GitHub's frame around its own parts."""
    installation = site.ledger.installation_of(repository.owner)
    if installation is None or installation.suspended_at or event not in {*installation.events, *ALWAYS_SENT}:
        return
    payload = {
        "action": action,
        **parts,
        "repository": repositories.repository(site, repository),
        **_organisation(site, repository.owner),
        "sender": users.user(site.at, by),
        "installation": {"id": installation.id, "node_id": node_id("IntegrationInstallation", installation.id)},
    }
    site.postman.send(event, payload)


def _organisation(site: Site, owner: User) -> dict[str, Any]:
    return {"organization": users.organisation(site.at, owner)} if owner.type == "Organization" else {}
