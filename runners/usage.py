"""What models took, one row an answer: tokens and money, by account and run.

A request's most possible cost is reserved before it goes out, and settled after: what is spent and what is reserved
never pass the budget together, whoever asks at once. A gateway that dies in between leaves its
reservation, which counts.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    ForeignKey,
    Index,
    Row,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)

from config.catalogue import Tokens
from config.database import Identity, metadata, now
from runners import runs

usage = Table(
    "usage",
    metadata,
    Column("id", Identity, primary_key=True),
    Column("request_id", Text, nullable=False, unique=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),
    Column("gateway", Text, nullable=False, server_default=""),  # the host whose gateway let it out
    Column("model", Text, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("reserved_usd", Double, nullable=False),  # the most it could cost, until it is settled
    Column("cost_usd", Double),
    Column("at", Double, nullable=False),
    Index("ix_usage_account_at", "account_id", "at"),
)
OPEN = usage.c.cost_usd.is_(None)
Index("ix_usage_open", usage.c.gateway, sqlite_where=OPEN, postgresql_where=OPEN)


class NotAtWork(Exception):
    """The attempt that asks is not at work any more."""


class Budget(StrEnum):
    """What a reservation met."""

    GRANTED = "granted"
    BUSY = "busy"  # other requests of the run hold what is left; it may be free in a moment
    SPENT = "spent"


def reserve(connection: Connection, run: Row[Any], request_id: str, gateway: str, model: str, usd: float) -> Budget:
    """Sets aside the most that a request can cost, if the run's budget has room for it. Raises NotAtWork."""
    # Of two that ask at once, the second sees what the first reserved; and the run may have ended since it was known.
    if not runs.hold(connection, run.id, run.credential):
        raise NotAtWork(run.id)
    settled, open_ = connection.execute(
        select(
            func.coalesce(func.sum(usage.c.cost_usd), 0.0),
            func.coalesce(func.sum(usage.c.reserved_usd).filter(OPEN), 0.0),
        ).where(usage.c.run_id == run.id)
    ).one()
    if settled + usd > run.budget_usd:
        runs.note_spent(connection, run.id)
        return Budget.SPENT
    if settled + open_ + usd > run.budget_usd:
        return Budget.BUSY
    nothing_yet = {"input_tokens": 0, "output_tokens": 0, "cached_tokens": 0}
    row = {"request_id": request_id, "account_id": run.account_id, "run_id": run.id, "gateway": gateway}
    connection.execute(insert(usage).values(**row, model=model, reserved_usd=usd, at=now(connection), **nothing_yet))
    return Budget.GRANTED


def settle(connection: Connection, request_id: str, tokens: Tokens, usd: float | None) -> None:
    """What the request did cost; None: nobody knows, so that it is charged as the most it could."""
    took = {
        "input_tokens": tokens.all_input,
        "output_tokens": tokens.output,
        "cached_tokens": tokens.cached,
        "cost_usd": usage.c.reserved_usd if usd is None else usd,
    }
    mine = (usage.c.request_id == request_id, OPEN)
    settled = connection.execute(update(usage).where(*mine).values(**took).returning(usage.c.run_id, usage.c.cost_usd))
    for row in settled.all():
        runs.took(connection, row.run_id, tokens, row.cost_usd)


def left_open(connection: Connection, gateway: str) -> Sequence[str]:
    """The requests of this host's gateway that are not settled."""
    wanted = select(usage.c.request_id).where(usage.c.gateway == gateway, OPEN)
    return connection.execute(wanted).scalars().all()


def settle_left_over(connection: Connection, gateway: str) -> int:
    """Charges what a dead gateway of this host had let out, as the most it could cost; how many requests."""
    left = left_open(connection, gateway)
    for request_id in left:
        settle(connection, request_id, Tokens(), None)
    return len(left)
