"""One command of a text: the verdict, and what it comes to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from config.accounts import is_paused
from config.database import now
from handlers import commands, replies
from handlers.facts import Informed, spent
from handlers.grammar import Command, Mistake
from handlers.inbox import Taken
from handlers.policy import Verdict, decide
from runners import moves, outbox, runs, tasks
from runners.agents import AGENTS
from runners.agents.adapter import Agent
from runners.github_types import Role
from runners.queues import CLAUDE_FLOW, DOCKER
from runners.tasks import Wanted

SEEN, DONE, NOT_DONE = "eyes", "+1", "confused"


@dataclass(frozen=True)
class Answer:
    """What a command comes to for people: a reaction, a comment or the task whose comment tells."""

    reaction: str | None = None
    comment: str | None = None
    task_id: str | None = None


@dataclass(frozen=True)
class Decision(Informed):
    """One command of a text, decided and done inside the transaction that marks its delivery done."""

    def answer(self, item: Command | Mistake) -> tuple[Verdict, Answer]:
        """The verdict on a command, and what it came to."""
        if not self.scene.asked:
            return Verdict(False, "stranger_remembered"), Answer()
        if isinstance(item, Mistake):
            if self.scene.role < Role.TRIAGE:
                return Verdict(False, "stranger"), Answer(NOT_DONE)
            return Verdict(False, "mistake", detail=item.sentence), Answer(NOT_DONE, replies.mistake(item))
        if item.verb == "implement" and len(item.flags.agents) > 1:
            item = replace(item, verb="compare")
        verdict = decide(item, self.facts(item))
        if not verdict.allowed:
            said = None if verdict.rule == "stranger" else replies.refusal(item, verdict, now(self.connection))
            return verdict, Answer(NOT_DONE, said)
        return verdict, VERBS_DONE[item.verb](self, item)

    def record(self, taken: Taken, item: Command | Mistake, verdict: Verdict, answer: Answer) -> int | None:
        """Keeps the command; its row's id, None where another delivery was first."""
        event = self.event
        return commands.record(
            self.connection,
            **commands.origin(self.context.settings.host_name, taken.guid, event, event.kind),
            ordinal=item.ordinal,
            verb=item.verb if isinstance(item, Command) else "",
            allowed=verdict.allowed,
            rule=verdict.rule,
            verdict=vars(verdict),
            task_id=answer.task_id,
            reaction=answer.reaction,
            answer=answer.comment,
        )

    def start(self, command: Command) -> Answer:
        """A new task with one run; it starts when the account has a slot and the place is free."""
        place, event = self.place(), self.event
        key = (place.host, place.repository_id, event.kind, event.source_id, command.ordinal)
        task_id = tasks.id_of("t", *key, secret=self.context.settings.webhook_secrets[-1])
        tasks.open_task(self.connection, task_id, place, self.wanted(command), now(self.connection))
        self.add_runs(task_id, [(agent, self.model(command, agent)) for agent in self.crew(command)])
        return Answer(SEEN, task_id=task_id)

    def once_more(self, command: Command) -> Answer:
        """A new run of the task that it means; one whose plan is approved goes by that from now on."""
        task = self.again(command)
        crew = [(agent, self.model(command, agent)) for agent in self.crew(command)]
        given = {name: value for name, value in command.flags.as_json().items() if value}
        head_sha = self.scene.pull.head_sha if self.scene.pull else None
        tasks.next_round(self.connection, task.id, task.flags | given, self.bounds(), head_sha)
        if command.verb == "approve":
            tasks.approve(self.connection, task.id, self.event.sender.login)
        self.add_runs(task.id, crew)
        return Answer(SEEN, task_id=task.id)

    def add_runs(self, task_id: str, crew: Sequence[tuple[str, str | None]]) -> None:
        """A run of each agent with its model, waiting; and the status comment."""
        task = tasks.get(self.connection, task_id)
        asked_by = (self.event.sender.id, self.event.sender.login)
        outbox.want(self.connection, "status", task_id)
        for agent, model in crew:
            queue = CLAUDE_FLOW if agent == "claude-flow" else DOCKER
            run_id = runs.add(self.connection, task, asked_by, agent=agent, model=model, queue=queue)
            if task.head_sha:  # a pull request's head shows the run from the start
                outbox.want(self.connection, "check", run_id)

    def cancel(self, _command: Command) -> Answer:
        """Marks every task here that the sender may stop; what runs is stopped by its worker."""
        sender, may_all = self.event.sender, self.scene.role >= Role.WRITE
        theirs = [task for task in self.unfinished() if may_all or task.requester_id == sender.id]
        stopped = [task.id for task in theirs if moves.cancel(self.connection, task.id, sender.login)]
        return Answer(DONE, task_id=stopped[0] if stopped else None)

    def status(self, _command: Command) -> Answer:
        """Tasks here, and what is left of the quota."""
        lines = [
            replies.TaskLine(task.verb, task.state, task.requester, [run.agent for run in newest], newest[-1].detail)
            for task in self.here()
            for newest in [runs.of_round(self.connection, task.id, task.round)]
        ]
        settings = self.context.settings
        used = spent(self.connection, self.account_id)
        working = runs.at_work(self.connection, self.account_id)
        paused = is_paused(self.connection, self.account_id)
        login = self.event.repository.owner.login
        return Answer(SEEN, replies.status(lines, login, settings.limits, used, working, paused=paused))

    def help(self, _command: Command) -> Answer:
        """What can be asked for, here."""
        return Answer(SEEN, replies.help_text(self.agents_here(), self.default_agent()))

    def agents(self, _command: Command) -> Answer:
        """Who can work here."""
        return Answer(SEEN, replies.agents_text(self.agents_here(), self.default_agent(), self.context.settings.offers))

    def agents_here(self) -> list[Agent]:
        """Those that the repository lists, in its order, else all."""
        listed = self.scene.wishes.agents
        return [AGENTS[name] for name in listed if name in AGENTS] if listed else list(AGENTS.values())

    def config(self, _command: Command) -> Answer:
        """What counts here: the repository's file within the operator's limits."""
        if self.scene.bad_file:
            return Answer(NOT_DONE, replies.bad_file(self.scene.bad_file))
        settings = self.context.settings
        return Answer(
            SEEN,
            replies.config_text(
                self.scene.wishes,
                agent=self.default_agent(),
                base=self.event.repository.default_branch,
                minutes=settings.run_minutes,
                budget_usd=settings.run_budget_usd,
            ),
        )

    def pick(self, command: Command) -> Answer:
        """Has the pull request of a compared run opened, and the branches of the others removed."""
        run = self.compared()[int(command.text)]
        moves.pick(self.connection, run.id, self.event.sender.login)
        return Answer(DONE, task_id=run.task_id)

    def release(self, _command: Command) -> Answer:
        """Lets the CI run that waits."""
        run = self.held()
        moves.release(self.connection, run.id, self.event.sender.login)
        return Answer(DONE, replies.released())

    def bounds(self) -> dict[str, Any]:
        """What holds for a run: the repository's wishes, and the team that let the sender ask, if one did."""
        return self.scene.wishes.bounds | ({"team": self.scene.team} if self.scene.team else {})

    def wanted(self, command: Command) -> Wanted:
        """The task that the command asks for, as the webhook told it."""
        event, pull, wishes = self.event, self.scene.pull, self.scene.wishes
        draft = wishes.pull_request.draft if command.flags.draft is None else command.flags.draft
        wanted = Wanted(
            verb=command.verb,
            text=command.text,
            flags=command.flags.as_json() | {"draft": draft},
            bounds=self.bounds(),
            title=event.title,
            body=event.body,
            base_ref=command.flags.base or wishes.base or event.repository.default_branch,
            requester_id=event.sender.id,
            requester=event.sender.login,
            spot=vars(event.spot) if event.spot else None,
            opener_id=event.opener.id if event.opener else None,
            opener=event.opener.login if event.opener else None,
            source=event.source,
        )
        if pull is None:
            return wanted
        wanted = replace(wanted, base_ref=pull.base_ref, head_ref=pull.head_ref, head_sha=pull.head_sha)
        if event.opener is None:  # a button: what it knows of is the task that the check run speaks of
            wanted = replace(wanted, title=pull.title, body=pull.body)
        return replace(wanted, opener_id=pull.opener_id, opener=pull.opener)


VERBS_DONE = {
    "implement": Decision.start,
    "compare": Decision.start,
    "pick": Decision.pick,
    "apply": Decision.start,
    "plan": Decision.start,
    "revise": Decision.start,
    "fix": Decision.start,
    "review": Decision.start,
    "retry": Decision.once_more,
    "approve": Decision.once_more,
    "release": Decision.release,
    "cancel": Decision.cancel,
    "status": Decision.status,
    "help": Decision.help,
    "agents": Decision.agents,
    "config": Decision.config,
}
