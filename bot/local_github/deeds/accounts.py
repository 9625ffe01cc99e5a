"""People join; the App is installed, suspended and taken away."""

import re
from dataclasses import replace
from typing import Literal

from bot.local_github.ledger import now
from bot.local_github.records import ROLES, Installation, Role, User
from bot.local_github.refusals import RefusalError
from bot.local_github.shapes import accounts, repositories, users
from bot.local_github.site import Site

RESERVED = {"api", "apps", "login", "organizations", "settings"}


def add_user(site: Site, login: str, type: Literal["User", "Organization", "Bot"]) -> User:
    """A new account, or the one that is there."""
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(\[bot\])?", login) or login.lower() in RESERVED:
        raise ValueError(f"{login!r} can't be a login: letters, digits and inner hyphens, and not a reserved word")
    with site.ledger.lock:
        site.ledger.changed()
        return site.ledger.users.setdefault(login.lower(), User(site.ledger.new_id(), login, type))


def set_role(site: Site, full_name: str, login: str, role: str, like: str | None) -> None:
    """Gives a role in a repository; `like` is the built-in role that a custom one extends."""
    base = like or role
    if base not in ROLES:
        raise ValueError(f"{base!r} is not one of {', '.join(ROLES)}; a custom role needs `like`, one of these")
    with site.ledger.lock:
        repository, user = site.ledger.repository(full_name), site.ledger.user(login)
        site.ledger.roles[repository.id, user.login.lower()] = Role(role, base)
        site.ledger.changed()


def join_team(site: Site, organisation: str, team: str, login: str) -> None:
    """Puts a person into a team of an organisation; the team is made if there is none."""
    with site.ledger.lock:
        key = (site.ledger.user(organisation).login.lower(), team)
        joined = site.ledger.user(login).login.lower()
        site.ledger.teams[key] = site.ledger.teams.get(key, frozenset()) | {joined}


def leave_team(site: Site, organisation: str, team: str, login: str) -> None:
    """Takes a person out of a team of an organisation."""
    with site.ledger.lock:
        key = (site.ledger.user(organisation).login.lower(), team)
        site.ledger.teams[key] = site.ledger.teams.get(key, frozenset()) - {site.ledger.user(login).login.lower()}


def install(site: Site, login: str) -> Installation:
    """Installs the App on an account with all of its repositories; the installation that is there stays."""
    with site.ledger.lock:
        account = site.ledger.user(login)
        there = site.ledger.installation_of(account)
        if there:
            return there
        asked = site.app.manifest
        made = Installation(site.ledger.new_id(), account, now(), asked.permissions, asked.events)
        site.ledger.keep(made)
        _announce(site, made, "created")
        return made


def suspend(site: Site, login: str) -> None:
    """Suspends the installation of an account."""
    _change(site, login, "suspend")


def unsuspend(site: Site, login: str) -> None:
    """Ends a suspension."""
    _change(site, login, "unsuspend")


def _change(site: Site, login: str, action: Literal["suspend", "unsuspend"]) -> None:
    with site.ledger.lock:
        installation = _installed(site, login)
        changed = replace(installation, suspended_at=now() if action == "suspend" else None)
        _announce(site, site.ledger.keep(changed), action)


def uninstall(site: Site, login: str) -> None:
    """Takes the App away from an account; its tokens die with it."""
    with site.ledger.lock:
        installation = _installed(site, login)
        del site.ledger.installations[installation.id]
        _announce(site, installation, "deleted")


def _installed(site: Site, login: str) -> Installation:
    installation = site.ledger.installation_of(site.ledger.user(login))
    if installation is None:
        raise RefusalError(404, f"The App is not installed on {login}")
    return installation


def _announce(site: Site, installation: Installation, action: str) -> None:
    account = installation.account
    organisation = {"organization": users.organisation(site.at, account)} if account.type == "Organization" else {}
    site.postman.send(
        "installation",
        {
            "action": action,
            "installation": accounts.installation(site, installation),
            "repositories": [repositories.short_repository(one) for one in site.ledger.repositories_of(account)],
            **({"requester": None} if action == "created" else {}),
            **organisation,
            "sender": users.user(site.at, account),
        },
    )
