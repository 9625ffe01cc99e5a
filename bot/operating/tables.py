"""The backlog as an operator reads it in a terminal. Pure text; other people's words come without control marks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from runners.wording.cut import shortened
from runners.wording.hidden import bare
from runners.wording.status import duration

MOST_ROWS = 20  # of a section; the rest is counted
LONGEST_CELL = 90

PAUSED = "paused by the operator"

Row = Mapping[str, Any]

NOTHING = """Nothing waits, nothing is at work, nothing died.

A comment with a command becomes a delivery (decided within seconds), then a task with a run (queued until a slot of its
account is free, then at work), and duties: what is still to be told on GitHub. What fails for good stays here as a dead
letter, with its error, until `./async-code queue requeue` has it tried again."""


def shown(backlog: Mapping[str, Any]) -> str:
    """All of it: a headline, and a table for each part that is not empty."""
    dead = backlog["dead"]
    parts = [
        table("Deliveries not decided", backlog["deliveries"], DELIVERY),
        table("Tasks waiting", backlog["waiting"], TASK),
        table("Runs", backlog["runs"], RUN),
        table("Owed to GitHub", backlog["duties"], DUTY),
        table("Asked for again at GitHub", backlog["redeliveries"], REDELIVERY),
        table("Dead runs", dead["runs"], DEAD_RUN),
        table("Duties given up", dead["duties"], GIVEN_UP),
        table("Deliveries failed", dead["deliveries"], FAILED),
    ]
    full = [part for part in parts if part]
    lost = sum(section["count"] for section in dead.values())
    again = ["`./async-code queue requeue --dead`, or the ids, has dead letters tried again."] if lost else []
    return "\n\n".join([*pauses(backlog["paused"]), *(full or [NOTHING]), *again])


def pauses(paused: Mapping[str, Any]) -> list[str]:
    """That everything or some accounts are paused, if so."""
    said = []
    if paused["everything_for"] is not None:
        since = duration(paused["everything_for"])
        said.append(f"PAUSED for {since}: no run begins until `./async-code resume`. Commands are accepted and wait.")
    for login, seconds in paused["accounts"].items():
        said.append(f"`{login}` is paused for {duration(seconds)}: `./async-code resume {login}` ends that.")
    return said


def table(title: str, section: Mapping[str, Any], columns: Mapping[str, Callable[[Row], object]]) -> str:
    """A title with the count, and aligned columns; empty where there is nothing."""
    rows = section["rows"][:MOST_ROWS]
    if not rows:
        return ""
    cells = [list(columns), *([cell(value(row)) for value in columns.values()] for row in rows)]
    more = section["count"] - len(rows)
    rest = [f"  … and {more} more; --json lists them"] if more > 0 else []
    return "\n".join([f"{title} ({section['count']})", *aligned(cells), *rest])


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines whose columns stand below each other."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def cell(value: object) -> str:
    """One line of bounded length, or a dash."""
    text = "" if value is None else " ".join(bare(str(value)).split())
    printable = "".join(char if char.isprintable() else " " for char in text)
    return shortened(printable, LONGEST_CELL) or "—"


def why_delivery(row: Row) -> str:
    """What a delivery waits for."""
    if row["state"] == "deciding":
        return "being decided"
    return f"{row['error']}, again in {_in(row)}" if row["error"] else "not decided yet"


def why_duty(row: Row) -> str:
    """What a duty waits for."""
    if row["being_served"]:
        return "being done"
    due = f"in {_in(row)}" if row["next_in"] else "due now"
    return f"{due}: {row['error']}" if row["error"] else due


def why_run(row: Row) -> str:
    """What a run waits for, or who works on it."""
    if row["cancel_by"]:
        return f"being cancelled by {row['cancel_by']}"
    if row["holder_vanished"]:
        return f"its worker {row['holder']} fell silent"
    if row["state"] != "queued":
        return str(row["holder"])
    if row["paused"]:
        return PAUSED
    return "; ".join(_waits_for(row)) or "for a worker"


def _waits_for(row: Row) -> Iterable[str]:
    if row["next_in"]:
        yield f"again in {_in(row)}"
    if row["detail"]:
        yield row["detail"]
    counted = [f"{row[name]} {name}" for name in ("failures", "vanished", "postponed") if row[name]]
    if counted:
        yield ", ".join(counted)


def _in(row: Row) -> str:
    return duration(row["next_in"] or 0)


def _age(row: Row) -> str:
    return duration(row["age"])


Columns = Mapping[str, Callable[[Row], object]]

DELIVERY: Columns = {
    "delivery": lambda row: row["guid"],
    "event": lambda row: row["event"],
    "age": _age,
    "tries": lambda row: row["tries"],
    "why": why_delivery,
}
TASK: Columns = {
    "task": lambda row: row["task"],
    "on": lambda row: row["place"],
    "asked": lambda row: f"{row['verb']} by {row['requester']}",
    "age": _age,
    "why": lambda row: PAUSED if row["paused"] else "for a slot of its account, or a free place",
}
RUN: Columns = {
    "run": lambda row: row["run"],
    "state": lambda row: row["state"],
    "on": lambda row: row["place"],
    "agent": lambda row: row["agent"],
    "age": _age,
    "attempts": lambda row: row["attempts"],
    "held by, or waits": why_run,
}
DUTY: Columns = {
    "duty": lambda row: row["duty"],
    "age": _age,
    "tries": lambda row: row["tries"],
    "why": why_duty,
}
REDELIVERY: Columns = {
    "delivery": lambda row: row["guid"],
    "age": _age,
    "tries": lambda row: row["tries"],
    "next": lambda row: f"in {_in(row)}",
}
DEAD_RUN: Columns = {
    "run": lambda row: row["run"],
    "on": lambda row: row["place"],
    "agent": lambda row: row["agent"],
    "died": lambda row: f"{_age(row)} ago",
    "attempts": lambda row: row["attempts"],
    "error": lambda row: row["error"] or row["reason"],
}
GIVEN_UP: Columns = {
    "duty": lambda row: row["duty"],
    "age": _age,
    "tries": lambda row: row["tries"],
    "error": lambda row: row["error"],
}
FAILED: Columns = {
    "delivery": lambda row: row["guid"],
    "event": lambda row: row["event"],
    "age": _age,
    "tries": lambda row: row["tries"],
    "error": lambda row: row["error"],
}
