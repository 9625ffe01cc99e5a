"""From a kept patch to a pull request: the host has it committed, pushes and opens it, each step safe to repeat.

Names are GitHub's to keep unique: the branch is pushed by compare-and-set, and a pull request for it exists once.
"""

from dataclasses import replace

from runners import looking, mirrors, patches
from runners.attempt import Attempt
from runners.branches import Push
from runners.checking import give_up_checks
from runners.holding import is_held
from runners.lease import Lease
from runners.problems import Problem
from runners.pull_requests import Wanted
from runners.rights import confirm_right
from runners.runs import get
from runners.steps import external_id
from runners.wording.publishing import Trailers, branch_name, commit_message
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
            ours = patches.commit(workspace, row.patch, _message(attempt, task, run), row.created_at)
            return Push(attempt, lease, token, workspace.git, branch, ours).done()


def _message(attempt: Attempt, task: TaskView, run: RunView) -> str:
    """The commit's, with the trailers."""
    row = attempt.run
    co_author = f"{row.requester} <{row.requester_id}+{row.requester}@users.noreply.github.com>"
    sign_off = bool((attempt.task.bounds or {}).get("sign_off"))
    trailers = Trailers(row.patch_fence, co_author, held=run.held, sign_off=sign_off)
    return commit_message(task, attempt.task.title, run, trailers)


def _open(attempt: Attempt, lease: Lease, task: TaskView, run: RunView, branch: str) -> int:
    """The branch's pull request."""
    attempt.step("opening the pull request")
    context = attempt.context
    wanted = Wanted(context.github, attempt.where, attempt.task, attempt.run, task, run, branch)
    return wanted.bring(context.database, attempt.hold, lease.for_write, attempt.claim.fence)
