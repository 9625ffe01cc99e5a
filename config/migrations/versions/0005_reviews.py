"""Reviews, checks, CI that waits, comparisons: a command's lines, who opened its place, how checks ended."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Adds the columns."""
    op.add_column("tasks", sa.Column("spot", sa.JSON(), nullable=True))
    op.add_column("tasks", sa.Column("opener_id", sa.BigInteger(), nullable=True))
    op.add_column("tasks", sa.Column("opener", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("held", sa.Boolean(), nullable=True))
    op.add_column("runs", sa.Column("released_by", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("released_sha", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("picked_by", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("checks", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Removes them."""
    for name in ("checks", "picked_by", "released_sha", "released_by", "held"):
        op.drop_column("runs", name)
    for name in ("opener", "opener_id", "spot"):
        op.drop_column("tasks", name)
