"""`.github/async-code.yml`: what a repository wishes. It narrows what the operator allows, and never widens it.

An invalid file is obeyed in no part: whoever commands is told what is wrong, where, and what was probably meant.
"""

import difflib
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event

PATH = ".github/async-code.yml"
MOST_BYTES = 16 * 1024
DEEPEST = 10  # lists within lists: what YAML does with very many takes minutes

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Login = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,99}$")]
Team = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,99}$")]
Pattern = Annotated[str, StringConstraints(pattern=r"^[^!/]|^/[^/]", max_length=200)]
# The web process looks for our name in a delivery before it reads it, so that the label must hold it.
Label = Annotated[str, StringConstraints(pattern=r"(?i)async-code", max_length=50)]
# As the flags of a command are: a name that a program could take for an option of its own is none.
Model = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+\[\]-]{0,99}$")]
Branch = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._/+#=-]{0,199}$")]
Check = Annotated[str, StringConstraints(pattern=r"^\S[^\n]*$", max_length=500)]
Reachable = Annotated[str, StringConstraints(pattern=r"^\.?[a-z0-9][a-z0-9._-]{0,252}$")]
Roles = Literal["write", "maintain", "admin"]


class BadFile(Exception):
    """The file is not what it may be; the message says what is wrong and where."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Triggers(_Part):
    """What besides a comment means a command."""

    label: Label | None = Field(default="async-code", description="The label that means `implement`; null: none.")
    issue_body: bool = Field(default=True, description="Whether a command in a new issue's text counts.")
    edited_comments: bool = Field(
        default=False, description="Whether a command counts that its author adds to a comment later."
    )
    on_ci_failure: Literal["off", "fix"] = Field(
        default="off",
        description="`fix`: where CI fails on a pull request that the bot opened it is repaired unasked, at most three "
        "times, for whoever asked for the work.",
    )


class Allow(_Part):
    """Who may have it work, never without write access. Where only users or teams are named, no role counts."""

    roles: list[Roles] | None = Field(default=None, description="Whose role is one of these …")
    users: list[Login] = Field(default=[], description="… or who is one of these …")
    teams: list[Team] = Field(
        default=[],
        max_length=10,
        description="… or who is in one of these teams of the organisation, named as in their address.",
    )

    def names(self, role: str, login: str) -> bool:
        """Whether somebody of this role and login is among them, whatever teams they are in."""
        return role in self.all_roles or login.lower() in map(str.lower, self.users)

    @property
    def all_roles(self) -> Sequence[str]:
        """The roles that count."""
        return ([] if self.users or self.teams else get_args(Roles)) if self.roles is None else self.roles


class PullRequests(_Part):
    """How pull requests are opened."""

    draft: bool = Field(default=False, description="Open them as drafts, where `--no-draft` does not say otherwise.")
    reviewers: list[Login] | None = Field(
        default=None,
        max_length=15,
        description="Who is asked for a review; `requester`, and nobody else without this, is whoever asked for it.",
    )
    labels: list[Annotated[str, StringConstraints(pattern=r"\S", max_length=50)]] = Field(
        default=[], max_length=20, description="Labels that they get."
    )
    sign_off: bool = Field(
        default=False, description="Sign commits off, by the bot that writes them and for whoever asked."
    )


class Bounds(_Part):
    """The most that a run may take or change here. The operator's own limits hold besides."""

    budget_usd: float | None = Field(
        default=None, gt=0, le=1_000_000, allow_inf_nan=False, description="What its models may cost, in US dollars."
    )
    timeout_minutes: float | None = Field(
        default=None, gt=0, le=1_000_000, allow_inf_nan=False, description="How long it may take."
    )
    files: int | None = Field(default=None, ge=1, le=1_000_000, description="Files that a patch may touch.")
    lines: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Lines that a patch may add and remove together."
    )


class Wishes(_Part):
    """What a repository wishes of the bot."""

    agents: list[Name] = Field(
        default=[], max_length=20, description="Agents that may work here; the first is the default."
    )
    model: dict[Name, Model] = Field(default={}, description="The model of each agent, where `--model` names no other.")
    triggers: Triggers = Triggers()
    allow: Allow = Allow()
    base: Branch | None = Field(default=None, description="Where work begins, if not on the default branch.")
    pull_request: PullRequests = PullRequests()
    protect: list[Pattern] = Field(
        default=[],
        max_length=100,
        description="Paths that no patch may touch, and all below them; `*` stands for anything, `/` too.",
    )
    ci: Literal["auto", "hold", "run"] = Field(
        default="auto",
        description="Whether CI runs on what the bot pushes: `hold` keeps it waiting for `release`, `run` does not, "
        "`auto` does where the agent read what somebody without write access had written.",
    )
    setup: list[Check] = Field(
        default=[],
        max_length=10,
        description="Shell commands that are run in the sandbox before an agent changes something, once for a commit. "
        "What they leave in the checkout is what the agent and the checks find, and in no patch.",
    )
    checks: list[Check] = Field(
        default=[],
        max_length=10,
        description="Shell commands that are run in the sandbox on what the agent left. What they say stands in the "
        "check run, at the lines that it is about.",
    )
    network: list[Reachable] | None = Field(
        default=None,
        max_length=50,
        description="Hosts that agents may reach here, or names of the operator's groups of them; `[]`: none.",
    )
    limits: Bounds = Bounds()

    @property
    def bounds(self) -> dict[str, Any]:
        """What holds for a run of a task, as JSON."""
        pulls, ci = self.pull_request, "" if self.ci == "auto" else self.ci
        given: dict[str, Any] = {"protect": self.protect, "setup": self.setup, "checks": self.checks, "ci": ci}
        given |= {"labels": pulls.labels, "sign_off": pulls.sign_off}
        given = {name: value for name, value in given.items() if value}
        # Of these an empty list says something too.
        lists = {"network": self.network, "reviewers": pulls.reviewers}
        return self.limits.model_dump(exclude_none=True) | given | {k: v for k, v in lists.items() if v is not None}


NO_WISHES = Wishes()


def schema() -> dict[str, Any]:
    """The JSON Schema of the file: https://json-schema.org/draft/2020-12"""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Wishes.model_json_schema()}


def read(text: str) -> Wishes:
    """The wishes that a file holds. Raises BadFile."""
    if len(text) > MOST_BYTES:
        raise BadFile(f"it has {len(text):,} characters; at most {MOST_BYTES:,} are read.")
    found = _tree(text)
    if found is None:
        return NO_WISHES
    if not isinstance(found, CommentedMap):
        raise BadFile("line 1: it must hold keys and values, such as `agents: [claude-code]`.")
    try:
        return Wishes.model_validate(found)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise BadFile(_said(found, problem["type"], problem["loc"], problem["msg"])) from None


def _tree(text: str) -> Any:
    """As YAML reads it, each part with its place. Aliases could make very much of little, so there are none."""
    yaml = YAML()
    try:
        _require_plain(yaml.parse(text))
        return yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise BadFile(f"{where}{(error.problem or 'it is no YAML').splitlines()[0]}.") from None
    except BadFile:
        raise
    except Exception as error:  # it stumbles over much, such as lists as keys
        raise BadFile(f"it is no YAML: {(str(error) or type(error).__name__).splitlines()[0]}") from None


def _require_plain(events: Iterable[Event]) -> None:
    depth = 0
    for event in events:
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEEPEST:
            raise BadFile(f"line {event.start_mark.line + 1}: it is nested more than {DEEPEST} deep.")
        if isinstance(event, AliasEvent):
            raise BadFile(f"line {event.start_mark.line + 1}: it repeats itself by an alias (`*name`); write it out.")


def _said(found: CommentedMap, kind: str, path: Sequence[int | str], message: str) -> str:
    line, column = _place(found, path, of_key=kind == "extra_forbidden")
    where = f"line {line + 1}, column {column + 1}: "
    if kind != "extra_forbidden":
        keys = [part for part in path if isinstance(part, str) and part != "[key]"]
        return f"{where}`{'.'.join(keys)}`: {message[:1].lower()}{message[1:]}."
    near = difflib.get_close_matches(str(path[-1]), _keys(path[:-1]), n=1)
    meant = (
        f"; did you mean `{near[0]}`?" if near else f". There are {', '.join(f'`{key}`' for key in _keys(path[:-1]))}."
    )
    return f"{where}there is no key `{str(path[-1])[:60]}`{meant}"


def _place(found: Any, path: Sequence[int | str], *, of_key: bool) -> tuple[int, int]:
    """The line and column, from 0, of the innermost part that the path names."""
    at = (0, 0)
    for depth, part in enumerate(path):
        if isinstance(found, CommentedMap) and part in found:
            last = depth == len(path) - 1
            at = found.lc.key(part) if of_key and last else found.lc.value(part)
        elif isinstance(found, CommentedSeq) and isinstance(part, int) and part < len(found):
            at = found.lc.item(part)
        else:
            return at
        found = found[part]
    return at


def _keys(path: Sequence[int | str]) -> list[str]:
    """The keys that may stand there."""
    part: type[BaseModel] = Wishes
    for name in path:
        part = type(part.model_fields[str(name)].default)
    return list(part.model_fields)
