"""Outbound webhooks: endpoints that accounts named, and the messages on their way to them."""

from sqlalchemy import JSON, Column, Double, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from config.database import metadata

endpoints = Table(
    "endpoints",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("sealed_secret", Text, nullable=False),
    Column("old_sealed_secret", Text),  # signs beside the new one until old_until
    Column("old_until", Double),
    Column("types", JSON, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("disabled_at", Double),
    Column("disabled_why", Text),
    Column("failing_since", Double),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("endpoint_id", ForeignKey("endpoints.id"), nullable=False),
    Column("task_id", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),  # due | sent | dead
    Column("tries", Integer, nullable=False),
    Column("next_at", Double),
    Column("lease_until", Double, nullable=False, server_default="0"),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("created_at", Double, nullable=False),
    Column("last_status", Integer),
    Column("last_answer", Text),
    UniqueConstraint("endpoint_id", "task_id", "sequence"),
    Index("ix_messages_state_next", "state", "next_at"),
)
