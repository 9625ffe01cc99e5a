"""Which task a deleted comment had begun, what a repository's file sets for a task, and plans that wait."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Adds the index and the columns."""
    op.create_index("ix_commands_task", "commands", ["task_id"])
    op.add_column("tasks", sa.Column("plan", sa.Text(), nullable=True))
    op.add_column("tasks", sa.Column("approved_by", sa.Text(), nullable=True))
    op.add_column("tasks", sa.Column("bounds", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Removes them."""
    for name in ("bounds", "approved_by", "plan"):
        op.drop_column("tasks", name)
    op.drop_index("ix_commands_task", "commands")
