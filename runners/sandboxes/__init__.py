"""The sandboxes that a run can be locked into, the strongest first. Adding one is one new file and one line here."""

from collections.abc import Callable, Collection, Sequence
from functools import cache
from pathlib import Path

from config.settings import Settings
from runners.agents.adapter import Agent
from runners.sandboxes.bubblewrap import Bubblewrap
from runners.sandboxes.docker import Docker
from runners.sandboxes.interface import Sandbox
from runners.sandboxes.plain import Plain

BUBBLEWRAP, PLAIN = Bubblewrap(), Plain()


def sandboxes(settings: Settings, repository: str = "") -> Sequence[Sandbox]:
    """All of them, with the image that the operator chose for this repository."""
    image = settings.image_of(repository)
    return (_docker(image, settings.sandbox_runtime, settings.data_dir.absolute()), BUBBLEWRAP, PLAIN)


@cache  # each tries itself out once
def _docker(image: str, runtime: str, data_dir: Path) -> Docker:
    return Docker(image, runtime, data_dir / "probes")


class SandboxError(Exception):
    """The sandbox that the operator asked for can't be used; the message says why, and what to do."""


def wanted_for(settings: Settings, repository: str) -> str:
    """The operator's choice; `auto` is Docker where they chose what Docker alone can give, a runtime or an image."""
    own = settings.sandbox_runtime or settings.image_of(repository) != settings.sandbox_image
    return "docker" if settings.sandbox == "auto" and own else settings.sandbox


def choose(wanted: str, sandboxes: Sequence[Sandbox]) -> Sandbox:
    """The wanted sandbox, or with `auto` the strongest that works here; SandboxError where there is none."""
    candidates = [sandbox for sandbox in sandboxes if wanted in ("auto", sandbox.name)]
    for sandbox in candidates:
        if sandbox.unusable() is None:
            return sandbox
    why = " ".join(problems(candidates).values())
    names = ", ".join(["auto", *(sandbox.name for sandbox in sandboxes)])
    raise SandboxError(f"SANDBOX={wanted}: {why or f'there is no such sandbox ({names}).'}")


def problems(sandboxes: Sequence[Sandbox]) -> dict[str, str]:
    """Why each sandbox that can't be used here can't, by its name."""
    return {sandbox.name: problem for sandbox in sandboxes if (problem := sandbox.unusable())}


def refuse(sandbox: Sandbox, agent: Agent, allow_plain: bool) -> str | None:
    """Why this agent may not run in this sandbox, in a sentence for people; None where it may.

    `allow_plain` is for the demo and tests, where the operator's own machine runs the operator's own sample.
    """
    if sandbox.isolates or agent.own_program or allow_plain:
        return None
    return (
        f"The agent `{agent.name}` runs code from the repository, and this machine has no sandbox for it: the operator "
        "installs Docker or bubblewrap, or uses an agent that runs nothing of the repository, such as `patch`."
    )


def is_for_theirs(sandbox: Sandbox, settings: Settings) -> bool:
    """Whether a repository's own commands may run in it. An agent of ours may work where they may not."""
    return sandbox.isolates or settings.sandbox == "none"


def sweep(settings: Settings, at_work: Callable[[], Collection[str]], workspaces: Path) -> None:
    """Ends what killed workers left of errands in these workspaces whose label is not at work."""
    for sandbox in sandboxes(settings):
        if settings.sandbox in ("auto", sandbox.name):
            sandbox.sweep(at_work, workspaces)
