"""Who did what: the log that an operator and an account's owner can read back."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Connection, Double, ForeignKey, Index, Table, Text, insert

from config.database import Identity, metadata, now

audit = Table(
    "audit",
    metadata,
    Column("id", Identity, primary_key=True),
    Column("account_id", ForeignKey("accounts.id")),
    Column("at", Double, nullable=False),
    Column("actor_id", BigInteger),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_audit_account_at", "account_id", "at"),
)


def note(
    connection: Connection, actor: str, action: str, subject: str, *, account_id: int | None = None, **detail: Any
) -> None:
    """Keeps that the actor did this to the subject, in the transaction that does it."""
    values = {"actor": actor, "action": action, "subject": subject, "account_id": account_id, "detail": detail}
    connection.execute(insert(audit).values(at=now(connection), **values))
