"""Whether a command may be done: a pure decision with its rule, its numbers and until when. No I/O.

Rules are asked in an order: who asks, then where, then what, then how much is left.
"""

from dataclasses import dataclass

from config.tiers import Limits
from handlers.grammar import VERBS, Command
from runners.github_types import Role

HOUR, DAY = 3600, 86_400
MOST_UNASKED = 3


@dataclass(frozen=True)
class Spent:
    """Runs that the account started in the last hour and day, and when the oldest of each was (seconds since 1970)."""

    hour: int = 0
    day: int = 0
    oldest_of_hour: float | None = None
    oldest_of_day: float | None = None


@dataclass(frozen=True)
class Here:
    """Runs of the last hour on this issue or pull request, how many may be, and when one more may (if not now)."""

    runs: int = 0
    most: int = 1
    until: float | None = None


NO_LIMITS = Limits(0, 0, 1)
NOTHING_HERE = Here()
NOTHING_SPENT = Spent()


@dataclass(frozen=True)
class Facts:
    """What is known about a command's sender, place and account."""

    role: Role
    account: str  # login of the account that installed the App
    account_allowed: bool
    is_pull_request: bool = False
    from_fork: bool = False
    reads_only: bool = False  # what would be started changes nothing
    pull_request_open: bool = True
    agent_missing: str | None = None  # why the chosen agents can't do it
    agents: int = 1  # that would be at work, each in a run of its own
    pickable: tuple[int, ...] = ()  # numbers of the compared runs here whose pull request can be opened
    has_task: bool = False  # a task stands on this issue or pull request
    has_live_task: bool = False
    task_forgotten: bool = False  # the words of the newest task here were dropped
    is_requester: bool = False  # of the newest task here
    limits: Limits = NO_LIMITS
    spent: Spent = NOTHING_SPENT
    on_this: Here = NOTHING_HERE
    unasked: int = 0  # times that this was begun here before by CI's failing, where it is now
    is_ours: bool = False  # a run of ours published on the pull request
    ci_held: bool = False  # on the pull request
    bad_file: str = ""  # what is wrong with the repository's file
    plan_ids: tuple[str, ...] = ()  # of the plans here that wait for approval, the newest first
    has_unfinished: bool = False  # a task here, or the plan of one, waits or is at work
    not_among: str = ""  # whom that file lets have it work, where the sender is none of them


@dataclass(frozen=True)
class Verdict:
    """A decision. `rule` names what decided; `limit`, `used` and `until` (seconds since 1970) are a quota's."""

    allowed: bool
    rule: str
    limit: int | None = None
    used: int | None = None
    until: float | None = None
    detail: str = ""


ALLOWED = Verdict(True, "allowed")
NEEDS = {"triage": Role.TRIAGE, "write": Role.WRITE}
STARTS_A_RUN = frozenset({"implement", "apply", "retry", "plan", "approve", "revise", "fix", "review", "compare"})


def decide(command: Command, facts: Facts) -> Verdict:
    """May this be done, here, by this person, now?"""
    for rule in (_who, _where, _what, _how_much):
        verdict = rule(command, facts)
        if verdict is not None:
            return verdict
    return ALLOWED


def _who(command: Command, facts: Facts) -> Verdict | None:
    if facts.role < Role.TRIAGE:
        return Verdict(False, "stranger")
    if not facts.account_allowed:
        return Verdict(False, "account_not_allowed", detail=facts.account)
    if command.verb == "cancel" and facts.is_requester:
        return None
    if facts.role < NEEDS[VERBS[command.verb].needs]:
        return Verdict(False, "needs_write")
    if facts.not_among and VERBS[command.verb].needs == "write":
        return Verdict(False, "not_among", detail=facts.not_among)
    return None


def _where(command: Command, facts: Facts) -> Verdict | None:
    on = VERBS[command.verb].on
    if on not in ("both", "pull" if facts.is_pull_request else "issue"):
        return Verdict(False, f"only_on_{on}s")
    if not facts.is_pull_request or command.verb not in STARTS_A_RUN | {"release"}:
        return None
    if facts.from_fork and not facts.reads_only:
        return Verdict(False, "fork")
    if not facts.pull_request_open:
        return Verdict(False, "pull_request_closed")
    return None


def _what(command: Command, facts: Facts) -> Verdict | None:
    if facts.bad_file and command.verb in STARTS_A_RUN | {"pick", "release"}:
        return Verdict(False, "bad_file", detail=facts.bad_file)
    rule = next((rule for rule, broken in _nonsense(command, facts) if broken), None)
    if rule:
        there = {"another_plan": facts.plan_ids, "another_run": facts.pickable}.get(rule, ())
        return Verdict(False, rule, detail=", ".join(map(str, there)))
    if facts.agent_missing:
        return Verdict(False, "agent_missing", detail=facts.agent_missing)
    return None


def _nonsense(command: Command, facts: Facts) -> list[tuple[str, bool]]:
    """What a verb can't be meant for as things stand here: each rule, and whether it is broken."""
    named = command.text.strip().lower()
    rules = {
        "revise": [("not_ours", not facts.is_ours)],
        "release": [("nothing_held", not facts.ci_held)],
        "approve": [
            ("nothing_to_approve", not facts.plan_ids),
            ("another_plan", named not in facts.plan_ids),
        ],
        "pick": [
            ("nothing_to_pick", not facts.pickable),
            ("another_run", named not in map(str, facts.pickable)),
        ],
        "cancel": [("nothing_to_cancel", not facts.has_unfinished)],
        "retry": [
            ("nothing_to_retry", not facts.has_task),
            ("still_at_work", facts.has_live_task),
            ("task_forgotten", facts.task_forgotten),
        ],
    }
    return rules.get(command.verb, [])


def _how_much(command: Command, facts: Facts) -> Verdict | None:
    if command.verb not in STARTS_A_RUN:
        return None
    spent, limits, here = facts.spent, facts.limits, facts.on_this
    if facts.unasked >= MOST_UNASKED:
        return Verdict(False, "enough_fixes", MOST_UNASKED, facts.unasked)
    if spent.day + facts.agents > limits.per_day:
        return Verdict(False, "quota_day", limits.per_day, spent.day, _after(spent.oldest_of_day, DAY))
    if spent.hour + facts.agents > limits.per_hour:
        return Verdict(False, "quota_hour", limits.per_hour, spent.hour, _after(spent.oldest_of_hour, HOUR))
    if here.runs + facts.agents > here.most:
        return Verdict(False, "loop", here.most, here.runs, here.until)
    return None


def _after(oldest: float | None, seconds: int) -> float | None:
    """When a place becomes free: the oldest run of the window leaves it."""
    return None if oldest is None else oldest + seconds
