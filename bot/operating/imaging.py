"""Builds the image of Docker's sandboxes, with the versions of the agents that the adapters were made for."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bot.operating import OperatorError
from config.settings import Settings
from runners import sandboxes
from runners.agents import AGENTS
from runners.sandboxes.engine import Engine, EngineError

CONTEXT = Path(sandboxes.__file__).parent / "image"
AGENTS_INSIDE = "/opt/agents"  # as the Dockerfile has it


def build(settings: Settings, names: Sequence[str], base: str | None, say: Callable[[str], object]) -> None:
    """Builds it, under the name that the settings have for it. Raises OperatorError."""
    arguments = {"INSTALL": installing(names), **({"BASE": base} if base else {})}
    try:
        for line in Engine().build(CONTEXT, settings.sandbox_image, arguments):
            say(line)
    except EngineError as error:
        raise OperatorError(f"The image was not built: {error}") from None
    say(f"Built {settings.sandbox_image}. `./async-code agents` asks each agent in it for its version.")


def installing(names: Sequence[str]) -> str:
    """One line for a shell. Raises OperatorError for an agent that nobody can install."""
    able = {name: agent.install for name, agent in AGENTS.items() if agent.install}
    unknown = [name for name in names if name not in able]
    if unknown:
        raise OperatorError(f"There is nothing to install for {unknown[0]!r}; there is for: {', '.join(able)}.")
    return " && ".join(able[name].format(agents=AGENTS_INSIDE) for name in names or able)
