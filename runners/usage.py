"""What models took, one row an answer: tokens and money, by account and run."""

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Table, Text

from config.database import Identity, metadata

usage = Table(
    "usage",
    metadata,
    Column("id", Identity, primary_key=True),
    Column("request_id", Text, nullable=False, unique=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),
    Column("model", Text, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("reserved_usd", Double, nullable=False),  # the most it could cost, until it is settled
    Column("cost_usd", Double),
    Column("at", Double, nullable=False),
    Index("ix_usage_account_at", "account_id", "at"),
)
