"""The agent of `apply`: puts a diff or file blocks, found in the command or else in the issue, into the workspace."""

from runners.agents.adapter import Brief
from runners.agents.program import Program
from runners.agents.programs.blocks import find

NOTHING = (
    "There is nothing to apply: neither the command nor the description holds a unified diff (a `diff` block) "
    "or a file block (a block that opens with ```` ```file=path/to/file ````)."
)


class Patch(Program):
    """Needs no model and runs nothing of the repository."""

    name = "patch"
    description = "applies a diff or file blocks from the comment or the issue; no model"
    own_program = True
    has_words = False

    def missing(self, brief: Brief) -> str | None:
        """There must be something to apply."""
        return None if find(brief.text) or find(brief.body) else NOTHING
