"""What triggers ask for: which task a deleted comment had begun."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Adds the index."""
    op.create_index("ix_commands_task", "commands", ["task_id"])


def downgrade() -> None:
    """Removes it."""
    op.drop_index("ix_commands_task", "commands")
