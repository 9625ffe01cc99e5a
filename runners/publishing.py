"""From a kept patch to a pull request: the host commits, pushes and opens it, each step safe to repeat.

Names are GitHub's to keep unique: the branch is pushed by compare-and-set, and a pull request for it exists once.
"""

from dataclasses import replace
from pathlib import Path

from runners import looking, mirrors, patches
from runners.attempt import Attempt
from runners.checking import give_up_checks
from runners.git import GitError, git, meaning, remote
from runners.holding import is_held
from runners.lease import Lease
from runners.problems import Problem
from runners.pull_requests import Wanted
from runners.pushing import address, push, refused
from runners.rights import confirm_right
from runners.runs import get
from runners.steps import external_id, perform
from runners.wording.publishing import RUN_TRAILER, Trailers, branch_name, commit_message
from runners.wording.views import RunView, TaskView
from runners.workspace import open_workspace


def publish(attempt: Attempt, lease: Lease) -> None:
    """Publishes the run's patch on a branch and in a pull request."""
    confirm_right(attempt)
    _still_open(attempt)
    with attempt.context.database.read() as connection:
        attempt = replace(attempt, run=get(connection, attempt.claim.run_id))
    is_held(attempt)
    give_up_checks(attempt)
    with attempt.context.database.read() as connection:
        task = looking.task_view(connection, attempt.context.settings, attempt.task.id)
    run = next(view for view in task.runs if view.id == attempt.claim.run_id)
    branch = attempt.task.head_ref or branch_name(task.number, attempt.task.title, run.id)
    attempt.note(branch=branch)
    head_sha = _push(attempt, lease, task, run, branch)
    attempt.note(head_sha=head_sha)
    attempt.step(f"branch {branch} pushed")
    if task.verb == "compare":  # its pull request is opened when somebody picks it
        return
    number = task.number if attempt.task.head_ref else _open(attempt, lease, task, run, branch)
    attempt.note(pull_request=number)
    attempt.step(f"pull request #{number}")


def _still_open(attempt: Attempt) -> None:
    """Raises Problem where the pull request was closed meanwhile: its branch is nobody's to write to."""
    task = attempt.task
    if task.is_pull_request and attempt.context.github.pull(attempt.where, task.number).state != "open":
        raise Problem("pull_request_closed", "The pull request was closed meanwhile; nothing was pushed.")


def _push(attempt: Attempt, lease: Lease, task: TaskView, run: RunView, branch: str) -> str:
    """The commit on the branch, as GitHub has it."""
    context, row = attempt.context, attempt.run
    pushed = external_id(context.database, row.id, "branch")
    if pushed is not None:
        return pushed
    attempt.step("pushing the branch")
    with (
        context.github.git_token(attempt.where, {"contents": "write"}) as token,
        mirrors.borrowed(context.settings, attempt.where),
    ):
        # What a push leaves out git finds by the branches that both sides know: the base as it is now, above all.
        mirrors.fetch(
            context.settings, attempt.where, f"refs/heads/{attempt.task.head_ref or attempt.task.base_ref}", token
        )
        mirror = mirrors.bring(context.settings, attempt.where, row.base_sha, token)
        with open_workspace(context.settings, f"{attempt.name}-publish", mirror, row.base_sha) as workspace:
            requester = row.requester
            co_author = f"{requester} <{row.requester_id}+{requester}@users.noreply.github.com>"
            message = commit_message(
                task,
                attempt.task.title,
                run,
                Trailers(
                    row.patch_fence,
                    co_author,
                    held=run.held,
                    sign_off=bool((attempt.task.bounds or {}).get("sign_off")),
                ),
            )
            made = patches.commit(workspace, row.patch, message, row.created_at)

            def look() -> str | None:
                return own_head(attempt, token, workspace.git, branch)

            def act() -> str:
                lease.for_write()
                return _compare_and_set(attempt, token, workspace.git, branch, made)

            return perform(
                context.database, row.id, "branch", act=act, look=look, hold=attempt.hold, fence=attempt.claim.fence
            )


def _compare_and_set(attempt: Attempt, token: str, git_dir: Path, branch: str, made: str) -> str:
    """Pushes only if the branch is where we left it: not there, or the pull request's head that the work began from.

    The commit that stands there: ours of now or, where the push was done before and forgotten, ours of then.
    """
    expected = attempt.run.base_sha if attempt.task.head_ref else ""
    ref, settings = f"refs/heads/{branch}", attempt.context.settings
    try:
        push(settings, attempt.where, token, git_dir, commit=made, ref=ref, expected=expected)
    except GitError as error:
        own = own_head(attempt, token, git_dir, branch)
        if own is None:
            raise refused(error, branch) from None
        return own
    return made


def own_head(attempt: Attempt, token: str, git_dir: Path, branch: str) -> str | None:
    """The branch's commit on GitHub, if this run made it: then its answer was lost, or the database that knew of it."""
    settings = attempt.context.settings
    fetch = ("fetch", "--quiet", "--no-tags", "--", address(settings, attempt.where), f"refs/heads/{branch}")
    try:
        git(*fetch, git_dir=git_dir, settings=remote(settings.github_base_url, token))
    except GitError as error:
        if "remote ref" in str(error).lower():
            return None
        raise meaning(error) or error from None
    shown = ("log", "-1", f"--format=%H %(trailers:key={RUN_TRAILER},valueonly)", "FETCH_HEAD")
    head, _, made_by = git(*shown, git_dir=git_dir).partition(" ")
    return head if made_by.partition("/")[0] == attempt.run.id else None


def _open(attempt: Attempt, lease: Lease, task: TaskView, run: RunView, branch: str) -> int:
    """The branch's pull request."""
    attempt.step("opening the pull request")
    context = attempt.context
    wanted = Wanted(context.github, attempt.where, attempt.task, attempt.run, task, run, branch)
    return wanted.bring(context.database, attempt.hold, lease.for_write, attempt.claim.fence)
