"""The one status comment of a task: accepted, at work, done. Pure text."""

from urllib.parse import quote

from runners.states import ENDS, RunState, TaskState
from runners.wording.plans import PLANNED, plan_id
from runners.wording.reviews import REVIEWED
from runners.wording.safe import block, prose, quoted
from runners.wording.views import RunView, TaskView

HEADLINES = {
    TaskState.WAITING: "Accepted, waiting",
    TaskState.AWAITING_APPROVAL: "Waiting for approval",
    TaskState.QUEUED: "Accepted, queued",
    TaskState.RUNNING: "At work",
    TaskState.PUBLISHING: "Publishing",
    TaskState.DONE: "Done",
    TaskState.UNCHANGED: "Nothing to change",
    TaskState.FAILED: "Failed",
    TaskState.TIMED_OUT: "Out of time",
    TaskState.CANCELLED: "Cancelled",
    TaskState.DEAD: "Given up",
}
MARKS = {
    TaskState.WAITING: "⏳",
    TaskState.AWAITING_APPROVAL: "✋",
    TaskState.QUEUED: "⏳",
    TaskState.RUNNING: "🔧",
    TaskState.PUBLISHING: "📤",
    TaskState.DONE: "✅",
    TaskState.UNCHANGED: "⚪",
    TaskState.FAILED: "❌",
    TaskState.TIMED_OUT: "⌛",
    TaskState.CANCELLED: "🛑",
    TaskState.DEAD: "❌",
}
# Reasons that are something else to people than the state that a run ends in.
BY_REASON = {"budget": ("💸", "Over budget"), REVIEWED: ("👀", "Reviewed")}
PAUSED = "The operator of this bot has paused it. It starts by itself when they resume; nothing is lost meanwhile."
HELD = (
    "CI waits: with this repository's secrets it would run what an agent wrote. Look at the change first; then comment "
    "`/async-code release` on the pull request."
)
LONGEST_TEXT = 300
LONGEST_SUMMARY = 4000
LONGEST_DETAIL = 1500
LOG_BYTES = 6000


def status_comment(task: TaskView) -> str:
    """The comment's whole text, from what is true now."""
    run = task.runs[-1]
    parts = [headline(task, run), understood(task), *body(task, run), links(run), hint(task)]
    return "\n\n".join(part for part in parts if part)


def headline(task: TaskView, run: RunView) -> str:
    """Outcome, duration, cost."""
    own = BY_REASON.get(run.reason) if run.state in ENDS else None
    facts = [" ".join(own or (MARKS[task.state], HEADLINES[task.state]))]
    if run.seconds is not None:
        facts.append(duration(run.seconds))
    if run.cost_usd is not None:
        facts.append(f"${run.cost_usd:.2f}")
    return f"**{' · '.join(facts)}**"


def understood(task: TaskView) -> str:
    """What was asked, by whom, and who works on it."""
    asked = f": {quoted(task.text, LONGEST_TEXT)}" if task.text.strip() else ""
    again = f", try {task.round}" if task.round > 1 and not task.approved_by else ""
    plan = (
        f", plan `{plan_id(task.plan)}` approved by {quoted(task.approved_by, 60)}"
        if task.approved_by and task.plan
        else ""
    )
    crew = ", ".join(f"`{one.agent}`" for one in task.runs)
    agents = f"agent{'s' if len(task.runs) > 1 else ''} {crew}"
    return f"`{task.verb}`{asked} — asked by {quoted(task.requester, 60)}, {agents}{again}{plan}."


def body(task: TaskView, run: RunView) -> list[str]:
    """What there is to say in this state."""
    if task.plan and run.reason == PLANNED:
        return [f"### Plan `{plan_id(task.plan)}`", task.plan]
    approved = [folded("The plan that was approved", task.plan)] if task.approved_by and task.plan else []
    return [*_of_the_run(task, run), *approved]


def _of_the_run(task: TaskView, run: RunView) -> list[str]:
    if run.state not in ENDS:
        return [under_way(task, run)]
    if run.state is RunState.DONE:
        return [result(task, run), prose(run.summary or "", LONGEST_SUMMARY)]
    said = [why(run)]
    if run.has_patch:
        said.append("The patch was kept: it is on the run page.")
    if run.log and run.reason != REVIEWED:  # what it said stands in the review
        said.append(folded("Last lines of the log", block("\n".join(run.log), LOG_BYTES)))
    return said


def folded(title: str, text: str) -> str:
    """Text that a reader opens."""
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def under_way(task: TaskView, run: RunView) -> str:
    """Why it has not begun, or what it is doing now."""
    if task.paused and task.state in (TaskState.WAITING, TaskState.QUEUED):
        return PAUSED
    if task.state is TaskState.WAITING:
        return "It starts when a run of this account or on this branch has ended; nothing is lost meanwhile."
    if run.state is RunState.QUEUED and run.detail:
        return f"{quoted(run.detail, LONGEST_TEXT)} It is tried again by itself."
    if run.state is RunState.QUEUED:
        return f"{task.ahead} ahead of it in the queue." if task.ahead else "Next in the queue."
    doing = quoted(run.doing, LONGEST_TEXT) if run.doing else "preparing"
    return f"Now: {doing} (at most {run.minutes:g} minutes{', in ' + run.sandbox if run.sandbox else ''})."


def result(task: TaskView, run: RunView) -> str:
    """Where the work is, and how much of it."""
    where = (
        "Committed to this pull request"
        if run.pull_request == task.number
        else f"[Pull request #{run.pull_request}]({run.place_url})"
    )
    return "\n\n".join(part for part in (f"{where} · {size(run)}.", checked(run), held(run)) if part)


def checked(run: RunView) -> str:
    """How the repository's own checks ended, in one line."""
    ends = [
        f"{'❌' if one.why else '✅'} {quoted(one.command, 100)}{f' ({one.why})' if one.why else ''}"
        for one in run.checks
    ]
    return f"Checks: {' · '.join(ends)}." if ends else ""


def held(run: RunView) -> str:
    """That CI waits, why, and how it goes on."""
    why = f" It could not be let run: {quoted(run.detail, LONGEST_TEXT)}" if run.detail else ""
    return f"{HELD}{why}" if run.held else ""


def size(run: RunView) -> str:
    """How much was changed."""
    files = f"{run.files} file" + ("" if run.files == 1 else "s")
    return f"{files}, +{run.added} −{run.removed}"


def why(run: RunView) -> str:
    """Why it ended without a pull request."""
    if run.state is RunState.CANCELLED:
        by = f" by {quoted(run.cancel_by, 60)}" if run.cancel_by else ""
        left = f"The branch {quoted(run.branch or '')} was pushed before." if run.pushed else "Nothing was published."
        return f"Stopped{by}. {left}"
    if run.state is RunState.DEAD:
        return f"It failed again and again, on our side: {quoted(run.detail, LONGEST_TEXT)} (run `{run.id}`)."
    return prose(run.detail or run.summary or run.reason, LONGEST_DETAIL)


def links(run: RunView) -> str:
    """Addresses of what can be looked at."""
    found = []
    if run.branch and run.branch_url and run.state is RunState.DONE:
        # A person's branch may have any name.
        found.append(f"[{quoted(run.branch)}]({quote(run.branch_url, safe=':/%')})")
    if run.url:
        found.append(f"[run page]({run.url})")
    return " · ".join(found)


def hint(task: TaskView) -> str:
    """What can be said next. Written as code: our own text never holds a live command."""
    if task.state in (TaskState.WAITING, TaskState.QUEUED, TaskState.RUNNING, TaskState.PUBLISHING):
        return "<sub>Stop it: comment `/async-code cancel`.</sub>"
    if task.state is TaskState.AWAITING_APPROVAL and task.plan:
        done = f"Have it done: comment `/async-code approve {plan_id(task.plan)}`."
        return f"<sub>{done} Another plan: `/async-code retry`. Drop it: `/async-code cancel`.</sub>"
    return "<sub>Once more: comment `/async-code retry`. Everything else: `/async-code help`.</sub>"


def duration(seconds: float) -> str:
    """`8 s`, `3 min 20 s`, `1 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
