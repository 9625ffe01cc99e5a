"""What the bot answers in a comment: refusals, status, help. Pure: every sentence is here to be read and tested."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from config.repository_file import NO_WISHES, PATH, Wishes
from config.tiers import Limits
from handlers.grammar import FLAGS, VERBS, Command, Mistake, nearest
from handlers.policy import MOST_UNASKED, Spent, Verdict
from runners.agents.adapter import Agent
from runners.states import TaskState
from runners.wording.prose import prose
from runners.wording.safe import quoted
from runners.wording.status import HEADLINES, duration

PAUSED = "The operator of this bot has paused it: no run begins until they resume. What was asked for waits."
HELP = "`/async-code help` lists what can be asked."


@dataclass(frozen=True)
class TaskLine:
    """One task as `status` lists it."""

    verb: str
    state: TaskState
    requester: str
    agents: Sequence[str]
    detail: str


def occasion(kind: str, sender: str) -> list[str]:
    """What an answer is about, where no comment with the command stands before it."""
    who = quoted(sender, 60)
    about = {
        "label": f"{who} put the label on.",
        "button": f"{who} pressed the check run's button.",
        "rerun": f"{who} pressed Re-run.",
        "ci": f"CI failed on this pull request, whose work {who} asked for.",
    }
    return [about[kind]] if kind in about else []


def mistake(found: Mistake) -> str:
    """What was wrong with a command, pointing at the word."""
    if found.kind == "too_many":
        return f"**Too many**. {found.sentence}"
    return f"**Not understood**, so nothing was started. {found.sentence}"


def refusal(command: Command, verdict: Verdict, now: float) -> str:
    """Why a command was not done: the rule, whose limit it is, how much is left and until when."""
    if verdict.rule in QUOTAS:
        return _over_the_limit(verdict, now, *QUOTAS[verdict.rule])
    if verdict.rule == "bad_file":
        return bad_file(verdict.detail)
    detail = verdict.detail if verdict.rule == "agent_missing" else quoted(verdict.detail, 100)
    return REFUSALS[verdict.rule].format(verb=command.verb, detail=detail)


REFUSALS = {
    "account_not_allowed": "**Not for this account**: the operator of this bot lets it work for chosen accounts, and "
    "{detail} is not one of them. They can add it to `ALLOWED_ACCOUNTS`.",
    "needs_write": "**Not allowed**: `{verb}` needs write access to this repository. You may use `status` and `help`.",
    "not_among": f"**Not allowed**: `{PATH}` lets only these have it work: {{detail}}.",
    "bad_file": "**A mistake in the repository's file**, so nothing is started until it is mended: {detail}",
    "fork": "**Not on a fork**: this pull request comes from a fork, which the bot never writes to. "
    "`review` reads it; for all else push the branch to this repository, or ask on an issue.",
    "pull_request_closed": "**Closed**: this pull request is not open, so there is no branch to work on. "
    "Reopen it, or ask on an issue.",
    "only_on_issues": "**Not here**: `{verb}` is for issues.",
    "only_on_pulls": "**Not here**: `{verb}` is for pull requests.",
    "not_ours": "**Not one of mine**: `revise` continues a pull request that this bot opened or worked on. On this one "
    "`implement` does what you write.",
    "nothing_to_pick": "**Nothing to pick**: no comparison here has ended with a branch and without a choice.",
    "another_run": "**Which run?** Behind `pick` stands a number of the newest comparison and nothing else: {detail}.",
    "nothing_held": "**Nothing to release**: no CI of this pull request waits for a word.",
    "nothing_to_approve": "**Nothing to approve**: no plan waits here. `plan` asks for one.",
    "another_plan": "**Which plan?** Behind `approve` stands the name of a plan and nothing else; here waits {detail}. "
    "It is done as it was shown: for another one write `plan` and what it is to be.",
    "enough_fixes": f"**Enough**: that was tried {MOST_UNASKED} times here, and CI fails still. Look at it yourself; "
    "`/async-code fix`, with what you know of it, tries once more.",
    "nothing_to_cancel": "**Nothing to cancel**: no task waits or works here.",
    "nothing_to_retry": f"**Nothing to retry**: no task has been asked for here yet. {HELP}",
    "still_at_work": "**Still at work**: the newest task here has not ended. "
    "`cancel` it first, or wait for its result.",
    "task_forgotten": "**Too long ago**: the operator of this bot keeps what was asked only for some days after a "
    "task's end (`RETENTION_DAYS`), and those of the newest task here have passed. Write the command anew, "
    "with its text.",
    "agent_missing": "**Not like this**: {detail}",
}
QUOTAS = {
    "quota_hour": ("this account has started {used} of {limit} runs in the last hour.", "RUNS_PER_HOUR"),
    "quota_day": ("this account has started {used} of {limit} runs in the last day.", "RUNS_PER_DAY"),
    "loop": (
        "{used} of {limit} runs in an hour were started on this issue or pull request, which looks like a loop.",
        "RUNS_PER_ISSUE",
    ),
}


def _over_the_limit(verdict: Verdict, now: float, used: str, setting: str) -> str:
    until = verdict.until
    again = f" The next place is free in {duration(max(until - now, 0))} ({_clock(until)})." if until else ""
    said = used.format(used=verdict.used, limit=verdict.limit)
    return f"**Over the limit**: {said}{again} The operator of this bot set that limit (`{setting}`)."


def released() -> str:
    """CI may run."""
    return "CI may run: an empty commit on this branch lets it, in a moment."


def unknown_agent(name: str, names: Sequence[str]) -> str:
    """There is no such agent; the nearest, and all there are."""
    near = nearest(name, names)
    meant = f"; did you mean `{near}`?" if near else "."
    return f"there is no agent {quoted(name, 60)}{meant} There are: {_names(names)}."


def no_words(agent: str, verb: str) -> str:
    """An agent without a model."""
    return f"`{agent}` has no words for a `{verb}`: it asks no model. `--agent` names one that does."


def one_agent(verb: str) -> str:
    """Several agents were named for what one does."""
    return f"`{verb}` is done by one agent. On an issue `compare` lets several do the same task."


def two_agents() -> str:
    """One agent can't be compared."""
    return f"name at least two, as in `--agent claude-code,codex`, or list them in `agents` of `{PATH}`."


def own_models() -> str:
    """Several agents don't ask one model."""
    return "leave `--model` out: each of several agents asks its own."


def agent_not_listed(name: str, listed: Sequence[str]) -> str:
    """The repository lets others work."""
    return f"`{PATH}` lets {_names(listed)} work here, not `{name}`."


def bad_file(said: str) -> str:
    """What is wrong with the repository's file."""
    return REFUSALS["bad_file"].format(detail=prose(said, 500))


def no_key(agent: str) -> str:
    """The operator gave no key for the agent's models."""
    return (
        f"**No model**: `{agent}` asks a model, and the operator of this bot has set no key for one that it speaks to."
    )


def no_use(flag: str, agent: str) -> str:
    """A flag that would be taken and dropped."""
    why = {
        "--base": "a pull request keeps its own base",
        "--draft": "the pull request is there already",
    }.get(flag, f"`{agent}` asks no model and costs nothing")
    return f"leave `{flag}` out: {why}."


def status(
    tasks: Iterable[TaskLine], account: str, limits: Limits, spent: Spent, working: int, *, paused: bool = False
) -> str:
    """The tasks of one issue or pull request, what is left of the account's quota, and whether nothing may begin."""
    rows = [
        f"| `{task.verb}` | {HEADLINES[TaskState(task.state)]} | {_names(task.agents)} "
        f"| {quoted(task.requester, 60)} | {_cell(task.detail)} |"
        for task in tasks
    ]
    head = ["| asked | state | agent | by | |", "|---|---|---|---|---|"]
    table = "\n".join([*head, *rows]) if rows else "No task has been asked for here yet."
    quota = (
        f"Quota of {quoted(account, 60)}: {spent.hour} of {limits.per_hour} runs this hour, "
        f"{spent.day} of {limits.per_day} today, {working} of {limits.concurrent} at work."
    )
    return "\n\n".join([table, quota, *([PAUSED] if paused else [])])


def help_text(agents: Iterable[Agent], default_agent: str) -> str:
    """What can be asked for here, from the registries themselves."""
    verbs = [f"| `/async-code {verb.name}` | {verb.help} | {verb.needs} |" for verb in VERBS.values()]
    taken = {name for verb in VERBS.values() for name in verb.flags}
    flags = [
        f"| `{' '.join(filter(None, (flag.name, flag.takes)))}` | {flag.help} |"
        for flag in FLAGS.values()
        if flag.name in taken
    ]
    listed = [
        f"- `{agent.name}`{' (default)' if agent.name == default_agent else ''}: {agent.description}"
        for agent in agents
    ]
    return "\n".join(
        [
            "Write a command at the beginning of a line; the lines below it belong to the task.",
            "",
            "| command | what it does | needs |",
            "|---|---|---|",
            *verbs,
            "",
            "| flag | |",
            "|---|---|",
            *flags,
            "",
            "Agents:",
            *listed,
        ]
    )


def agents_text(agents: Iterable[Agent], default_agent: str, offers: Callable[[str], bool]) -> str:
    """Who can work here, and which of them the operator has a model for."""
    rows = [
        f"| `{agent.name}`{' (default)' if agent.name == default_agent else ''} | {agent.description} "
        f"| {'none needed' if agent.wire is None else 'yes' if offers(agent.wire) else 'no key is set'} |"
        for agent in agents
    ]
    return "\n".join(["| agent | what it is | model |", "|---|---|---|", *rows])


def config_text(wishes: Wishes, *, agent: str, base: str, minutes: float, budget_usd: float) -> str:
    """What counts here, and whose word it is; `base` is the default branch, the numbers are the operator's limits."""
    bounds, allow, triggers = wishes.limits, wishes.allow, wishes.triggers
    who = [*(f"`{role}`" for role in allow.all_roles), *(quoted(login, 60) for login in allow.users)]
    who += [f"the team `{team}`" for team in allow.teams]
    triggered = [f"the label {quoted(triggers.label, 60)}"] if triggers.label else []
    triggered += ["a new issue's text"] if triggers.issue_body else []
    triggered += ["commands added to a comment later"] if triggers.edited_comments else []
    triggered += ["CI that fails on the bot's own pull requests"] if triggers.on_ci_failure == "fix" else []
    rows = {
        "Agents": _names(wishes.agents) or "all",
        "Default agent": f"`{agent}`",
        "Models": ", ".join(f"`{name}`: {quoted(model, 60)}" for name, model in wishes.model.items())
        or "each one's own",
        "Who may": ", ".join(who) or "nobody",
        "Besides comments": ", ".join(triggered) or "nothing",
        "Begins at": quoted(wishes.base or base, 100),
        "Pull requests": "drafts" if wishes.pull_request.draft else "ready for review",
        "Reviews are asked of": _reviewers(wishes),
        "CI": {"auto": "held where a stranger's words were read", "hold": "held", "run": "runs"}[wishes.ci],
        "A run may take": f"{min(bounds.timeout_minutes or minutes, minutes):g} minutes",
        "A run may cost": f"${min(bounds.budget_usd or budget_usd, budget_usd):.2f}",
        "A patch may touch": _at_most(bounds.files, bounds.lines),
        "Network": _network(wishes),
        "Setup": ", ".join(quoted(command, 200) for command in wishes.setup) or "none",
        "Checks": ", ".join(quoted(command, 200) for command in wishes.checks) or "none",
        "Protected": ", ".join(
            [*(quoted(pattern, 100) for pattern in wishes.protect), "workflows, code owners, this file"]
        ),
    }
    table = "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())])
    source = f"There is no `{PATH}` that wishes anything else" if wishes == NO_WISHES else f"From `{PATH}`"
    return f"{table}\n\n{source}, within what the operator of this bot allows."


def _reviewers(wishes: Wishes) -> str:
    named = wishes.pull_request.reviewers
    return "whoever asks" if named is None else ", ".join(quoted(one, 60) for one in named) or "nobody"


def _network(wishes: Wishes) -> str:
    if wishes.network is None:
        return "what the operator lets everybody to"
    return ", ".join(f"`{name}`" for name in wishes.network) or "none"


def _at_most(files: int | None, lines: int | None) -> str:
    found = [f"{count:,} {what}" for count, what in ((files, "files"), (lines, "lines")) if count]
    return ", ".join(found) or "what the operator allows"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    """A sentence within a table's row."""
    return prose(" ".join(text.split()), 200).replace("|", "∣").replace("\n", " ")


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
