"""What happened in a run, in order: the run page's log, and what a person reads after the fact."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Double,
    ForeignKey,
    Integer,
    Row,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
)

from config.database import metadata, now
from runners.agents.adapter import AgentEvent
from runners.claims import Claim, hold

run_events = Table(
    "run_events",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("fence", Integer, nullable=False),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),  # step, or an AgentEvent's
    Column("data", JSON, nullable=False),
)


def append(connection: Connection, claim: Claim, events: Sequence[AgentEvent]) -> None:
    """Writes events of the attempt that holds the run. Raises LeaseLost."""
    hold(connection, claim)  # a stale attempt writes nothing
    mine = select(func.coalesce(func.max(run_events.c.seq), 0)).where(run_events.c.run_id == claim.run_id)
    last, at = int(connection.execute(mine).scalar_one()), now(connection)
    rows = [
        {
            "run_id": claim.run_id,
            "seq": last + index,
            "fence": claim.fence,
            "at": at,
            "kind": event.kind,
            "data": dict(event.data),
        }
        for index, event in enumerate(events, 1)
    ]
    if rows:
        connection.execute(insert(run_events), rows)


def since(connection: Connection, run_id: str, seq: int = 0, most: int = 500) -> Sequence[Row[Any]]:
    """Events after `seq`, the oldest first."""
    wanted = (run_events.c.run_id == run_id) & (run_events.c.seq > seq)
    return connection.execute(select(run_events).where(wanted).order_by(run_events.c.seq).limit(most)).all()


def latest(connection: Connection, run_id: str, most: int = 50) -> list[Row[Any]]:
    """The last events, the oldest of them first."""
    wanted = select(run_events).where(run_events.c.run_id == run_id).order_by(run_events.c.seq.desc()).limit(most)
    return list(reversed(connection.execute(wanted).all()))


def forget(connection: Connection, run_ids: Sequence[str]) -> None:
    """Drops the logs of these runs."""
    connection.execute(delete(run_events).where(run_events.c.run_id.in_(run_ids)))
