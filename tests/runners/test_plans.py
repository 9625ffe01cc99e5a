"""What is asked all the time is answered by an index, on both databases: a deployment may grow."""

import json
from typing import Any

import pytest
from sqlalchemy import event, text

from config.database import Connection, Database
from tests.growth import OPERATIONS, grow

BOUNDED = (
    "ix_deliveries_open",  # holds nothing but what is to be decided
    "ix_tasks_waiting",  # holds nothing but what waits
    "ix_runs_created",  # read from its end, and left after a page
)


def plan(connection: Connection, statement: str, values: Any) -> str:
    """How the database would find the rows, in its own words."""
    if connection.dialect.name == "sqlite":
        return "\n".join(row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values))
    return json.dumps(connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values).scalar_one())


def scans(connection: Connection, shown: str) -> bool:
    """Whether a whole table would be read."""
    if connection.dialect.name != "sqlite":
        return "Seq Scan" in shown
    read = [line for line in shown.splitlines() if line.startswith("SCAN") and "CONSTANT" not in line]
    return any(not line.endswith(BOUNDED) for line in read)


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_table_is_read_whole(database: Database, name: str) -> None:
    asked: list[tuple[str, Any]] = []

    with database.write() as connection:
        sample = grow(connection, 50, 5)
        if not database.is_sqlite:
            connection.execute(text("SET LOCAL enable_seqscan = off"))  # so small a table is read whole else

        def listen(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
            asked.append((statement, values))

        event.listen(connection, "before_cursor_execute", listen)
        OPERATIONS[name](connection, sample)
        event.remove(connection, "before_cursor_execute", listen)
        plans = {statement: plan(connection, statement, values) for statement, values in asked}
        bad = {statement: shown for statement, shown in plans.items() if scans(connection, shown)}
    assert asked
    assert not bad, "\n\n".join(f"{statement}\n{shown}" for statement, shown in bad.items())
