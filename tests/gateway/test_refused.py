"""What is refused is counted to the last, in few writes."""

import asyncio
from collections import Counter
from collections.abc import Mapping

import pytest

from runners.gateway.refused import MOST_RUNS, Asked, Refused
from runners.refused_hosts import MOST_HOSTS, OTHERS


class Table:
    """What was written; while `away` it takes nothing."""

    def __init__(self) -> None:
        self.counts: Counter[Asked] = Counter()
        self.writes, self.away = 0, False

    def write(self, owed: Mapping[Asked, int]) -> None:
        if self.away:
            raise OSError("away")
        self.writes += 1
        self.counts.update(owed)


def test_a_host_is_news_once_and_counted_after_that() -> None:
    async def test() -> None:
        table = Table()
        refused = Refused(table.write)
        assert [await refused.add("r1", "a:443") for _ in range(1000)] == [True, *[False] * 999]
        assert table.writes == 1
        await refused.flush()
        await refused.flush()
        assert (table.counts, table.writes) == ({("r1", "a:443"): 1000}, 2)

    asyncio.run(test())


def test_hosts_without_number_are_not_all_news() -> None:
    async def test() -> None:
        table = Table()
        refused = Refused(table.write)
        for number in range(5 * MOST_HOSTS):
            await refused.add("r1", f"{number}.example:443")
        assert table.writes == MOST_HOSTS
        await refused.flush()
        assert table.counts["r1", OTHERS] == 4 * MOST_HOSTS
        assert sum(table.counts.values()) == 5 * MOST_HOSTS

    asyncio.run(test())


def test_runs_without_number_are_not_all_remembered() -> None:
    async def test() -> None:
        table = Table()
        refused = Refused(table.write)
        for number in range(MOST_RUNS + 2):
            await refused.add(f"r{number}", "a:443")
        assert len(refused._known) < MOST_RUNS
        assert sum(table.counts.values()) == MOST_RUNS + 2

    asyncio.run(test())


def test_what_could_not_be_written_is_owed_still() -> None:
    async def test() -> None:
        table = Table()
        refused = Refused(table.write)
        table.away = True
        with pytest.raises(OSError, match="away"):
            await refused.add("r1", "a:443")
        table.away = False
        await refused.add("r1", "a:443")
        await refused.flush()
        assert table.counts == {("r1", "a:443"): 2}

    asyncio.run(test())
