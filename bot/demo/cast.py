"""Who does the demo's work: an agent, and a mock model that plays the model of one that needs one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.mock_model import MockModel
from bot.mock_model.script import Say, Script, Shell
from bot.operating import OperatorError
from config.settings import Settings
from runners.agents import AGENTS
from runners.agents.adapter import Agent
from runners.agents.prompt import FIX, PLAN, REVIEW
from runners.sandboxes import SandboxError, choose, sandboxes
from runners.sandboxes.places import tools_of

# What a good model would do about the sample's bug. The agent asks, and runs all of this in its sandbox.
SCRIPT = (
    Say("I look at the code and run its tests first."),
    Shell("cat till/basket.py"),
    Shell("python3 -B -m unittest 2>&1 | tail -5"),
    Say("Ten pieces are ten or more, but the comparison leaves ten itself out."),
    Shell("sed -i 's/quantity > BULK_QUANTITY/quantity >= BULK_QUANTITY/' till/basket.py"),
    Shell("python3 -B -m unittest 2>&1 | tail -5"),
    Say(
        "The bulk price now begins at ten pieces, as the README says, and all tests pass. "
        "(A mock model said so, by a script of the demo's: no real model was asked, and no money spent.)"
    ),
)
PLANNING = (
    Say("I read the code first."),
    Shell("cat till/basket.py"),
    Say(
        "1. In `till/basket.py`, `Line.discount` compares with `>`: let it be `>=`, since ten pieces are ten or more.\n"
        "2. Run `python3 -m unittest`: `test_ten_pencils_are_ten_percent_off` passes then, and all others still do.\n\n"
        "(A mock model said so, by a script of the demo's.)"
    ),
)
REVIEWING = (
    Say("I read the change, and what stands around it."),
    Shell("grep -n BULK_QUANTITY till/basket.py"),
    Say(
        "till/basket.py:19: ten pieces are ten or more now, as the README says. A test of nine pieces would hold the "
        "other side of the boundary.\n\n"
        "The change is small and does what it says. (A mock model said so, by a script of the demo's.)"
    ),
)
FIXING = (
    Say("I read what stands against it, and look at the place."),
    Shell("cat till/basket.py"),
    Shell("sed -i 's/^BULK_QUANTITY = 10$/BULK_QUANTITY = 10  # pieces, itself among them/' till/basket.py"),
    Shell("python3 -B -m unittest 2>&1 | tail -5"),
    Say(
        "The boundary is named where it stands, and all tests pass. (A mock model said so, by a script of the demo's.)"
    ),
)
MODEL_KEY = "the-mock-model-wants-none"  # stands where an operator's key would


@dataclass(frozen=True)
class Cast:
    """The agent, and what the stack must be told for it."""

    agent: Agent
    environment: dict[str, str]


def cast_of(name: str, sandbox: str, settings: Settings) -> Cast:
    """The agent by its name. Raises OperatorError where it can't play here, with what to do about it."""
    agent = AGENTS.get(name)
    if agent is None or name in ("patch", "command"):
        able = ", ".join(sorted(AGENTS.keys() - {"patch", "command"}))
        raise OperatorError(f"The demo knows no agent {name!r}; it has: {able}.")
    tools = tools_of(settings)
    environment = {"DEFAULT_AGENT": name, **({"AGENTS_DIR": str(tools)} if tools else {})}
    if sandbox == "auto" and not agent.probe:
        return Cast(agent, environment)
    try:
        place = choose(sandbox, sandboxes(settings))
    except SandboxError as error:
        raise OperatorError(str(error)) from None
    if agent.probe and not place.has(agent.probe[0], tools):
        raise OperatorError(f"{name} is not installed here; `./async-code agents` says how to have it.")
    return Cast(agent, environment | {"SANDBOX": place.name})


@contextmanager
def model_of(cast: Cast) -> Iterator[dict[str, str]]:
    """The settings of the agent's model, played while this lasts; none for an agent that needs none."""
    if cast.agent.wire is None:
        yield {}
        return
    with MockModel(Script(SCRIPT, asked={PLAN: PLANNING, REVIEW: REVIEWING, FIX: FIXING})) as model:
        bases = {
            "anthropic": f"{model.url}/anthropic",
            "openai": f"{model.url}/openai/v1",
            "gemini": f"{model.url}/gemini",
        }
        yield {
            f"{name.upper()}_{what}": value
            for name, base in bases.items()
            for what, value in (("BASE_URL", base), ("API_KEY", MODEL_KEY))
        }
