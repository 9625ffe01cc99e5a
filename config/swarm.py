"""A swarm's roles and how they work together, read from `agents.toml`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from config.catalogue import CatalogueError, catalogue, is_known, read

Topology = Literal["hierarchical", "mesh", "adaptive"]
MOST_AGENTS = 8
MOST_ROLES = 20
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class Role:
    """What a sub-agent is chosen by, what it is told, and its model where that is not the run's."""

    description: str
    prompt: str
    model: str | None = None


@dataclass(frozen=True)
class Swarm:
    """The roles by name, in their order."""

    roles: Mapping[str, Role]
    topology: Topology = "hierarchical"
    most_agents: int = MOST_AGENTS
    instructions: str = ""


@cache
def swarm() -> Swarm:
    """The operator's. Raises CatalogueError."""
    return parse(catalogue().get("swarm"))


@cache
def problem(file: Path) -> str | None:
    """What is wrong with the file's swarm, in a sentence; None if nothing is."""
    try:
        parse(read(file).get("swarm"))
    except CatalogueError as error:
        return f"{file}: {error}"
    return None


def parse(given: Any) -> Swarm:
    """The swarm of a table. Raises CatalogueError, which says where and what."""
    table = _table(given, "swarm", ("roles", "topology", "most_agents", "instructions"))
    most = table.get("most_agents", MOST_AGENTS)
    if type(most) is not int or not 1 <= most <= 100:
        raise CatalogueError(f"swarm.most_agents is a whole number from 1 to 100, not {most!r}")
    topology = table.get("topology", "hierarchical")
    if topology not in get_args(Topology):
        raise CatalogueError(f"swarm.topology is one of {', '.join(get_args(Topology))}, not {topology!r}")
    instructions = _text(table, "instructions", "swarm") if "instructions" in table else ""
    return Swarm(_roles(table.get("roles")), topology, most, instructions)


def _roles(given: Any) -> Mapping[str, Role]:
    if not isinstance(given, Mapping) or not 1 <= len(given) <= MOST_ROLES:
        raise CatalogueError(f"swarm.roles holds one to {MOST_ROLES} roles: [swarm.roles.coder] begins one")
    for name in given:
        if not NAME.fullmatch(name):
            raise CatalogueError(f"swarm.roles: {name!r} is no name; take a-z, 0-9 and `-`, at most 40 of them")
    return {name: _role(role, f"swarm.roles.{name}") for name, role in given.items()}


def _role(given: Any, place: str) -> Role:
    table = _table(given, place, ("description", "prompt", "model"))
    model = _text(table, "model", place) if "model" in table else None
    if model is not None and not is_known("anthropic", model):
        raise CatalogueError(f"{place}.model: there is no {model!r} among the models of [anthropic]")
    return Role(_text(table, "description", place), _text(table, "prompt", place), model)


def _table(given: Any, place: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise CatalogueError(f"{place} is a table: [{place}] begins it")
    for name in given.keys() - set(known):
        raise CatalogueError(f"{place} has no {name!r}; it has {', '.join(known)}")
    return given


def _text(table: Mapping[str, Any], name: str, place: str) -> str:
    text = table.get(name)
    if not isinstance(text, str) or not text.strip():
        raise CatalogueError(f"{place}.{name} is a text, and must be there")
    return text.strip()
