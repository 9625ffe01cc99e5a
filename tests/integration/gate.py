"""An agent that a test keeps at work for as long as it needs."""

import shlex
from pathlib import Path


class Gate:
    """An agent that does its work when it is let through, and not before; the settings that make it the default."""

    def __init__(self, directory: Path) -> None:
        self._way = directory / "gate"
        work = f"echo waiting; while [ ! -e {self._way} ]; do sleep 0.05; done; sed -i s/-/+/ app.py"
        self.settings = {
            "DEFAULT_AGENT": "command",
            "AGENT_COMMAND": shlex.join(["sh", "-c", work]),
            "SANDBOX": "none",  # the agent looks at the gate, which lies outside
        }

    def open(self) -> None:
        """Lets all through, from now on."""
        self._way.touch()

    def close(self) -> None:
        """Lets nobody through any more."""
        self._way.unlink(missing_ok=True)
