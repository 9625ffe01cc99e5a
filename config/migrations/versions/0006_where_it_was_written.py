"""Where a command was written (what is attached there is shown there only), and which run made a commit."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds the column and the indexes."""
    op.add_column("tasks", sa.Column("source", sa.Text(), nullable=True))
    op.create_index("ix_runs_head", "runs", ["head_sha"])
    op.create_index("ix_runs_released", "runs", ["released_sha"])


def downgrade() -> None:
    """Removes them."""
    op.drop_index("ix_runs_released", "runs")
    op.drop_index("ix_runs_head", "runs")
    op.drop_column("tasks", "source")
