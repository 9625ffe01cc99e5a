"""Who did what: the log that an operator and an account's owner can read back."""

from sqlalchemy import JSON, BigInteger, Column, Double, ForeignKey, Index, Table, Text

from config.database import Identity, metadata

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
