"""The verbs, in one table. Help, the docs page and the parser read it; adding a verb is a line here."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True)
class Verb:
    """A verb of the command language. One that is not `available` is parsed, so that an answer can say so."""

    name: str
    help: str  # one line
    on: Literal["issue", "pull", "both"]
    needs: Literal["triage", "write"]  # the least role; `cancel` is also the requester's
    available: bool = False
    flags: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()


_AGENT = frozenset({"--agent", "--model", "--budget", "--timeout", "--cheap"})
_BRANCH = frozenset({"--base", "--draft", "--no-draft"})

_ALL = (
    Verb("implement", "does the task, and opens or updates a pull request", "both", "write", True, _AGENT | _BRANCH),
    Verb("apply", "applies the diff or the file blocks below the command", "both", "write", True, _BRANCH),
    Verb("plan", "answers with a plan, changes nothing", "issue", "write", True, _AGENT | _BRANCH),
    Verb("approve", "has the plan of that name done, as it was shown", "issue", "write", True),
    Verb("revise", "continues a pull request of ours with this feedback", "pull", "write", True, _AGENT),
    Verb("fix", "repairs failing checks and open review threads", "pull", "write", True, _AGENT),
    Verb("review", "reads the pull request and comments on its lines", "pull", "write", True, _AGENT),
    Verb("release", "lets CI run on a pull request where it waits", "pull", "write", True),
    Verb("status", "shows the tasks here and what is left of the quota", "both", "triage", True),
    Verb("cancel", "stops what is at work here", "both", "write", True),
    Verb("retry", "does the newest task here once more", "both", "write", True, _AGENT),
    Verb("config", "shows the configuration that counts here", "both", "triage", True),
    Verb("agents", "lists the agents that can work here", "both", "triage", True),
    Verb("help", "shows what can be asked for", "both", "triage", True, aliases=("--help", "-h", "?")),
    Verb("compare", "lets several agents do the same task", "issue", "write", flags=_AGENT | _BRANCH),
    Verb("pick", "opens the pull request of one of the compared runs", "issue", "write", flags=_BRANCH - {"--base"}),
)

VERBS: Mapping[str, Verb] = MappingProxyType({verb.name: verb for verb in _ALL})
SPELLINGS: Mapping[str, Verb] = MappingProxyType(
    {spelling: verb for verb in _ALL for spelling in (verb.name, *verb.aliases)}
)


def describe() -> list[Verb]:
    """The verbs that help lists: those that are there."""
    return [verb for verb in _ALL if verb.available]
