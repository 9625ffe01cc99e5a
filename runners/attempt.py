"""One worker's try at a run: what it holds, and how it tells of its steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.database import Connection, Row
from config.redaction import redact
from runners import claims, run_events, tasks
from runners.agents.adapter import AgentEvent
from runners.claims import Claim
from runners.context import Context
from runners.github_types import Where
from runners.patience import persistently


@dataclass(frozen=True)
class Attempt:
    """One try at a run: the claim, and the rows as they were when it began."""

    context: Context
    claim: Claim
    run: Row[Any]
    task: Row[Any]

    @property
    def where(self) -> Where:
        """The repository as GitHub is asked about it."""
        return tasks.where_of(self.task)

    @property
    def name(self) -> str:
        """Unique to this attempt, for its folders and its sandbox."""
        return f"{self.claim.run_id}-{self.claim.fence}"

    def hold(self, connection: Connection) -> None:
        """Raises LeaseLost unless the run is still this attempt's until the transaction ends."""
        claims.hold(connection, self.claim)

    def step(self, said: str) -> None:
        """Tells the run page, and the comment at its next edit, what is being done."""
        persistently(lambda: self.tell([AgentEvent("step", {"text": said})]))

    def clean(self, text: str) -> str:
        """The text without any secret of this deployment, or anything that looks like one of somebody's."""
        return redact(text, self.context.secrets)

    def holds_secret(self, text: str) -> bool:
        """Whether anything in the text is a secret, or looks like one."""
        return self.clean(text) != text

    def tell(self, events: list[AgentEvent]) -> None:
        """Adds events to the run's log, without secrets. Raises LeaseLost."""
        events = [
            AgentEvent(event.kind, {key: self._clean_value(item) for key, item in event.data.items()})
            for event in events
        ]
        with self.context.database.write() as connection:
            run_events.append(connection, self.claim, events)

    def _clean_value(self, value: Any) -> Any:
        return self.clean(value) if isinstance(value, str) else value

    def note(self, **values: Any) -> None:
        """Writes what was found out into the run's row; to do so twice does no harm. Raises LeaseLost."""
        persistently(lambda: self._note(values))

    def _note(self, values: Mapping[str, Any]) -> None:
        with self.context.database.write() as connection:
            claims.note(connection, self.claim, **values)
