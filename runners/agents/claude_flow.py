"""claude-flow: its hive mind writes the coordinator's prompt, and Claude Code does the work."""

import re
import shlex

from config.swarm import swarm
from runners.agents.adapter import Brief, Reader
from runners.agents.claude_code import ClaudeCode, ClaudeReader
from runners.agents.prompt import prompt
from runners.agents.swarm import Swarm

# In the throw-away home it finds no settings of the repository's, and leaves its own files. What it starts there as
# `claude` is ours: back in the workspace, with the flags that it does not know of.
LAUNCH = (
    'export TREE="$PWD" CLAUDE="$(command -v claude)" PATH="$HOME/bin:$PATH" && cd && chmod +x bin/claude && '
    '"$0" hive-mind init --topology "$1" --consensus raft --max-agents "$2" </dev/null && '
    'exec "$0" hive-mind spawn --topology "$1" --consensus raft --count "$2" --claude --non-interactive -o "$3"'
)
CLAUDE = '#!/bin/sh\ncd "$TREE" && exec "$CLAUDE" {} "$@"\n'
OBJECTIVE = "Do what the request asks that stands at the very end, below all of this."
WITHOUT_ITS_TOOLS = (
    "The tools whose names begin with mcp__ruflo__ are not here, whatever the prompt says of them: do by your own "
    "tools and your own sub-agents what you would do by those."
)


class ClaudeFlow(Swarm):
    """The request comes on standard input, which Claude Code puts behind claude-flow's prompt."""

    name = "claude-flow"
    description = "claude-flow's hive mind, with Claude Code as its queen"
    program = "claude-flow"
    package = "claude-flow"
    version = "3.43.0"

    @property
    def installation(self) -> tuple[str, ...]:
        """With Claude Code, which it starts."""
        return (f"{super().installation[0]} {ClaudeCode.package}@{ClaudeCode.version}",)

    def argv(self, brief: Brief) -> list[str]:
        """The objective is a sentence of ours."""
        team = swarm()
        return ["sh", "-c", LAUNCH, self.program, team.topology, str(team.most_agents), OBJECTIVE]

    def files(self, brief: Brief) -> dict[str, str]:
        """The `claude` that claude-flow finds. It turns the repository's settings off, which claude-flow does not."""
        flags = super().argv(brief)[1:]
        return {"bin/claude": CLAUDE.format(shlex.join([*flags, "--append-system-prompt", WITHOUT_ITS_TOOLS]))}

    def stdin(self, brief: Brief) -> str:
        """The request alone: the coordinator is claude-flow's."""
        return prompt(brief)

    def reader(self) -> Reader:
        """Reads what Claude Code prints, between lines of claude-flow's."""
        return ClaudeFlowReader()


class ClaudeFlowReader(ClaudeReader):
    """Its workers are names in a table: what is told as an agent is one of Claude Code's, which works."""

    noise = re.compile(
        r"\s*$|[+|\u2500]|\[(?:INFO|OK|WARN)\]|\s+(?:-|Use|Total) |Press |Prompt file|\.\.\. |Initializing"
        r"|\W+(?:Launching|Hive)"
    )
