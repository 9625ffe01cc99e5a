"""The demo's agent: runs the repository's tests and tries small edits of the failing code until they pass."""

from runners.agents.adapter import Brief
from runners.agents.program import Program


class Mend(Program):
    """Needs no model, but runs the repository's own tests."""

    name = "mend"
    description = "runs the Python tests and tries one-token edits until they pass; no model"
    has_words = False
    reads = False

    def env(self, brief: Brief) -> dict[str, str]:
        """For the tests: the order of sets must not decide whether one passes."""
        return {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
