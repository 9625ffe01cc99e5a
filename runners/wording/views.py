"""What the sentences speak of: a task and its runs, as plain values. No I/O."""

from dataclasses import dataclass

from runners.states import RunState, TaskState


@dataclass(frozen=True)
class CheckView:
    """How a check of the repository's own ended; `why` is empty where it passed, `said` the end of what it printed."""

    command: str
    why: str
    seconds: float
    said: str


@dataclass(frozen=True)
class RunView:
    """One run, for people."""

    id: str
    agent: str
    state: RunState
    reason: str = ""
    detail: str = ""
    seconds: float | None = None  # since it began, or that it took
    doing: str = ""  # the latest step
    branch: str | None = None
    branch_url: str | None = None
    pushed: bool = False
    pull_request: int | None = None
    files: int | None = None
    added: int | None = None
    removed: int | None = None
    summary: str | None = None
    has_patch: bool = False
    sandbox: str | None = None
    bounds: str = ""  # of the sandbox
    refused_hosts: tuple[tuple[str, int], ...] = ()  # what the agent was not let to, and how often it asked
    cost_usd: float | None = None
    tokens: int | None = None
    minutes: float = 0  # its limit
    cancel_by: str | None = None
    url: str | None = None  # of its run page, where people can open it
    place_url: str | None = None  # of the pull request, else the issue
    log: tuple[str, ...] = ()
    checks: tuple[CheckView, ...] = ()
    diff_url: str | None = None  # of what was pushed
    picked_by: str | None = None
    held: bool = False  # CI waits on what was published


@dataclass(frozen=True)
class TaskView:
    """A task and the runs of its newest round."""

    id: str
    verb: str
    text: str
    state: TaskState
    requester: str
    number: int
    is_pull_request: bool
    runs: tuple[RunView, ...]
    ahead: int = 0  # runs that are claimed before this one
    round: int = 1
    paused: bool = False  # the operator lets nothing begin
    plan: str | None = None  # that its agent proposed, as `prose` wrote it
    approved_by: str | None = None  # who had it done
