"""What the gateway needs: whose request it is, what the run may cost, and which host let it out."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds columns, and indexes for what is asked with every request of a model."""
    op.add_column("runs", sa.Column("credential", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("budget_usd", sa.Double(), nullable=True))
    op.add_column("runs", sa.Column("over_budget", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_runs_credential", "runs", ["credential"])
    op.add_column("usage", sa.Column("gateway", sa.Text(), server_default="", nullable=False))
    open_ = sa.text("cost_usd IS NULL")
    op.create_index("ix_usage_open", "usage", ["gateway"], sqlite_where=open_, postgresql_where=open_)


def downgrade() -> None:
    """Removes them."""
    op.drop_index("ix_usage_open", "usage")
    op.drop_column("usage", "gateway")
    op.drop_index("ix_runs_credential", "runs")
    op.drop_column("runs", "over_budget")
    op.drop_column("runs", "budget_usd")
    op.drop_column("runs", "credential")
