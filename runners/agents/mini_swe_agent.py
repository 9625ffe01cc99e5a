"""mini-swe-agent: a model and a shell."""

from runners.agents.adapter import Brief, Wire
from runners.agents.driven import Driven
from runners.agents.foreign import MOST_TURNS

TRIES = 3  # by itself it tries ten times, for minutes


class MiniSweAgent(Driven):
    """By OpenAI's Responses: with Chat Completions tools are refused by OpenAI's newer models."""

    name = "mini-swe-agent"
    description = "mini-swe-agent, with any model behind OpenAI's Responses API; has a shell and nothing else"
    wire: Wire | None = "openai-responses"
    program = "mini"
    version = "2.4.6"
    # What it asks models with is pinned too: it takes any, and not all work (that one imports `mcp`, and wants it not).
    packages = (f"mini-swe-agent=={version}", "litellm==1.110.2", "mcp==2.3.0")
    driver = "drive_mini"

    def __init__(self) -> None:
        super().__init__()
        self.probe = (self.program, "--help")  # where it says its version before all else

    def argv(self, brief: Brief) -> list[str]:
        """With its limit of steps."""
        return [*super().argv(brief), str(MOST_TURNS)]

    def env(self, brief: Brief) -> dict[str, str]:
        """Few tries."""
        return super().env(brief) | {"MSWEA_SILENT_STARTUP": "1", "MSWEA_MODEL_RETRY_STOP_AFTER_ATTEMPT": str(TRIES)}
