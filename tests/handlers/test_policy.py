"""Every rule of the policy, their order, and what no set of facts may ever allow."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.tiers import Limits
from handlers.grammar import VERBS, Command, find
from handlers.policy import ALLOWED, DAY, HOUR, MOST_UNASKED, STARTS_A_RUN, Facts, Here, Spent, Verdict, decide
from handlers.replies import QUOTAS, REFUSALS
from runners.github_types import Role

NOW = 1_000_000.0
LIMITS = Limits(per_hour=20, per_day=100, concurrent=3)
# Somebody who may write, on an issue of an allowed account, with a task that has ended.
FINE = Facts(role=Role.WRITE, account="octo", account_allowed=True, has_task=True, limits=LIMITS)


def command(verb: str) -> Command:
    (found,) = find(f"/async-code {verb}")
    assert isinstance(found, Command)
    return found


COMMANDS = {verb: command(verb) for verb in VERBS} | {"approve": command("approve 1234567"), "pick": command("pick 1")}
WORKS = sorted(STARTS_A_RUN)


def judged(verb: str, **facts: Any) -> Verdict:
    own: dict[str, Any] = {
        "approve": {"plan_ids": ("1234567",)},
        "revise": {"is_ours": True, "is_pull_request": True},
        "fix": {"is_pull_request": True},
        "pick": {"pickable": (1, 2)},
        "release": {"is_pull_request": True, "ci_held": True},
        "review": {"is_pull_request": True, "reads_only": True},
    }
    told = own.get(verb, {}) | {"has_unfinished": bool(facts.get("has_live_task"))} | facts
    return decide(COMMANDS[verb], replace(FINE, **told))


def rule(verb: str, **facts: Any) -> str:
    return judged(verb, **facts).rule


@pytest.mark.parametrize("verb", VERBS)
def test_a_writer_may_do_what_there_is(verb: str) -> None:
    assert judged(verb, has_live_task=verb == "cancel") == ALLOWED


@pytest.mark.parametrize("verb", VERBS)
def test_roles(verb: str) -> None:
    for role in Role:
        verdict = judged(verb, role=role, has_live_task=verb == "cancel")
        if role < Role.TRIAGE:
            assert verdict == Verdict(False, "stranger"), "strangers learn nothing"
        elif role == Role.TRIAGE and VERBS[verb].needs == "write":
            assert verdict == Verdict(False, "needs_write")
        else:
            assert verdict.rule == "allowed"


def test_the_requester_may_cancel_their_own_task_without_write() -> None:
    assert rule("cancel", role=Role.TRIAGE, is_requester=True, has_live_task=True) == "allowed"
    assert rule("cancel", role=Role.TRIAGE, has_live_task=True) == "needs_write"
    assert rule("cancel", role=Role.READ, is_requester=True, has_live_task=True) == "stranger"
    assert rule("retry", role=Role.TRIAGE, is_requester=True) == "needs_write"


@pytest.mark.parametrize("verb", VERBS)
def test_an_account_that_is_not_listed_gets_one_refusal_for_everything(verb: str) -> None:
    assert judged(verb, account_allowed=False) == Verdict(False, "account_not_allowed", detail="octo")


@pytest.mark.parametrize("verb", VERBS)
def test_a_fork_and_a_closed_pull_request_are_no_place_to_work(verb: str) -> None:
    on_pull = {"is_pull_request": True, "has_live_task": verb == "cancel"}
    if VERBS[verb].on == "issue":
        assert rule(verb, **on_pull) == rule(verb, **on_pull, from_fork=True) == "only_on_issues"
        return
    on_issue = {**on_pull, "is_pull_request": False}
    if VERBS[verb].on == "pull":
        assert rule(verb, **on_issue) == "only_on_pulls"
    assert rule(verb, **on_pull) == "allowed"
    on_a_branch = verb in STARTS_A_RUN | {"release"}
    writes = on_a_branch and verb != "review"
    assert rule(verb, **on_pull, from_fork=True) == ("fork" if writes else "allowed")
    assert rule(verb, **on_pull, pull_request_open=False) == ("pull_request_closed" if on_a_branch else "allowed")
    if VERBS[verb].on == "both":
        assert rule(verb, **on_issue, pull_request_open=False) == "allowed"


def test_what_makes_no_sense_now_is_said() -> None:
    assert rule("cancel") == "nothing_to_cancel"
    assert rule("retry", has_task=False) == "nothing_to_retry"
    assert rule("retry", has_live_task=True) == "still_at_work"
    assert rule("implement", has_live_task=True) == "allowed", "it waits"
    assert rule("revise", is_ours=False) == "not_ours"
    assert rule("release", ci_held=False) == "nothing_held"
    assert rule("pick", pickable=()) == "nothing_to_pick"
    assert judged("pick", pickable=(2, 3)) == Verdict(False, "another_run", detail="2, 3")
    comparison: dict[str, Any] = {"agents": 3, "spent": Spent(hour=18, day=18), "on_this": Here(0, 10)}
    assert rule("compare", **comparison) == "quota_hour", "all of them must have room"
    assert rule("compare", **comparison | {"agents": 2}) == "allowed"
    assert rule("compare", **comparison | {"agents": 2, "on_this": Here(9, 10)}) == "loop"
    assert rule("approve", plan_ids=()) == "nothing_to_approve"
    assert rule("cancel", has_unfinished=True) == "allowed"
    for text, said in (("1234567", "allowed"), ("", "another_plan"), ("1234567 but", "another_plan")):
        assert decide(command(f"approve {text}"), replace(FINE, plan_ids=("1234567",))).rule == said
    assert rule("retry", task_forgotten=True) == "task_forgotten"
    assert rule("implement", task_forgotten=True) == "allowed"


@pytest.mark.parametrize("verb", WORKS)
def test_an_agent_that_can_t_is_said_before_the_quota(verb: str) -> None:
    spent = Spent(hour=20, day=100)
    assert judged(verb, agent_missing="No.", spent=spent) == Verdict(False, "agent_missing", detail="No.")


@pytest.mark.parametrize("verb", VERBS)
def test_quotas_stop_what_starts_a_run_and_tell_until_when(verb: str) -> None:
    facts: dict[str, Any] = {"has_live_task": verb == "cancel"}
    hour = Spent(hour=20, day=50, oldest_of_hour=NOW, oldest_of_day=NOW - 9000)
    day = Spent(hour=20, day=100, oldest_of_hour=NOW, oldest_of_day=NOW - 9000)
    if verb not in STARTS_A_RUN:
        assert judged(verb, spent=day, **facts) == ALLOWED
        return
    assert judged(verb, spent=hour) == Verdict(False, "quota_hour", 20, 20, NOW + HOUR)
    assert judged(verb, spent=day) == Verdict(False, "quota_day", 100, 100, NOW - 9000 + DAY), "the longer wait"
    assert judged(verb, spent=replace(hour, hour=19)) == ALLOWED
    nothing = Verdict(False, "quota_day", 0, 0, None)
    assert judged(verb, limits=Limits(0, 0, 1)) == nothing, "an account without any quota waits for nothing"


@pytest.mark.parametrize("verb", VERBS)
def test_many_runs_on_one_issue_look_like_a_loop(verb: str) -> None:
    facts: dict[str, Any] = {"has_live_task": verb == "cancel"}
    loop = Here(runs=12, most=10, until=NOW + 60)
    if verb not in STARTS_A_RUN:
        assert judged(verb, on_this=loop, **facts) == ALLOWED
        return
    assert judged(verb, on_this=loop) == Verdict(False, "loop", 10, 12, NOW + 60)
    assert judged(verb, on_this=replace(loop, runs=9, until=None)) == ALLOWED


# Each rule, and facts that break it; the one above wins.
IN_ORDER: list[tuple[str, dict[str, Any]]] = [
    ("stranger", {"role": Role.READ}),
    ("account_not_allowed", {"account_allowed": False}),
    ("needs_write", {"role": Role.TRIAGE}),
    ("not_among", {"not_among": "admin"}),
    ("fork", {"is_pull_request": True, "from_fork": True}),
    ("pull_request_closed", {"is_pull_request": True, "pull_request_open": False}),
    ("bad_file", {"bad_file": "line 1"}),
    ("still_at_work", {"has_live_task": True}),
    ("task_forgotten", {"task_forgotten": True}),
    ("agent_missing", {"agent_missing": "No."}),
    ("quota_day", {"spent": Spent(hour=20, day=100)}),
    ("quota_hour", {"spent": Spent(hour=20, day=50)}),
    ("loop", {"on_this": Here(runs=10, most=10)}),
]


def test_of_several_broken_rules_the_first_decides() -> None:
    for index, (name, _) in enumerate(IN_ORDER):
        facts: dict[str, Any] = {}
        for _, broken in reversed(IN_ORDER[index:]):
            facts |= broken
        assert rule("retry", **facts) == name


def test_what_begins_unasked_does_so_three_times_and_people_go_on() -> None:
    assert rule("fix", is_pull_request=True, unasked=MOST_UNASKED - 1) == "allowed"
    assert rule("fix", is_pull_request=True, unasked=MOST_UNASKED) == "enough_fixes"
    assert rule("fix", is_pull_request=True, unasked=0) == "allowed"


def test_every_refusal_has_its_words() -> None:
    rules = {name for name, _ in IN_ORDER} | {"nothing_to_cancel", "nothing_to_retry"}
    rules |= {"only_on_issues", "only_on_pulls", "nothing_to_approve", "another_plan", "not_ours", "nothing_held"}
    rules |= {"nothing_to_pick", "another_run", "enough_fixes"}
    assert rules - {"stranger"} == set(REFUSALS) | set(QUOTAS)


def test_the_repositorys_file_stops_nobody_from_asking_or_cancelling() -> None:
    for verb in ("status", "help", "config", "agents"):
        assert rule(verb, not_among="admin", bad_file="line 1") == "allowed"
    assert rule("cancel", bad_file="line 1", has_live_task=True) == "allowed"
    assert rule("cancel", not_among="admin", is_requester=True, has_live_task=True) == "allowed"
    assert rule("cancel", not_among="admin", has_live_task=True) == "not_among"


numbers = st.none() | st.floats(0, 1e12)
facts = st.builds(
    Facts,
    role=st.sampled_from(Role),
    account=st.text(max_size=5),
    account_allowed=st.booleans(),
    is_pull_request=st.booleans(),
    from_fork=st.booleans(),
    pull_request_open=st.booleans(),
    agent_missing=st.none() | st.text(max_size=5),
    has_task=st.booleans(),
    has_live_task=st.booleans(),
    task_forgotten=st.booleans(),
    is_requester=st.booleans(),
    limits=st.builds(Limits, st.integers(0, 5), st.integers(0, 5), st.integers(1, 5)),
    spent=st.builds(Spent, st.integers(0, 6), st.integers(0, 6), numbers, numbers),
    on_this=st.builds(Here, st.integers(0, 6), st.integers(1, 5), numbers),
)


@given(st.sampled_from(sorted(VERBS)), facts)
def test_no_facts_ever_allow_what_may_not_be(verb: str, known: Facts) -> None:
    verdict = decide(COMMANDS[verb], known)
    assert verdict.allowed == (verdict.rule == "allowed")
    if not verdict.allowed:
        return
    assert known.account_allowed
    assert known.role >= Role.TRIAGE
    if verb in STARTS_A_RUN:
        assert known.role >= Role.WRITE
        assert known.spent.hour + known.agents <= known.limits.per_hour
        assert known.spent.day + known.agents <= known.limits.per_day
        assert known.on_this.runs + known.agents <= known.on_this.most
        assert not known.agent_missing
        assert not (known.is_pull_request and (known.from_fork or not known.pull_request_open))
    if verb == "cancel":
        assert known.has_live_task
        assert known.is_requester or known.role >= Role.WRITE
