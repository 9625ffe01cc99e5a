"""Who would do a command, with which models, and why somebody could not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from config.catalogue import default_model
from handlers import replies
from handlers.grammar import Command, Flags
from handlers.policy import STARTS_A_RUN
from handlers.standing import Standing
from runners import runs, tasks
from runners.agents import AGENTS, agent_for
from runners.agents.adapter import Agent, Brief

MOST_COMPARED = 3  # where nobody names them


@dataclass(frozen=True)
class Crew(Standing):
    """The agents of a command, as things stand."""

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
