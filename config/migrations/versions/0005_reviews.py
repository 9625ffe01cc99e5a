"""The lines of a pull request that a command was written on."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Adds the column."""
    op.add_column("tasks", sa.Column("spot", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Removes it."""
    op.drop_column("tasks", "spot")
