"""The texts of what is published: branch, commit, pull request, check run. Pure."""

from dataclasses import dataclass
from typing import Any

from runners.states import ENDS, RunState
from runners.wording.cut import cut
from runners.wording.safe import block, plain, prose, quoted, slug
from runners.wording.status import BY_REASON, checked, duration, folded, held, size, why
from runners.wording.views import CheckView, RunView, TaskView

LONGEST_TITLE = 120
LONGEST_BODY = 60_000
LONGEST_CHECK = 65_000
LONGEST_LOG = 30_000
LONGEST_OF_CHECK = 2000
AUTHOR = "async-code <async-code@users.noreply.github.com>"
# https://docs.github.com/en/actions/managing-workflow-runs-and-deployments/managing-workflow-runs/skipping-workflow-runs
HELD = "[skip ci] until somebody who may write has looked at it."
RUN_TRAILER = "Async-Code-Run"  # `<run>/<fence>`: by it we know a commit of ours again
CONCLUSIONS = {
    RunState.DONE: "success",
    RunState.UNCHANGED: "neutral",
    RunState.FAILED: "failure",
    RunState.DEAD: "failure",
    RunState.CANCELLED: "cancelled",
    RunState.TIMED_OUT: "timed_out",
}
# By their identifiers, which are the verbs that they mean. At most 20 characters on a button, 40 in its description.
BUTTONS = {
    "cancel": {"label": "Cancel", "description": "Stop this run", "identifier": "cancel"},
    "retry": {"label": "Retry", "description": "Do the same task once more", "identifier": "retry"},
    "fix": {"label": "Fix checks", "description": "Repair what the checks found", "identifier": "fix"},
    "release": {"label": "Let CI run", "description": "Push an empty commit that lets it run", "identifier": "release"},
}
CHECK_TITLES = {
    RunState.QUEUED: "Queued",
    RunState.RUNNING: "At work",
    RunState.PUBLISHING: "Publishing",
    RunState.DONE: "Published",
    RunState.UNCHANGED: "Nothing to change",
    RunState.FAILED: "Failed",
    RunState.DEAD: "Given up",
    RunState.CANCELLED: "Cancelled",
    RunState.TIMED_OUT: "Out of time",
}


BRANCHES = "async-code/"  # how the names of our branches begin


def branch_name(number: int, title: str, run_id: str) -> str:
    """`async-code/<issue>-<slug>-<run>`, ASCII whatever the title holds."""
    return f"{BRANCHES}{number}-{slug(title, 40)}-{run_id}"


def subject(task: TaskView, title: str) -> str:
    """One line for the commit and the pull request: what was asked, else the issue's title."""
    asked = next((line for line in task.text.splitlines() if line.strip()), "") if task.verb != "apply" else ""
    return plain(asked, LONGEST_TITLE) or plain(title, LONGEST_TITLE) or f"Changes for issue {task.number}"


@dataclass(frozen=True)
class Trailers:
    """What a commit says of its making: the attempt, the requester as git writes people, whether CI is to wait."""

    fence: int
    requester: str
    held: bool = False
    sign_off: bool = False


def commit_message(task: TaskView, title: str, run: RunView, trailers: Trailers) -> str:
    """The commit's text, with the trailers that say which run made it and for whom."""
    lines = [f"{RUN_TRAILER}: {run.id}/{trailers.fence}", f"Co-authored-by: {trailers.requester}"]
    if trailers.sign_off:
        lines += [f"Signed-off-by: {who}" for who in (AUTHOR, trailers.requester)]
    held = [HELD] if trailers.held else []
    return "\n\n".join([subject(task, title), f"Agent: {run.agent}", *held, "\n".join(lines)]) + "\n"


def pull_request_body(task: TaskView, run: RunView) -> str:
    """What the pull request says of itself. The host itself writes the one closing keyword."""
    asked = f"> {quoted(task.text, 2000)}\n\n" if task.text.strip() and task.verb != "apply" else ""
    said = prose(run.summary or "", LONGEST_BODY // 2)
    asker = quoted(task.requester, 60)
    facts = f"Made by the agent `{run.agent}` for {asker} with `{task.verb}` on #{task.number}: {size(run)}."
    closes = f"Closes #{task.number}"
    return cut(
        "\n\n".join(part for part in (asked.strip(), said, facts, checked(run), held(run), closes) if part),
        LONGEST_BODY,
    )


def check(run: RunView, head_sha: str) -> dict[str, Any]:
    """A check run's fields as GitHub's API takes them: https://docs.github.com/en/rest/checks/runs"""
    fields: dict[str, Any] = {"name": f"async-code / {run.agent}", "head_sha": head_sha, "external_id": run.id}
    if run.url or run.place_url:
        fields["details_url"] = run.url or run.place_url
    failing = failed(run) if run.state is RunState.DONE else []
    if run.state in ENDS:
        fields |= {"status": "completed", "conclusion": "failure" if failing else CONCLUSIONS[run.state]}
    else:
        fields["status"] = "queued" if run.state is RunState.QUEUED else "in_progress"
    published = run.state is RunState.DONE and run.pull_request is not None
    fitting = {"fix": published and bool(failing), "release": published and run.held}
    verbs = ["retry", *(verb for verb, fits in fitting.items() if fits)] if run.state in ENDS else ["cancel"]
    fields["actions"] = [BUTTONS[verb] for verb in verbs]
    title = BY_REASON[run.reason][1] if run.reason in BY_REASON else CHECK_TITLES[run.state]
    title = f"{title}; {len(failing)} of {len(run.checks)} checks failed" if failing else title
    return fields | {"output": {"title": title, "summary": check_summary(run)}}


def failed(run: RunView) -> list[CheckView]:
    """Which of the repository's own checks did not pass."""
    return [one for one in run.checks if one.why]


def check_summary(run: RunView) -> str:
    """One outcome line, a table, the last lines of the log."""
    rows = [("Agent", f"`{run.agent}`"), ("Sandbox", run.sandbox or "—")]
    if run.seconds is not None:
        rows.append(("Time", duration(run.seconds)))
    if run.files is not None:
        rows.append(("Changed", size(run)))
    if run.tokens is not None:
        rows.append(("Tokens", f"{run.tokens:,}"))
    if run.cost_usd is not None:
        rows.append(("Cost", f"${run.cost_usd:.2f}"))
    if run.refused_hosts:
        rows.append(("Not let to", ", ".join(quoted(f"{host} × {count}", 80) for host, count in run.refused_hosts[:5])))
    table = "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])
    parts = [
        folded("What a failing check said", block(f"$ {one.command}\n{one.said}", LONGEST_OF_CHECK))
        for one in failed(run)
    ]
    log = folded("Log", block("\n".join(run.log), LONGEST_LOG)) if run.log else ""
    return cut(
        "\n\n".join(part for part in (outcome_line(run), table, checked(run), held(run), *parts, log) if part),
        LONGEST_CHECK,
    )


def outcome_line(run: RunView) -> str:
    """What it came to, in one sentence."""
    if run.state is RunState.DONE:
        where = f"Pull request #{run.pull_request}" if run.pull_request else "A branch, to be picked"
        return f"{where}: {size(run)}."
    return why(run) if run.state in ENDS else "Under way."
