"""The coding agents that a run can use. Adding one is one new file and one line here."""

from collections.abc import Mapping

from runners.agents.adapter import Agent
from runners.agents.command import Command
from runners.agents.mend import Mend
from runners.agents.patch import Patch

AGENTS: Mapping[str, Agent] = {
    "patch": Patch(),
    "mend": Mend(),
    "command": Command(),
}


def agent_for(verb: str, default: str) -> str:
    """The agent of a command that names none: to apply what is given needs no other than `patch`."""
    return "patch" if verb == "apply" else default
