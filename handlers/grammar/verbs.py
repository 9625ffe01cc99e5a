"""The verbs, in one table. Help, the docs page and the parser read it; adding a verb is a line here."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True)
class Verb:
    """A verb of the command language."""

    name: str
    help: str  # one line
    on: Literal["issue", "pull", "both"]
    needs: Literal["triage", "write"]  # the least role; `cancel` is also the requester's
    flags: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()


_AGENT = frozenset({"--agent", "--model", "--budget", "--timeout", "--cheap"})
_BRANCH = frozenset({"--base", "--draft", "--no-draft"})

_ALL = (
    Verb("implement", "does the task, and opens or updates a pull request", "both", "write", _AGENT | _BRANCH),
    Verb("compare", "lets several agents do the same task, side by side", "issue", "write", _AGENT | _BRANCH),
    Verb("pick", "opens the pull request of the compared run of that number", "issue", "write"),
    Verb("apply", "applies the diff or the file blocks below the command", "both", "write", _BRANCH),
    Verb("plan", "answers with a plan, changes nothing", "issue", "write", _AGENT | _BRANCH),
    Verb("approve", "has the plan of that name done, as it was shown", "issue", "write"),
    Verb("revise", "continues a pull request of ours with this feedback", "pull", "write", _AGENT),
    Verb("fix", "repairs failing checks and open review threads", "pull", "write", _AGENT),
    Verb("review", "reads the pull request and comments on its lines", "pull", "write", _AGENT),
    Verb("release", "lets CI run on a pull request where it waits", "pull", "write"),
    Verb("status", "shows the tasks here and what is left of the quota", "both", "triage"),
    Verb("cancel", "stops what is at work here", "both", "write"),
    Verb("retry", "does the newest task here once more", "both", "write", _AGENT),
    Verb("config", "shows the configuration that counts here", "both", "triage"),
    Verb("agents", "lists the agents that can work here", "both", "triage"),
    Verb("help", "shows what can be asked for", "both", "triage", aliases=("--help", "-h", "?")),
)

VERBS: Mapping[str, Verb] = MappingProxyType({verb.name: verb for verb in _ALL})
SPELLINGS: Mapping[str, Verb] = MappingProxyType(
    {spelling: verb for verb in _ALL for spelling in (verb.name, *verb.aliases)}
)
