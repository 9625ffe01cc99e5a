"""Several agents at once: Claude Code as a coordinator, whose sub-agents have roles of ours."""

import json
from collections.abc import Mapping

from runners.agents.adapter import Brief
from runners.agents.claude_code import ClaudeCode
from runners.agents.prompt import PREFIX, prompt

ROLES: Mapping[str, tuple[str, str]] = {
    "architect": (
        "Reads the code and plans a change; writes nothing.",
        "You plan changes in this repository. Read what matters, then answer with a short plan: which files change, "
        "how, and what a test must show. Write no file.",
    ),
    "coder": (
        "Writes one part of a change that was planned.",
        "You write code in this repository, in its own style. Do the part that you are given, and nothing else; do not "
        "commit. Answer with what you changed, and what you left open.",
    ),
    "tester": (
        "Writes and runs tests for a change.",
        "You test changes in this repository, with the tools that it already has. Write the tests that the change "
        "needs, run them, and answer with what passes and what fails, in the program's own words.",
    ),
    "reviewer": (
        "Reads a finished change and finds what is wrong with it; writes nothing.",
        "You review the change that lies in this checkout (`git diff` shows it). Look for mistakes, for what the "
        "request asked and the change does not do, and for what it does beyond. Write no file; answer with findings.",
    ),
}
COORDINATOR = (
    f"{PREFIX}\n\nYou coordinate; your sub-agents do the work: `architect`, `coder`, `tester`, `reviewer`. Let the "
    "architect plan, give the parts to coders (at once where they touch different files), then let the tester and the "
    "reviewer look, and have mended what they find. End with a short summary of what was changed."
)


class Swarm(ClaudeCode):
    """One run for the bot, whatever works inside it: one workspace, one budget, one patch."""

    name = "swarm"
    description = "Claude Code as a coordinator of an architect, coders, a tester and a reviewer"

    def argv(self, brief: Brief) -> list[str]:
        """The roles are words of ours; what people wrote comes on standard input."""
        agents = {name: {"description": what, "prompt": told} for name, (what, told) in ROLES.items()}
        return [*super().argv(brief), "--agents", json.dumps(agents)]

    def stdin(self, brief: Brief) -> str:
        """The coordinator's prompt."""
        return prompt(brief, COORDINATOR)
