"""From a comment to a pull request through the real processes, and the same once where it was asked for ten times."""

from collections.abc import Iterator

import pytest

from bot.canary import heard
from config import marks
from runners.queues import POOLS
from tests.integration.stage import ONE_OF_EACH, Stage, set_stage
from tests.postgres import fresh_postgres
from tests.world import REPO


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    given = {"CANARY_SECONDS": "1"}
    if request.param == "postgres":
        given["DATABASE_URL"] = fresh_postgres(request.getfixturevalue("postgres_url"))
    with set_stage(tmp_path_factory.mktemp("stage"), given) as running:
        yield running


def test_a_comment_becomes_a_pull_request(stage: Stage) -> None:
    number = stage.comment()
    pull = stage.await_pull_request(number)
    assert stage.hub.file_at(REPO, pull.head, "app.py") == "def add(a, b):\n    return a + b\n"
    assert stage.counts(number) == ONE_OF_EACH
    assert "Done" in stage.status_comments(number)[0]


def test_a_delivery_sent_eleven_times_is_one_pull_request(stage: Stage) -> None:
    number = stage.comment()
    for _ in range(10):
        stage.redeliver(number)
    stage.await_pull_request(number)
    assert stage.hub.settle(30)
    assert stage.counts(number) == ONE_OF_EACH


def test_a_canary_comes_through_every_queue(stage: Stage) -> None:
    def silent() -> list[str]:
        with stage.database.read() as connection:
            return [queue for pool in POOLS.values() for queue in pool if not marks.get(connection, heard(queue))]

    stage.until(lambda: not silent(), "a canary of each queue")
