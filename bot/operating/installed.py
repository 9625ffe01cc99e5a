"""Which agents are here: each asked for its version, in the sandbox that runs would use."""

import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.operating import OperatorError
from config.catalogue import default_model, provider_of
from config.settings import Settings
from runners.agents import AGENTS
from runners.agents.adapter import Agent, Brief
from runners.sandboxes import SandboxError, choose, refuse, sandboxes
from runners.sandboxes.interface import Errand, Sandbox
from runners.sandboxes.places import PYTHON, tools_of

SECONDS = 30.0  # a command line of JavaScript may take seconds to say its version
LONGEST_VERSION = 40

INTRODUCTION = "Agents run in {sandbox}; their models are reached through the gateway, with the keys of your settings."
INSTALL = "not installed: {}"
NO_SANDBOX = "No sandbox works here, so that only agents which run nothing of the repository's can: {why}"


@dataclass(frozen=True)
class Found:
    """One agent, and what keeps it from working here, if anything does."""

    agent: Agent
    version: str
    model: str | None
    problem: str


def install(settings: Settings, name: str, say: Callable[[str], object]) -> None:
    """Installs the version that the adapter was made for. Raises OperatorError."""
    agent = AGENTS.get(name)
    if agent is None or not agent.install:
        known = ", ".join(name for name, agent in AGENTS.items() if agent.install)
        raise OperatorError(f"There is nothing to install for {name!r}; there is for: {known}.")
    settings.agents_folder.mkdir(parents=True, exist_ok=True)
    settings.agents_folder.chmod(0o755)
    for argv in command_lines(settings, agent):
        say(f"$ {shlex.join(argv)}")
        _run(argv)


def command_lines(settings: Settings, agent: Agent) -> list[list[str]]:
    """What installs the agent on this machine."""
    places = {"agents": settings.agents_folder, "python": PYTHON}
    return [[word.format(**places) for word in line.split()] for line in agent.install]


def _run(argv: list[str]) -> None:
    line = shlex.join(argv)
    try:
        # What we write is our user's alone; this is for the sandbox's user too.
        subprocess.run(argv, check=True, capture_output=True, text=True, umask=0o022)
    except FileNotFoundError as error:
        raise OperatorError(f"{error.filename} is not installed, and is needed for: {line}") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip() or error.stdout.strip()
        raise OperatorError(f"{said}\n\nThis ended with {error.returncode}: {line}") from None


def report(settings: Settings) -> str:
    """All agents, as an operator reads it."""
    try:
        sandbox = choose(settings.sandbox, sandboxes(settings))
        said = INTRODUCTION.format(sandbox=sandbox.name)
    except SandboxError as error:
        sandbox, said = choose("none", sandboxes(settings)), NO_SANDBOX.format(why=error)
    found = [look(settings, sandbox, agent) for agent in AGENTS.values()]
    return "\n".join([said, "", *lines(found)])


def look(settings: Settings, sandbox: Sandbox, agent: Agent) -> Found:
    """Whether the agent can work here."""
    model = default_model(agent.name)
    if agent.probe and not sandbox.has(agent.probe[0], tools_of(settings)):
        return Found(agent, "", model, INSTALL.format(how_to_install(settings, sandbox, agent)))
    refusal = refuse(sandbox, agent, allow_plain=settings.sandbox == "none")
    if refusal:
        return Found(agent, "", model, refusal)
    brief = Brief("implement", "", model=model, argv=settings.agent_argv)
    problem = "" if agent.own_program else agent.missing(brief) or ""
    if agent.wire and not settings.offers(agent.wire):
        problem = f"set {provider_of(agent.wire).upper()}_API_KEY"
    version, failed = version_of(settings, sandbox, agent)
    return Found(agent, version, model, failed or problem)


def how_to_install(settings: Settings, sandbox: Sandbox, agent: Agent) -> str:
    """The command of ours, with what that does where it installs on this machine."""
    return sandbox.installing.format(agent.name, " && ".join(map(shlex.join, command_lines(settings, agent))))


def version_of(settings: Settings, sandbox: Sandbox, agent: Agent) -> tuple[str, str]:
    """What it says of itself, nothing for the project's own; and why it does not start, if it does not."""
    if not agent.probe:
        return "", ""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="probe-", dir=settings.data_dir.absolute()) as tree:
        errand = Errand(agent.probe, Path(tree), seconds=SECONDS, tools=tools_of(settings))
        process = sandbox.start(errand)
        said = [line.strip() for line in process.lines(1) if line and line.strip()]
        exit = process.wait()
    if exit.code or exit.killed:
        return "", said[-1] if said else f"it does not start (exit code {exit.code})"
    return said[0][:LONGEST_VERSION] if said else "installed", ""


def lines(found: list[Found]) -> Iterator[str]:
    """A line for each: whether it can work, what it is, and what to do where it can't."""
    width = max(len(one.agent.name) for one in found)
    for one in found:
        mark = "✘" if one.problem else "✔"
        about = ", ".join(filter(None, (one.version, one.model and f"model {one.model}")))
        yield f"{mark} {one.agent.name:{width}}  {one.agent.description}{f' ({about})' if about else ''}"
        if one.problem:
            yield f"  {'':{width}}  → {one.problem}"
