"""The operator's commands beside the real processes of a stack that is up."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.operating.draining import SAFE
from config.accounts import accounts
from runners.runs import runs
from runners.states import RunState
from runners.tasks import tasks
from tests.integration.stage import Stage, set_stage

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with set_stage(tmp_path_factory.mktemp("stage")) as running:
        running.until(lambda: known(running), "the account, which the installation tells of")
        yield running


def known(stage: Stage) -> bool:
    """Whether there is an account: whatever test comes first may speak of it."""
    with stage.database.read() as connection:
        return connection.execute(select(accounts.c.id)).first() is not None


def operate(stage: Stage, *words: str) -> str:
    """What the command prints; its status must be 0."""
    argv = [sys.executable, "-m", "bot", *words]
    done = subprocess.run(
        argv, cwd=ROOT, env={**os.environ, **stage.variables}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def backlog(stage: Stage) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(operate(stage, "queue", "show", "--json"))
    return found


def test_paused_and_resumed_while_the_stack_is_up(stage: Stage) -> None:
    stage.await_pull_request(stage.comment())
    assert operate(stage, "queue", "drain").endswith(f"{SAFE}\n")
    number = stage.comment()
    said = stage.until(lambda: stage.status_comments(number), "a comment that acknowledges")
    assert "The operator of this bot has paused it" in said[0]
    assert [row["place"] for row in backlog(stage)["waiting"]["rows"]] == [f"octo/app#{number}"]
    assert stage.states(number) == {RunState.QUEUED}
    operate(stage, "resume")
    stage.await_pull_request(number)


def test_a_dead_run_is_done_after_all(stage: Stage) -> None:
    operate(stage, "pause", "octo")
    number = stage.comment()
    (run,) = stage.until(lambda: stage.runs(number), "a run")
    with stage.database.write() as connection:
        died = {"state": "dead", "finished_at": run.created_at}  # lately: what died long ago has no words any more
        connection.execute(update(runs).where(runs.c.id == run.id).values(**died))
        connection.execute(update(tasks).where(tasks.c.id == run.task_id).values(**died))
    operate(stage, "resume", "octo")
    assert [row["run"] for row in backlog(stage)["dead"]["runs"]["rows"]] == [run.id]
    assert operate(stage, "queue", "requeue", "--dead").startswith(f"{run.id}: queued again")
    stage.await_pull_request(number)
    assert backlog(stage)["dead"]["runs"]["count"] == 0
