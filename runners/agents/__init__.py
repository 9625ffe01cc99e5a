"""The coding agents that a run can use. Adding one is one new file and one line here."""

from collections.abc import Mapping

from runners.agents.adapter import Agent
from runners.agents.claude_code import ClaudeCode
from runners.agents.codex import Codex
from runners.agents.command import Command
from runners.agents.copilot import Copilot
from runners.agents.gemini import Gemini
from runners.agents.mend import Mend
from runners.agents.opencode import OpenCode
from runners.agents.patch import Patch
from runners.agents.qwen import Qwen
from runners.agents.swarm import Swarm

AGENTS: Mapping[str, Agent] = {
    "patch": Patch(),
    "mend": Mend(),
    "command": Command(),
    "claude-code": ClaudeCode(),
    "codex": Codex(),
    "gemini": Gemini(),
    "opencode": OpenCode(),
    "qwen": Qwen(),
    "copilot": Copilot(),
    "swarm": Swarm(),
}


def agent_for(verb: str, default: str) -> str:
    """The agent of a command that names none: to apply what is given needs no other than `patch`."""
    return "patch" if verb == "apply" else default
