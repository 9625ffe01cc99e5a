"""How things stand where a command was said: what GitHub told of it, and what is at work, waits or was done here."""

from dataclasses import dataclass
from typing import Any

from config.database import Connection
from config.repository_file import NO_WISHES, Wishes
from handlers.events import Spoken
from handlers.grammar import Command
from runners import runs, tasks
from runners.context import Context
from runners.github_types import Pull, Role
from runners.states import RunState, TaskState, pickable
from runners.tasks import Place
from runners.wording.plans import plan_id


@dataclass(frozen=True)
class Scene:
    """What GitHub said about a text's sender and place, asked before the transaction."""

    role: Role
    pull: Pull | None
    asked: bool = True  # False: a stranger of a few minutes ago, remembered
    wishes: Wishes = NO_WISHES
    bad_file: str = ""  # why the repository's file says nothing
    team: str | None = None  # that lets the sender have it work, where nothing else does


@dataclass(frozen=True)
class Standing:
    """As it is inside the transaction that decides; `about` is the task that is meant, None: all that are here."""

    context: Context
    connection: Connection
    event: Spoken
    scene: Scene
    account_id: int
    about: str | None = None

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

    def published(self) -> Any:
        """The newest run of ours that published on this pull request, if one did."""
        place = self.place()
        return runs.published_on(self.connection, place.host, place.repository_id, place.number)

    def held(self) -> Any:
        """The same, if CI waits on what it published."""
        run = self.published()
        return run if run is not None and run.held and not run.released_by else None

    def compared(self) -> dict[int, Any]:
        """Runs of the newest comparison here by their numbers, as far as one of them can be picked."""
        task = next((task for task in self.here() if task.verb == "compare"), None)
        compared = runs.of_round(self.connection, task.id, task.round) if task else ()
        numbers = pickable([(RunState(run.state), bool(run.picked_by)) for run in compared])
        return {number: compared[number - 1] for number in numbers}

    def is_picking(self) -> bool:
        """Whether the pull request of a compared run is being opened here."""
        newest = (runs.of_round(self.connection, task.id, task.round) for task in self.here() if task.verb == "compare")
        return any(run.picked_by and not run.pull_request for compared in newest for run in compared)

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
