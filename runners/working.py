"""From a claimed run to a patch: the repository, the workspace, the agent in its sandbox, and what it left there."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import structlog

from runners import mirrors, moves, patches, runs
from runners.agents import AGENTS
from runners.agents.adapter import Agent, AgentEvent, Brief, Outcome
from runners.attempt import Attempt
from runners.background import background
from runners.checking import run_checks
from runners.errands import Ground, errand, follow
from runners.instructions import instructions, put_back
from runners.lease import Lease
from runners.looking import minutes_of
from runners.patience import persistently
from runners.problems import Problem
from runners.rights import confirm_right
from runners.run_log import RunLog
from runners.sandboxes import SandboxError, choose, refuse, sandboxes, wanted_for
from runners.sandboxes.inside import owner
from runners.sandboxes.interface import Errand, Sandbox
from runners.sandboxes.places import tools_of
from runners.seeing import Seen, see
from runners.setting_up import SetUp, setup_reaches, wished
from runners.surveys import survey
from runners.tasks import reads_only, work_of
from runners.way_out import WayOut, over_budget, require_way_out, way_out
from runners.wording.cut import cut
from runners.workspace import Workspace, check_out, open_workspace

Kept = dict[str, Any]  # of a patch: columns of its run
IDLE_SECONDS = 600.0
LONGEST_SAID = 100_000  # bytes of a plan or a review, as its agent wrote it
SHORT_OF_MEMORY = "Its sandbox has {} MB of memory, and a process that wanted more was ended (SANDBOX_MEMORY_MB)."

log = structlog.get_logger()


def work(attempt: Attempt, lease: Lease) -> tuple[Outcome, Kept] | None:
    """The agent's work. None: there is a patch, kept and ready to publish; else how it ended, and what is left."""
    sandbox = _sandbox(attempt)
    require_way_out(attempt.context.settings, AGENTS[attempt.run.agent], hosts=setup_reaches(attempt))
    confirm_right(attempt)
    attempt.step("fetching the repository")
    with _workspace(attempt, lease, sandbox) as workspace:
        ground = Ground(attempt, lease, sandbox, workspace)
        omitted = _furnish(ground)
        outcome = _run_agent(attempt, lease, sandbox, workspace)
        if reads_only(attempt.task):  # what it changed all the same goes with its workspace
            attempt.note(summary=cut(attempt.clean(outcome.summary), LONGEST_SAID))
            return outcome, {}
        outcome = replace(outcome, summary=f"{outcome.summary}\n\n{omitted}".strip())
        attempt.step("reading the patch")
        came_to = _keep(attempt, outcome, _patch(attempt, workspace, outcome))
        if came_to is None:
            run_checks(ground, _seconds_left(attempt))
    return came_to


def _furnish(ground: Ground) -> str:
    """Writes the commit's files, and what the repository's setup leaves beside them; what is missing, for people."""
    attempt, workspace = ground.attempt, ground.workspace
    surveyed, whose = survey(workspace), owner() if ground.sandbox.isolates else None
    if surveyed.omitted:
        attempt.step(surveyed.omitted)
    check_out(workspace, surveyed.index, whose)
    if reads_only(attempt.task):
        put_back(workspace, whose)
    if wished(attempt):
        used = _seconds_used(attempt)
        took = SetUp(ground, surveyed.index, whose).bring(_seconds_of(attempt) - used)
        attempt.note(seconds_used=used + took)
    return surveyed.omitted


@contextmanager
def _workspace(attempt: Attempt, lease: Lease, sandbox: Sandbox) -> Iterator[Workspace]:
    """At the commit that the branch has now, with the mirror's objects lent to it."""
    settings, task = attempt.context.settings, attempt.task
    # What is only read may come from a fork, of whose branch the repository knows by this name.
    reviewed = f"refs/pull/{task.number}/head" if task.is_pull_request and reads_only(task) else None
    ref = reviewed or f"refs/heads/{task.head_ref or task.base_ref}"
    with mirrors.borrowed(settings, attempt.where):
        with attempt.context.github.git_token(attempt.where, {"contents": "read"}) as token:
            mirror, base_sha = mirrors.fetch(settings, attempt.where, ref, token)
            trusted = base_sha
            if task.is_pull_request:
                _, trusted = mirrors.fetch(settings, attempt.where, f"refs/heads/{task.base_ref}", token)
        if task.head_sha and base_sha != task.head_sha:
            raise Problem(
                "head_moved", f"`{task.head_ref}` moved since the command; comment again to work on what is there now."
            )
        lease.check()
        attempt.note(base_sha=base_sha, sandbox=sandbox.name)
        with open_workspace(settings, attempt.name, mirror, base_sha, trusted) as workspace:
            yield workspace


def _patch(attempt: Attempt, workspace: Workspace, outcome: Outcome) -> patches.Patch | None:
    """What the agent left. Raises Problem for what can't be published, unless the run failed anyhow."""
    try:
        patch = patches.read(workspace, attempt.task.bounds or {})
        if patch is not None and attempt.holds_secret(patch.added_text()):
            raise Problem("secret_in_patch", "The patch would publish a secret: a key or token stands in what it adds.")
    except Problem:
        if outcome.status == "succeeded":
            raise
        return None
    return patch


def _sandbox(attempt: Attempt) -> Sandbox:
    settings = attempt.context.settings
    try:
        repository = attempt.task.repository
        sandbox = choose(wanted_for(settings, repository), sandboxes(settings, repository))
    except SandboxError as error:
        raise Problem("no_sandbox", str(error)) from None
    agent = AGENTS.get(attempt.run.agent)
    if agent is None:
        raise Problem("no_such_agent", f"The agent `{attempt.run.agent}` is not there any more.")
    refusal = refuse(sandbox, agent, allow_plain=settings.sandbox == "none")
    if refusal:
        raise Problem("no_sandbox", refusal)
    if agent.probe and not sandbox.has(agent.probe[0], tools_of(settings)):
        raise Problem("not_installed", not_installed(agent))
    return sandbox


def _run_agent(attempt: Attempt, lease: Lease, sandbox: Sandbox, workspace: Workspace) -> Outcome:
    """Runs the agent to its end or to one of its limits, passing on what it prints."""
    seconds = _seconds_left(attempt)
    if seconds <= 0:
        minutes = minutes_of(attempt.task, attempt.context.settings)
        return Outcome("limit", "time", f"Its {minutes:g} minutes were used up by earlier attempts.")
    with way_out(attempt, AGENTS[attempt.run.agent]) as way:
        given = _given(attempt, workspace, seconds, way)
        attempt.step(f"{attempt.run.agent} is at work")
        outcome = _follow(attempt, lease, sandbox, given)
    return outcome if outcome.status == "succeeded" else over_budget(attempt) or outcome


def _seconds_of(attempt: Attempt) -> float:
    """All that agents of all attempts may take."""
    return float(minutes_of(attempt.task, attempt.context.settings) * 60)


def _seconds_used(attempt: Attempt) -> float:
    """What of it they took, and setup before them."""
    with attempt.context.database.read() as connection:
        return float(runs.get(connection, attempt.run.id).seconds_used)


def _seconds_left(attempt: Attempt) -> float:
    return _seconds_of(attempt) - _seconds_used(attempt)


def _given(attempt: Attempt, workspace: Workspace, seconds: float, way: WayOut) -> Errand:
    agent, task, run, settings = AGENTS[attempt.run.agent], attempt.task, attempt.run, attempt.context.settings
    seen = see(attempt) if agent.sees else Seen()
    brief = Brief(
        verb=work_of(task),
        text=task.text,
        title=task.title,
        body=task.body,
        background=(*(background(attempt, instructions(workspace)) if agent.has_words else ()), *seen.told),
        images=tuple(seen.files),
        model=run.model,
        minutes=seconds / 60,
        argv=settings.agent_argv,
        credential=way.credential,
    )
    return errand(
        attempt,
        workspace,
        agent.argv(brief),
        seconds,
        stdin=agent.stdin(brief),
        env={**way.env, **agent.env(brief)},
        files={**agent.files(brief), **seen.files},
        idle_seconds=min(IDLE_SECONDS, seconds),
        gateway=way.sockets,
    )


def not_installed(agent: Agent) -> str:
    """For whoever asked for it."""
    return f"The agent `{agent.name}` is not installed on this machine; `./async-code agents` tells the operator how."


def _follow(attempt: Attempt, lease: Lease, sandbox: Sandbox, given: Errand) -> Outcome:
    used, began = _seconds_used(attempt), time.monotonic()
    reader, log = AGENTS[attempt.run.agent].reader(), RunLog(attempt)
    exit = follow(lease, sandbox, given, lambda line: log.add(reader.feed(line) if line is not None else []))
    log.close()
    lease.check()
    attempt.note(seconds_used=used + (time.monotonic() - began))
    return _short_of_memory(attempt, reader.finish(exit)) if exit.out_of_memory else reader.finish(exit)


def _short_of_memory(attempt: Attempt, outcome: Outcome) -> Outcome:
    """Told as why it failed, if it did; an agent may also have got over a tool that was ended."""
    said = SHORT_OF_MEMORY.format(attempt.context.settings.sandbox_memory_mb)
    if outcome.status == "succeeded":
        attempt.tell([AgentEvent("error", {"text": said})])
        return outcome
    return replace(outcome, status="failed", reason="out_of_memory", summary=said)


def _keep(attempt: Attempt, outcome: Outcome, patch: patches.Patch | None) -> tuple[Outcome, Kept] | None:
    """Keeps the patch in SQL, so that only publishing is left whatever dies now.

    That of a run which came to no good is kept with its end: a run at work that has a patch is one to be published.
    """
    attempt.note(summary=attempt.clean(outcome.summary))
    if patch is None:
        return outcome, {}
    kept = {"patch": patch.content, "patch_fence": attempt.claim.fence}
    kept |= {"files": patch.files, "added": patch.added, "removed": patch.removed}
    if outcome.status != "succeeded":
        return outcome, kept
    persistently(partial(_publish, attempt, kept))
    return None


def _publish(attempt: Attempt, kept: Kept) -> None:
    with attempt.context.database.write() as connection:
        moves.publish(connection, attempt.claim, **kept)
