"""Where a command was written: what is attached there is shown at that very place only."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds the column."""
    op.add_column("tasks", sa.Column("source", sa.Text(), nullable=True))


def downgrade() -> None:
    """Removes it."""
    op.drop_column("tasks", "source")
