"""The rows, loaded in turn, and the tables that are printed."""

import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from webhooks import bot, peers
from webhooks.delivery import CHAT, COMMAND, headers, payload
from webhooks.load import CONNECTIONS, Load, Result, flat_out, paced, wrk
from webhooks.postgres import postgres, why_none
from webhooks.servers import Server, limit

WARM_UP_SECONDS = 1
LIMIT, PROBOT, GIDGETHUB = "limit: Starlette, signature only", "Probot 14, in memory", "gidgethub + aiohttp, in memory"
UNWANTED, SQLITE, POSTGRES = (
    "ours, no command in it",
    "ours, durable commands, SQLite",
    "ours, durable commands, Postgres",
)


@dataclass
class Row:
    """One server with one kind of delivery, and how it did in each round."""

    name: str
    server: Server
    load: Load
    results: list[Result] = field(default_factory=list)
    cpu_microseconds: list[float] = field(default_factory=list)  # of the server, an answer

    def measure(self, seconds: int, folder: Path) -> None:
        """Loads it once more."""
        before = self.server.cpu_seconds
        result = flat_out(self.load, seconds, folder)
        self.results.append(result)
        self.cpu_microseconds.append((self.server.cpu_seconds - before) / (result.rate * seconds) * 1e6)

    @property
    def middle(self) -> Result:
        """The round with the median rate."""
        return sorted(self.results, key=lambda result: result.rate)[len(self.results) // 2]

    @property
    def longest(self) -> float:
        """The longest that any answer of any round took, in milliseconds."""
        return max(result.longest for result in self.results)


def run(seconds: int, rounds: int, words: Sequence[str]) -> None:
    """Measures and prints."""
    if wrk() is None:
        sys.exit("wrk is not on PATH, and without it nothing is measured; apt-get install wrk")
    with tempfile.TemporaryDirectory(prefix="async-code-benchmark-") as name, ExitStack() as alive:
        folder = Path(name)
        rows = list(_rows(folder, alive, lambda row: not words or any(word.lower() in row.lower() for word in words)))
        for row in rows:
            flat_out(row.load, WARM_UP_SECONDS, folder)
        for _ in range(rounds):
            for row in rows:
                row.measure(seconds, folder)
        show_rates(rows)
        show_half_load(rows, seconds, folder)
        show_memory(rows, bot.stack_megabytes(folder / "stack", bot.private_key()))


def _rows(folder: Path, alive: ExitStack, wanted: Callable[[str], bool]) -> Iterator[Row]:
    key, chat, command = bot.private_key(), payload(CHAT), payload(COMMAND)

    def row(name: str, server: Server, body: bytes, expected: int) -> Row:
        return Row(name, server, Load(server.url, body, headers(body), expected))

    if wanted(LIMIT):
        yield row(LIMIT, alive.enter_context(limit(folder)), chat, 200)
    if wanted(PROBOT) and _there("Probot", peers.why_no_probot()):
        yield row(PROBOT, alive.enter_context(peers.probot(folder, key)), command, 200)
    if wanted(GIDGETHUB):
        yield row(GIDGETHUB, alive.enter_context(peers.gidgethub(folder)), command, 200)
    socket = alive.enter_context(bot.broker(folder / "sqlite"))
    if wanted(UNWANTED) or wanted(SQLITE):
        server = alive.enter_context(bot.web(folder / "sqlite", bot.settings_of(folder / "sqlite", key)))
        if wanted(UNWANTED):
            yield row(UNWANTED, server, chat, 200)
        if wanted(SQLITE):
            yield row(SQLITE, server, command, 202)
    if wanted(POSTGRES) and _there("Postgres", why_none()):
        (folder / "web").mkdir()
        address = alive.enter_context(postgres(folder))
        elsewhere = {"DATABASE_URL": address, "REDIS_URL": f"unix://{socket}"}
        settings = bot.settings_of(folder / "web", key) | elsewhere
        yield row(POSTGRES, alive.enter_context(bot.web(folder / "web", settings)), command, 202)


def _there(what: str, why_not: str | None) -> bool:
    if why_not:
        print(f"*** NOT MEASURED: {what}. {why_not} ***", flush=True)
    return why_not is None


def show_rates(rows: Sequence[Row]) -> None:
    """As fast as it goes, with ratios to the limit and to Probot."""
    print(f"\n{CONNECTIONS} connections, flat out; ms from the median round, the longest of all rounds")
    print(
        f"{'':<34}{'req/s':>8}{'× limit':>9}{'× Probot':>10}{'p50':>8}{'p99':>8}{'longest':>9}{'wrong':>7}{'CPU µs':>8}"
    )
    rates = {row.name: row.middle.rate for row in rows}
    for row in rows:
        got = row.middle
        ratios = "".join(
            f"{got.rate / rates[name]:>{width}.2f}" if name in rates else f"{'-':>{width}}"
            for name, width in ((LIMIT, 9), (PROBOT, 10))
        )
        wrong = sum(result.wrong for result in row.results)
        print(
            f"{row.name:<34}{got.rate:>8.0f}{ratios}{got.p50:>8.1f}{got.p99:>8.1f}{row.longest:>9.1f}{wrong:>7}{statistics.median(row.cpu_microseconds):>8.0f}"
        )


def show_half_load(rows: Sequence[Row], seconds: int, folder: Path) -> None:
    """At about half of what it could take."""
    print("\nabout half of that: more connections, each pausing 0 to 20 ms between two deliveries")
    print(f"{'':<34}{'req/s':>8}{'of full':>9}{'':>10}{'p50':>8}{'p99':>8}{'longest':>9}{'wrong':>7}")
    for row in rows:
        full = row.middle.rate
        got = paced(row.load, full / 2, seconds, folder)
        part = got.rate / full
        tail = f"{got.p50:>8.1f}{got.p99:>8.1f}{got.longest:>9.1f}{got.wrong:>7}"
        print(f"{row.name:<34}{got.rate:>8.0f}{part:>9.2f}{'':>10}{tail}")


def show_memory(rows: Sequence[Row], stack: dict[str, float]) -> None:
    """The most that each server ever had resident, and the whole of `./async-code up` after its start."""
    print("\nmemory, most ever resident, MB")
    for server, name in {row.server: row.name for row in rows}.items():
        print(f"{name:<34}{server.peak_megabytes:>8.0f}")
    print("embedded stack after its start: " + ", ".join(f"{name} {held:.0f}" for name, held in stack.items()), end="")
    print(f"; together {sum(stack.values()):.0f} MB")
