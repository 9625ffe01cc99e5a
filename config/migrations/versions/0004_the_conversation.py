"""What triggers ask for: which task a deleted comment had begun. What a repository's file sets for a task."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Adds the index and the column."""
    op.create_index("ix_commands_task", "commands", ["task_id"])
    op.add_column("tasks", sa.Column("bounds", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    """Removes them."""
    op.drop_column("tasks", "bounds")
    op.drop_index("ix_commands_task", "commands")
