"""What the gateway needs: whose request it is, what the run may cost, which host let it out, and what was not let."""

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
    op.create_table(
        "refused_hosts",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_refused_hosts_run_id"),
        sa.PrimaryKeyConstraint("run_id", "host", name="pk_refused_hosts"),
    )
    open_ = sa.text("cost_usd IS NULL")
    op.create_index("ix_usage_open", "usage", ["gateway"], sqlite_where=open_, postgresql_where=open_)


def downgrade() -> None:
    """Removes them."""
    op.drop_table("refused_hosts")
    op.drop_index("ix_usage_open", "usage")
    op.drop_column("usage", "gateway")
    op.drop_index("ix_runs_credential", "runs")
    op.drop_column("runs", "over_budget")
    op.drop_column("runs", "budget_usd")
    op.drop_column("runs", "credential")
