"""What the mock model does, step by step, whichever agent asks it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any


@dataclass(frozen=True)
class Write:
    """Writes a file of the workspace."""

    path: str
    text: str


@dataclass(frozen=True)
class Replace:
    """Puts another line in the place of the file's first line like `old`."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Shell:
    """Runs a command line."""

    command: str


@dataclass(frozen=True)
class Spawn:
    """Starts a sub-agent, which follows the named script."""

    agent: str
    script: str
    prompt: str = "Do your part."


@dataclass(frozen=True)
class Together:
    """Calls several tools in one answer."""

    steps: Sequence[Write | Replace | Shell | Spawn]


@dataclass(frozen=True)
class Loop:
    """Runs a command line again and again, and never ends its turn."""

    command: str = "true"


@dataclass(frozen=True)
class Say:
    """Says something; with the next tool call, or as the last word."""

    text: str


@dataclass(frozen=True)
class Fail:
    """Answers with an error: each time, or so many times."""

    status: int
    message: str = "The mock model was told to fail."
    retry_after: float | None = None
    times: int | None = None


@dataclass(frozen=True)
class Stall:
    """Says nothing for a while: before the answer, or in the middle of a streamed one."""

    seconds: float
    midway: bool = False


@dataclass(frozen=True)
class Cut:
    """Hangs up in the middle of the answer."""


Called = Write | Replace | Shell | Spawn
Step = Called | Together | Loop | Say | Fail | Stall | Cut
STEPS: Mapping[str, type[Step]] = {
    kind.__name__.lower(): kind for kind in (Write, Replace, Shell, Spawn, Together, Loop, Say, Fail, Stall, Cut)
}


@dataclass(frozen=True)
class Tokens:
    """What an answer says that it took. `input` holds the `cached` ones."""

    input: int
    output: int
    cached: int = 0


@dataclass(frozen=True)
class Script:
    """The steps, and those of other scripts by name: a conversation that holds `marker(name)` follows that one.

    One that holds the words of `asked` follows those. Without `tokens` an answer took as many as its bytes make, at
    four bytes each.
    """

    steps: Sequence[Step] = ()
    named: Mapping[str, Sequence[Step]] = field(default_factory=dict)
    tokens: Tokens | None = None
    asked: Mapping[str, Sequence[Step]] = field(default_factory=dict)

    def chosen(self, told: str) -> tuple[str, Sequence[Step]]:
        """The script that the conversation asks for, with its name."""
        named = ((name, steps) for name, steps in self.named.items() if marker(name) in told)
        asked = (("", steps) for words, steps in self.asked.items() if words in told)
        return next(chain(named, asked), ("", self.steps))


def marker(name: str) -> str:
    """What a prompt says to be answered by the script of that name."""
    return f"[mock script: {name}]"


@dataclass
class Turn:
    """One answer: what is said, which tools are called, and what goes wrong."""

    says: list[str] = field(default_factory=list)
    calls: Sequence[Called] = ()
    fails: list[Fail] = field(default_factory=list)
    stall: Stall | None = None
    cut: bool = False

    def add(self, step: Step) -> None:
        """Takes in a step that calls no tool."""
        match step:
            case Say(text):
                self.says.append(text)
            case Fail():
                self.fails.append(step)
            case Stall():
                self.stall = step
            case Cut():
                self.cut = True


def turn(steps: Sequence[Step], results: int) -> Turn:
    """The answer that follows so many tool results. It says nothing twice: the client remembers, the model does not."""
    answer, passed = Turn(), 0
    for step in steps:
        calls = calls_of(step)
        if passed >= results or isinstance(step, Loop):
            answer.calls = calls
            answer.add(step)
            if calls:
                break
        passed += len(calls)
    return answer


def at_once(steps: Sequence[Step]) -> Turn:
    """All of it in one answer, for a client that has no tools to ask with again."""
    answer = Turn()
    for step in steps:
        answer.calls = [*answer.calls, *calls_of(step)]
        answer.add(step)
    return answer


def calls_of(step: Step) -> Sequence[Called]:
    """The tools that a step calls."""
    match step:
        case Together(steps):
            return steps
        case Loop(command):
            return [Shell(command)]
        case Write() | Replace() | Shell() | Spawn():
            return [step]
    return ()


class ScriptError(ValueError):
    """A script file that can't be meant; the words are for its author."""


def parse(text: str) -> Script:
    """Reads a script from JSON: a list of steps, or {"steps": […], "named": {name: […]}, "tokens": {…}}.

    A step is an object like {"step": "shell", "command": "ls"}; the others are this module's classes, in lower case.
    """
    try:
        data = json.loads(text)
        if isinstance(data, list):
            data = {"steps": data}
        named = {name: _steps(steps) for name, steps in data.get("named", {}).items()}
        tokens = Tokens(**data["tokens"]) if "tokens" in data else None
        return Script(_steps(data.get("steps", [])), named, tokens)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ScriptError(f"This is no script for the mock model: {error}") from None


def _steps(data: Sequence[Mapping[str, Any]]) -> list[Step]:
    return [_step(**step) for step in data]


def _step(step: str, **values: Any) -> Step:
    if step not in STEPS:
        raise ValueError(f"there is no step {step!r}, only {', '.join(STEPS)}")
    if step == "together":
        values["steps"] = _steps(values["steps"])
    return STEPS[step](**values)
