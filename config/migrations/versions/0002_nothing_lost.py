"""What nothing lost and nothing twice needs besides: the pace of writes, the sweeper's tries, shared moments."""

import sqlalchemy as sa
from alembic import op

from config.database import Identity

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Makes four tables, and indexes that hold nothing but what is still to do."""
    op.create_table(
        "marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_marks"),
    )
    op.create_table(
        "paces",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("installation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("next_at", sa.Double(), server_default="0", nullable=False),
        sa.Column("began_at", sa.Double(), server_default="0", nullable=False),
        sa.Column("busy_until", sa.Double(), server_default="0", nullable=False),
        sa.Column("blocked_until", sa.Double(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("host", "installation_id", name="pk_paces"),
    )
    op.create_table(
        "writes",
        sa.Column("id", Identity, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("installation_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("began_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_writes"),
    )
    op.create_index("ix_writes_at", "writes", ["host", "installation_id", "at"])
    op.create_index("ix_writes_began_at", "writes", ["host", "installation_id", "began_at"])
    op.create_table(
        "redeliveries",
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.Double(), nullable=True),
        sa.Column("first_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("guid", name="pk_redeliveries"),
    )
    op.create_index("ix_redeliveries_next_at", "redeliveries", ["next_at"])
    op.create_index("ix_runs_account_state", "runs", ["account_id", "state"])
    op.drop_index("ix_tasks_waiting", "tasks")
    _partial("ix_tasks_waiting", "tasks", ["state", "account_id"], "state = 'waiting'")
    op.drop_index("ix_deliveries_state_next", "deliveries")
    _partial("ix_deliveries_open", "deliveries", ["next_at"], "state IN ('stored', 'deciding')")
    op.add_column("deliveries", sa.Column("faults", sa.Integer(), server_default="0", nullable=False))
    op.add_column("deliveries", sa.Column("vanished", sa.Integer(), server_default="0", nullable=False))


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    """Removes them."""
    op.drop_index("ix_deliveries_open", "deliveries")
    op.create_index("ix_deliveries_state_next", "deliveries", ["state", "next_at"])
    op.drop_index("ix_tasks_waiting", "tasks")
    _partial("ix_tasks_waiting", "tasks", ["account_id"], "state = 'waiting'")
    op.drop_column("deliveries", "vanished")
    op.drop_column("deliveries", "faults")
    op.drop_index("ix_runs_account_state", "runs")
    op.drop_table("redeliveries")
    op.drop_table("writes")
    op.drop_table("paces")
    op.drop_table("marks")
