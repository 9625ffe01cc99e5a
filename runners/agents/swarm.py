"""Several agents at once: Claude Code as a coordinator, whose sub-agents have roles of ours."""

import json
from collections.abc import Mapping

from config.swarm import Topology, swarm
from runners.agents.adapter import Brief
from runners.agents.claude_code import ClaudeCode
from runners.agents.prompt import PREFIX, prompt

WAYS: Mapping[Topology, str] = {
    "hierarchical": "Divide the work, and give each part to the sub-agent whose role it is.",
    "mesh": (
        "Your sub-agents are equals: give the whole request to one of each role at once, then each one's answer to the "
        "others, until they agree."
    ),
    "adaptive": "Decide as you go which of them the work needs, and in which order.",
}


class Swarm(ClaudeCode):
    """One run for the bot, whatever works inside it: one workspace, one budget, one patch."""

    name = "swarm"
    description = "Claude Code as a coordinator of sub-agents with roles of yours"

    def argv(self, brief: Brief) -> list[str]:
        """The roles are words of ours; what people wrote comes on standard input."""
        return [*super().argv(brief), "--agents", json.dumps(roles())]

    def stdin(self, brief: Brief) -> str:
        """The coordinator's prompt."""
        return prompt(brief, coordinator())


def roles() -> dict[str, dict[str, str]]:
    """The sub-agents, as Claude Code takes them."""
    return {
        name: {"description": role.description, "prompt": role.prompt, **({"model": role.model} if role.model else {})}
        for name, role in swarm().roles.items()
    }


def coordinator() -> str:
    """What the coordinator is told before the request."""
    team = swarm()
    named = ", ".join(f"`{name}`" for name in team.roles)
    told = (
        f"You coordinate; your sub-agents do the work: {named}. {WAYS[team.topology]} Start no more than "
        f"{team.most_agents} of them.",
        team.instructions,
        "End with a short summary of what was changed.",
    )
    return f"{PREFIX}\n\n{' '.join(filter(None, told))}"
