"""Who installed the App: accounts (they outlive a reinstall), their installations, and what they chose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Double,
    ForeignKey,
    Row,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
    update,
)

from config import marks
from config.database import Identity, inserting, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", Identity, primary_key=True),
    Column("host", Text, nullable=False),
    Column("github_id", BigInteger, nullable=False),
    Column("login", Text, nullable=False),
    Column("kind", Text, nullable=False),  # User | Organization
    Column("tier", Text, nullable=False, server_default="free"),
    Column("paused_at", Double),
    Column("created_at", Double, nullable=False),
    UniqueConstraint("host", "github_id"),
)

installations = Table(
    "installations",
    metadata,
    Column("host", Text, primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("permissions", JSON, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("suspended_at", Double),
    Column("deleted_at", Double),
)

account_settings = Table(
    "account_settings",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", JSON, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("updated_by", Text, nullable=False),
)


@dataclass(frozen=True)
class Account:
    """The GitHub user or organisation that installed the App, as GitHub numbers and names it."""

    github_id: int
    login: str
    kind: str = "User"


def remember_account(connection: Connection, host: str, account: Account, now: float) -> int:
    """The account's row id, made or brought to its present login. Locks the row until the transaction ends.

    Whoever counts an account's runs and then adds one must hold this lock, or two deliveries share the last place.
    """
    insert = inserting(connection)
    values = {"host": host, "github_id": account.github_id, "login": account.login, "kind": account.kind}
    statement = (
        insert(accounts)
        .values(**values, created_at=now)
        .on_conflict_do_update(index_elements=["host", "github_id"], set_={"login": account.login})
        .returning(accounts.c.id)
    )
    return int(connection.execute(statement).scalar_one())


def lock_account(connection: Connection, account_id: int) -> None:
    """Holds the account's row until the transaction ends (SQLite's transactions are alone anyway).

    Not its key: a row that names the account may be written meanwhile, by who holds what we want next.
    """
    held = select(accounts.c.id).where(accounts.c.id == account_id).with_for_update(key_share=True)
    connection.execute(held)


def meet_installation(connection: Connection, host: str, installation_id: int, account_id: int, now: float) -> None:
    """Notes an installation that a delivery came from; one that is known stays as it is, deleted ones too."""
    insert = inserting(connection)
    values = {"host": host, "id": installation_id, "account_id": account_id, "permissions": {}, "created_at": now}
    connection.execute(insert(installations).values(**values).on_conflict_do_nothing())


def remember_installation(
    connection: Connection, host: str, installation_id: int, account_id: int, permissions: dict[str, str], now: float
) -> None:
    """Notes an installation that GitHub says is there and at work, with its permissions."""
    meet_installation(connection, host, installation_id, account_id, now)
    _stamp(connection, host, installation_id, permissions=permissions, suspended_at=None, deleted_at=None)


def suspend_installation(connection: Connection, host: str, installation_id: int, now: float) -> None:
    """Notes that the owner suspended it: no token is given until `remember_installation`."""
    _stamp(connection, host, installation_id, suspended_at=now)


def delete_installation(connection: Connection, host: str, installation_id: int, now: float) -> None:
    """Notes that the App was uninstalled."""
    _stamp(connection, host, installation_id, deleted_at=now)


def account_named(connection: Connection, host: str, login: str) -> Row[Any] | None:
    """The account of that login, however it is spelled, if it was ever met."""
    wanted = (accounts.c.host == host, func.lower(accounts.c.login) == login.lower())
    return connection.execute(select(accounts).where(*wanted).order_by(accounts.c.id.desc()).limit(1)).one_or_none()


def logins(connection: Connection, host: str) -> list[str]:
    """Every account that was ever met."""
    return list(connection.execute(select(accounts.c.login).where(accounts.c.host == host)).scalars())


def pause_account(connection: Connection, account_id: int, at: float | None) -> bool:
    """Lets nothing of the account begin from then on; None lets it again. Whether that changed anything."""
    differs = accounts.c.paused_at.is_(None) if at is not None else accounts.c.paused_at.is_not(None)
    statement = update(accounts).where(accounts.c.id == account_id, differs).values(paused_at=at)
    return connection.execute(statement).rowcount == 1


def paused_accounts(connection: Connection) -> Sequence[Row[Any]]:
    """Accounts of which nothing may begin."""
    return connection.execute(
        select(accounts).where(accounts.c.paused_at.is_not(None)).order_by(accounts.c.login)
    ).all()


def is_paused(connection: Connection, account_id: int) -> bool:
    """Whether the operator paused everything, or this account."""
    mine = select(accounts.c.id).where(accounts.c.id == account_id, may_begin(accounts.c.id))
    return connection.execute(mine).first() is None


def may_begin(account_id: ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that the operator paused neither everything nor that account."""
    its = accounts.alias()
    paused = select(its.c.id).where(its.c.id == account_id, its.c.paused_at.is_not(None))
    return marks.unset(marks.PAUSED) & ~paused.exists()


def _stamp(connection: Connection, host: str, installation_id: int, **values: object) -> None:
    matching = (installations.c.host == host) & (installations.c.id == installation_id)
    connection.execute(update(installations).where(matching).values(**values))
