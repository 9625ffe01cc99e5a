"""What policy must know of a command, as it stands inside the transaction that decides."""

from dataclasses import dataclass

from config.database import Connection, now
from handlers import commands
from handlers.crew import Crew
from handlers.grammar import Command
from handlers.policy import DAY, HOUR, STARTS_A_RUN, Facts, Here, Spent
from runners import runs, tasks
from runners.states import TaskState
from runners.wording.plans import plan_id


@dataclass(frozen=True)
class Informed(Crew):
    """Knows the facts."""

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
            unasked=self.unasked(),
            is_ours=command.verb == "revise" and self.published() is not None,
            ci_held=command.verb == "release" and self.held() is not None,
            bad_file=self.scene.bad_file,
            not_among=self.not_among(),
        )

    def not_among(self) -> str:
        """Whom the repository's file lets have it work, if the sender is none of them."""
        allow, scene = self.scene.wishes.allow, self.scene
        may = scene.team is not None or allow.names(scene.role.name.lower(), self.event.sender.login)
        named = [*allow.all_roles, *allow.users, *(f"the team {team}" for team in allow.teams)]
        return "" if may else ", ".join(named) or "nobody"

    def unasked(self) -> int:
        """How often CI's failing began something here, if that is what happened."""
        place, kind = self.place(), self.event.kind
        if kind != "ci":
            return 0
        return commands.allowed_at(self.connection, place.host, place.repository_id, kind, place.number)

    def on_this(self) -> Here:
        """What ran in the last hour on this issue or pull request: more than so many look like a loop."""
        most, place = self.context.settings.runs_per_issue, self.place()
        since = now(self.connection) - HOUR
        started = runs.started_at_place(self.connection, place.host, place.repository_id, place.number, since)
        return Here(len(started), most, started[most - 1] + HOUR if len(started) >= most else None)


def spent(connection: Connection, account_id: int) -> Spent:
    """What the account used of its quota."""
    at = now(connection)
    hour, oldest_of_hour = runs.used(connection, account_id, at - HOUR)
    day, oldest_of_day = runs.used(connection, account_id, at - DAY)
    return Spent(hour, day, oldest_of_hour, oldest_of_day)
