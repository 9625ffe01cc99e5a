"""How things stand for one command: what it means here, who could do it, and the facts that policy asks for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from config.catalogue import default_model
from config.database import Connection, now
from config.repository_file import NO_WISHES, Wishes
from handlers import replies
from handlers.events import Spoken
from handlers.grammar import Command, Flags
from handlers.policy import DAY, HOUR, STARTS_A_RUN, Facts, Here, Spent
from runners import runs, tasks
from runners.agents import AGENTS, agent_for
from runners.agents.adapter import Agent, Brief
from runners.context import Context
from runners.github_types import Pull, Role
from runners.states import RunState, TaskState, pickable
from runners.tasks import Place
from runners.wording.plans import plan_id

MOST_COMPARED = 3  # where nobody names them


@dataclass(frozen=True)
class Scene:
    """What GitHub said about a text's sender and place, asked before the transaction."""

    role: Role
    pull: Pull | None
    asked: bool = True  # False: a stranger of a few minutes ago, remembered
    wishes: Wishes = NO_WISHES
    bad_file: str = ""  # why the repository's file says nothing


@dataclass(frozen=True)
class Standing:
    """As it is inside the transaction that decides; `about` is the task that is meant, None: all that are here."""

    context: Context
    connection: Connection
    event: Spoken
    scene: Scene
    account_id: int
    about: str | None = None

    def facts(self, command: Command) -> Facts:
        """What policy must know, as it stands in this transaction."""
        settings, event, pull = self.context.settings, self.event, self.scene.pull
        here, unfinished, planned = self.here(), self.unfinished(), self.planned()
        login = event.repository.owner.login
        return Facts(
            role=self.scene.role,
            account=login,
            account_allowed=bool(settings.accounts_allowed & {"*", login.lower()}),
            is_pull_request=event.is_pull_request,
            from_fork=pull is not None and pull.head_repository_id != event.repository.id,
            reads_only=self.work(command) in tasks.READING,
            pull_request_open=pull is not None and pull.state == "open",
            agent_missing=self.agent_missing(command),
            agents=len(self.crew(command)) if command.verb in STARTS_A_RUN else 0,
            pickable=tuple(self.compared()) if command.verb == "pick" else (),
            has_task=bool(here),
            has_live_task=self.is_picking() or any(task.state != TaskState.AWAITING_APPROVAL for task in unfinished),
            plan_ids=tuple(plan_id(task.plan) for task in planned),
            has_unfinished=bool(unfinished),
            task_forgotten=bool(here) and tasks.is_forgotten(here[0]),
            is_requester=any(task.requester_id == event.sender.id for task in unfinished),
            limits=settings.limits,
            spent=spent(self.connection, self.account_id),
            on_this=self.on_this(),
            is_ours=command.verb == "revise" and self.published() is not None,
            ci_held=command.verb == "release" and self.held() is not None,
            bad_file=self.scene.bad_file,
            not_among=self.not_among(),
        )

    def published(self) -> Any:
        """The newest run of ours that published on this pull request, if one did."""
        place = self.place()
        return runs.published_on(self.connection, place.host, place.repository_id, place.number)

    def held(self) -> Any:
        """The same, if CI waits on what it published."""
        run = self.published()
        return run if run is not None and run.held and not run.released_by else None

    def not_among(self) -> str:
        """Whom the repository's file lets have it work, if the sender is none of them."""
        allow = self.scene.wishes.allow
        may = allow.names(self.scene.role.name.lower(), self.event.sender.login)
        return "" if may else ", ".join([*allow.all_roles, *allow.users]) or "nobody"

    def on_this(self) -> Here:
        """What ran in the last hour on this issue or pull request: more than so many look like a loop."""
        most, place = self.context.settings.runs_per_issue, self.place()
        since = now(self.connection) - HOUR
        started = runs.started_at_place(self.connection, place.host, place.repository_id, place.number, since)
        return Here(len(started), most, started[most - 1] + HOUR if len(started) >= most else None)

    def here(self) -> Any:
        """Tasks on this issue or pull request, the newest first."""
        if self.about:
            return [tasks.get(self.connection, self.about)]
        return tasks.at_place(
            self.connection, self.context.settings.host_name, self.event.repository.id, self.event.number
        )

    def unfinished(self) -> Any:
        """Every task here that waits or is at work."""
        place = self.place()
        found = tasks.unfinished_at(self.connection, place.host, place.repository_id, place.number)
        return [task for task in found if self.about in (None, task.id)]

    def planned(self) -> Any:
        """Tasks here whose plan waits for approval, the newest first."""
        return [task for task in self.here() if task.state == TaskState.AWAITING_APPROVAL and task.plan]

    def again(self, command: Command) -> Any:
        """The task that the command does once more, if there is one: that of the plan, or the newest here."""
        if command.verb == "approve":
            named = command.text.strip().lower()
            return next((task for task in self.planned() if plan_id(task.plan) == named), None)
        return next(iter(self.here()), None) if command.verb == "retry" else None

    def agent_missing(self, command: Command) -> str | None:
        """Why the command's agents can't do it; None where they can, or none is needed."""
        if command.verb not in STARTS_A_RUN or (command.verb in ("retry", "approve") and not self.again(command)):
            return None
        names, compared = self.crew(command), self.is_comparison(command)
        if len(names) > 1 and not compared:
            return replies.one_agent(command.verb)
        if compared and len(names) < 2:
            return replies.two_agents()
        if len(names) > 1 and command.flags.model:
            return replies.own_models()
        return next(filter(None, (self._missing(command, name) for name in names)), None)

    def _missing(self, command: Command, name: str) -> str | None:
        agent = AGENTS.get(name)
        if agent is None:
            return replies.unknown_agent(name, sorted(AGENTS))
        listed = self.scene.wishes.agents
        if listed and name not in listed and command.verb != "apply":
            return replies.agent_not_listed(name, listed)
        idle = unenforced(command.flags, agent, self.event.is_pull_request)
        if idle:
            return replies.no_use(idle, name)
        if agent.wire and not self.context.settings.offers(agent.wire):
            return replies.no_key(name)
        brief = self.brief(command, name)
        wordless = brief.verb in tasks.READING and not agent.has_words
        return replies.no_words(name, brief.verb) if wordless else agent.missing(brief)

    def is_comparison(self, command: Command) -> bool:
        """Whether several agents are to do the same."""
        task = self.again(command)
        return (task.verb if task else command.verb) == "compare"

    def crew(self, command: Command) -> Sequence[str]:
        """Those that were named, or those that this verb means."""
        if command.flags.agents:
            return command.flags.agents
        task = self.again(command)
        if task:
            return self.worked_before(task)
        if command.verb == "compare":
            return self.scene.wishes.agents[:MOST_COMPARED]
        return [agent_for(command.verb, self.default_agent())]

    def worked_before(self, task: Any) -> Sequence[str]:
        """The agents of the task's newest round."""
        return [str(run.agent) for run in runs.of_round(self.connection, task.id, task.round)]

    def is_picking(self) -> bool:
        """Whether the pull request of a compared run is being opened here."""
        newest = (runs.of_round(self.connection, task.id, task.round) for task in self.here() if task.verb == "compare")
        return any(run.picked_by and not run.pull_request for compared in newest for run in compared)

    def compared(self) -> dict[int, Any]:
        """Runs of the newest comparison here by their numbers, as far as one of them can be picked."""
        task = next((task for task in self.here() if task.verb == "compare"), None)
        compared = runs.of_round(self.connection, task.id, task.round) if task else ()
        numbers = pickable([(RunState(run.state), bool(run.picked_by)) for run in compared])
        return {number: compared[number - 1] for number in numbers}

    def default_agent(self) -> str:
        """The repository's first choice, else the operator's."""
        return next(iter(self.scene.wishes.agents), self.context.settings.default_agent)

    def model(self, command: Command, agent: str) -> str | None:
        """The model that was named, or the repository's choice, or the agent's own; None where it needs none."""
        task = self.again(command)
        before = task.flags if task and agent in self.worked_before(task) else {}
        cheap = command.flags.cheap or bool(before.get("cheap"))
        own = default_model(agent, cheap=cheap)
        chosen = self.scene.wishes.model.get(agent) if own and not cheap else None
        return command.flags.model or before.get("model") or chosen or own

    def brief(self, command: Command, agent: str) -> Brief:
        """What the agent would be given: the command's own text or, where a task is done again, that of the task."""
        asked, task = Brief(command.verb, command.text, self.event.title, self.event.body), self.again(command)
        if task:
            asked = Brief(self.work(command), task.text, task.title, task.body)
        return replace(asked, model=self.model(command, agent), argv=self.context.settings.agent_argv)

    def work(self, command: Command) -> str:
        """The verb that an agent would be given."""
        task = self.again(command)
        if command.verb in ("approve", "compare"):
            return "implement"
        return tasks.work_of(task) if task else command.verb

    def place(self) -> Place:
        """Where a task of this text would live."""
        event = self.event
        return Place(
            self.context.settings.host_name,
            self.account_id,
            event.installation_id,
            event.repository.id,
            event.repository.full_name,
            event.number,
            event.is_pull_request,
        )


def unenforced(flags: Flags, agent: Agent, on_pull_request: bool) -> str | None:
    """A flag that was given and that nothing here would obey."""
    given = {
        "--model": bool(flags.model) and agent.wire is None,
        "--budget": flags.budget_usd is not None and agent.wire is None,
        "--cheap": flags.cheap and agent.wire is None,
        "--base": flags.base is not None and on_pull_request,
        "--draft": flags.draft is not None and on_pull_request,
    }
    return next((name for name, idle in given.items() if idle), None)


def spent(connection: Connection, account_id: int) -> Spent:
    """What the account used of its quota."""
    at = now(connection)
    hour, oldest_of_hour = runs.used(connection, account_id, at - HOUR)
    day, oldest_of_day = runs.used(connection, account_id, at - DAY)
    return Spent(hour, day, oldest_of_hour, oldest_of_day)
