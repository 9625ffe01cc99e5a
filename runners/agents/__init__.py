"""The coding agents that a run can use. Adding one is one new file and one line here."""

from collections.abc import Mapping

from runners.agents.adapter import Agent
from runners.agents.aider import Aider
from runners.agents.claude_code import ClaudeCode
from runners.agents.claude_flow import ClaudeFlow
from runners.agents.codex import Codex
from runners.agents.command import Command
from runners.agents.copilot import Copilot
from runners.agents.gemini import Gemini
from runners.agents.mend import Mend
from runners.agents.mini_swe_agent import MiniSweAgent
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
    "aider": Aider(),
    "mini-swe-agent": MiniSweAgent(),
    "swarm": Swarm(),
    "claude-flow": ClaudeFlow(),
}


def agent_for(verb: str, default: str) -> str:
    """The agent of a command that names none: to apply what is given needs no other than `patch`."""
    return "patch" if verb == "apply" else default
