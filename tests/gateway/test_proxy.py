"""The CONNECT proxy over real sockets: who may reach what, and what is noted of the rest."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from runners.gateway import proxy as proxies
from runners.gateway import shares
from runners.gateway.attempts import Attempts
from runners.gateway.hosts import is_public
from runners.gateway.proxy import Proxy, Tenant
from runners.gateway.refused import Refused

KNOWN, ANOTHER = "secret", "another"


@dataclass
class Ground:
    """A server that says everything back, and a proxy in front of the world."""

    port: int
    proxy: tuple[str, int]
    refused: list[tuple[str, str]] = field(default_factory=list)
    tunnels: Mapping[str, int] = field(default_factory=dict)
    at_work: set[str] = field(default_factory=set)
    attempts: Attempts = field(kw_only=True)
    heard: list[int] = field(kw_only=True)  # bytes that came to the server, by piece

    async def ask(self, head: str, then: bytes = b"") -> tuple[bytes, bytes]:
        """What the proxy answers, and what comes back through the tunnel."""
        reader, writer = await asyncio.open_connection(*self.proxy)
        writer.write(head.encode("latin-1") + then)
        answer = await reader.readuntil(b"\r\n\r\n")
        rest = b""
        if b" 200 " in answer:
            writer.write_eof()
        rest = await reader.read(-1)
        await gone(writer)
        return answer, rest

    @property
    def open(self) -> int:
        """Tunnels of the run that are open now."""
        return self.tunnels["r1"]

    async def hold(self, target: str, credential: str = KNOWN) -> asyncio.StreamWriter:
        """A tunnel that stays open."""
        reader, writer = await asyncio.open_connection(*self.proxy)
        shown = base64.b64encode(f"run:{credential}".encode()).decode()
        writer.write(f"CONNECT {target} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic {shown}\r\n\r\n".encode())
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        return writer

    async def connect(self, target: str, credential: str = KNOWN, then: bytes = b"hello") -> tuple[bytes, bytes]:
        """The same for a CONNECT with a credential."""
        shown = base64.b64encode(f"run:{credential}".encode()).decode()
        return await self.ask(
            f"CONNECT {target} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic {shown}\r\n\r\n", then
        )


def on(
    ground: Callable[[Ground], Awaitable[Any]], *, public: bool = True, hosts: tuple[str, ...] = ("echo.example",)
) -> None:
    """Runs a test on a ground of its own. `public`: what the proxy thinks of loopback."""

    async def whole() -> None:
        async with standing(public, hosts) as stands:
            await asyncio.wait_for(ground(stands), 20)

    asyncio.run(whole())


@contextlib.asynccontextmanager
async def standing(public: bool, hosts: tuple[str, ...]) -> AsyncIterator[Ground]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(65536):
                heard.append(len(chunk))
                if chunk == b"slowly":
                    for _ in range(8):
                        writer.write(b".")
                        await asyncio.sleep(0.1)
                    break
                writer.write(chunk)
        finally:
            await gone(writer)

    refused: list[tuple[str, str]] = []
    heard: list[int] = []
    at_work = {"r1-1", "r2-1"}
    attempts = Attempts(lambda asked: at_work & set(asked))
    tenants = {KNOWN: Tenant("r1", "r1-1", frozenset(hosts)), ANOTHER: Tenant("r2", "r2-1", frozenset(hosts))}
    async with await asyncio.start_server(echo, "127.0.0.1", 0) as far:
        port = far.sockets[0].getsockname()[1]
        asyncio.get_running_loop().getaddrinfo = resolving(asyncio.get_running_loop().getaddrinfo)  # type: ignore[method-assign]
        proxy = Proxy(
            tenants.get,
            Refused(refused.extend),
            attempts,
            (lambda address: True) if public else is_public,
            (port,),
        )
        async with await asyncio.start_server(proxy.answer, "127.0.0.1", 0) as near:
            yield Ground(
                port, near.sockets[0].getsockname(), refused, proxy._open, at_work, attempts=attempts, heard=heard
            )
            await until(lambda: not any(proxy._open.values()))


def resolving(real: Any) -> Any:
    """Names of `.example` lead to this machine."""

    async def getaddrinfo(host: str, port: int, **options: Any) -> Any:
        if host == "nowhere.example":
            raise OSError("no such name")
        return await real("127.0.0.1" if host.endswith(".example") else host, port, **options)

    return getaddrinfo


def test_a_listed_host_is_reached_both_ways() -> None:
    async def test(ground: Ground) -> None:
        answer, rest = await ground.connect(f"echo.example:{ground.port}", then=b"x" * 300_000)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert rest == b"x" * 300_000
        assert ground.refused == []

    on(test)


@pytest.mark.parametrize(
    "target",
    [
        "other.example:{port}",
        "echo.example:22",
        "127.0.0.1:{port}",
        "[::1]:{port}",
        "localhost:{port}",
        "ECHO.example.:1",
    ],
)
def test_what_is_not_listed_is_refused_and_noted(target: str) -> None:
    async def test(ground: Ground) -> None:
        answer, rest = await ground.connect(target.format(port=ground.port))
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert b"is not among the hosts that this run may reach" in rest
        assert [run for run, _ in ground.refused] == ["r1"]

    on(test)


def test_a_name_that_leads_into_a_private_network_is_refused() -> None:
    async def test(ground: Ground) -> None:
        answer, rest = await ground.connect(f"echo.example:{ground.port}")
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert b"not public" in rest
        assert ground.refused == [("r1", f"echo.example:{ground.port}")]

    on(test, public=False)


def test_nobody_without_a_credential() -> None:
    async def test(ground: Ground) -> None:
        target = f"echo.example:{ground.port}"
        heads = (
            f"CONNECT {target} HTTP/1.1\r\nHost: x\r\n\r\n",
            f"CONNECT {target} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic !!!\r\n\r\n",
            f"CONNECT {target} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Bearer {KNOWN}\r\n\r\n",
        )
        answers = [(await ground.ask(head))[0] for head in heads]
        answers.append((await ground.connect(target, credential="unknown"))[0])
        assert all(answer.startswith(b"HTTP/1.1 407 ") for answer in answers)

    on(test)


def test_what_is_no_connect_is_refused_in_a_sentence() -> None:
    async def test(ground: Ground) -> None:
        answer, rest = await ground.ask("GET http://echo.example/ HTTP/1.1\r\nHost: echo.example\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 405 ")
        assert rest == b"Only CONNECT goes through here, for https.\n"
        answer, _ = await ground.ask("no http at all\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ")

    on(test)


def test_a_host_without_address_and_one_that_does_not_answer() -> None:
    async def test(ground: Ground) -> None:
        answer, rest = await ground.connect(f"nowhere.example:{ground.port}")
        assert (answer[:13], rest) == (b"HTTP/1.1 502 ", b"nowhere.example has no address.\n")

    on(test, hosts=("nowhere.example",))


def test_a_run_has_so_many_connections_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "MOST_TUNNELS", 2)

    async def test(ground: Ground) -> None:
        target = f"echo.example:{ground.port}"
        held = [await ground.hold(target) for _ in range(2)]
        answer, rest = await ground.connect(target)
        assert answer.startswith(b"HTTP/1.1 429 ") and rest == b"This run has 2 connections already.\n"
        assert (ground.open, ground.heard) == (2, [])
        answer, rest = await ground.connect(target, ANOTHER)
        assert answer.startswith(b"HTTP/1.1 200 ") and rest == b"hello"
        await gone(held[0])
        await until(lambda: ground.open == 1)
        answer, rest = await ground.connect(target)
        assert answer.startswith(b"HTTP/1.1 200 ") and rest == b"hello"
        await gone(held[1])

    on(test)


def test_a_tunnel_has_so_many_bytes_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "MOST_BYTES", 100_000)

    async def test(ground: Ground) -> None:
        target = f"echo.example:{ground.port}"
        _, rest = await ground.connect(target, then=b"x" * 50_000)
        assert (len(rest), sum(ground.heard)) == (50_000, 50_000)  # both ways together: all that there may be
        ground.heard.clear()
        _, rest = await ground.connect(target, then=b"x" * 50_001)
        assert len(rest) < 50_001
        ground.heard.clear()
        await ground.connect(target, then=b"x" * 300_000)
        assert 0 < sum(ground.heard) <= 100_000

    on(test)


def test_a_tunnel_ends_with_its_attempt_and_no_other_does() -> None:
    async def test(ground: Ground) -> None:
        target = f"echo.example:{ground.port}"
        held, other = await ground.hold(target), await ground.hold(target, ANOTHER)
        await ground.attempts.look()
        assert (ground.open, ground.tunnels["r2"]) == (1, 1)
        ground.at_work.discard("r1-1")
        await ground.attempts.look()
        await until(lambda: ground.open == 0)
        assert ground.tunnels["r2"] == 1
        await gone(held)
        await gone(other)

    on(test)


def test_who_connects_in_silence_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "MOST_STRANGERS", 3)

    async def test(ground: Ground) -> None:
        silent = [await asyncio.open_connection(*ground.proxy) for _ in range(5)]
        assert [await silent[index][0].read() for index in range(2)] == [b"", b""]
        held = await ground.hold(f"echo.example:{ground.port}")  # the third made room for it
        assert await silent[2][0].read() == b""
        answer, rest = await ground.connect(f"echo.example:{ground.port}")
        assert answer.startswith(b"HTTP/1.1 200 ") and rest == b"hello"
        for _, writer in silent:
            await gone(writer)
        await gone(held)

    on(test)


def test_a_side_that_only_listens_is_not_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "SECONDS_OF_SILENCE", 0.5)

    async def test(ground: Ground) -> None:
        _, rest = await ground.connect(f"echo.example:{ground.port}", then=b"slowly")
        assert rest == b"." * 8

    on(test)


def test_a_silent_tunnel_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "SECONDS_OF_SILENCE", 0.2)

    async def test(ground: Ground) -> None:
        held = await ground.hold(f"echo.example:{ground.port}")
        await until(lambda: ground.open == 0)
        await gone(held)

    on(test)


async def until(condition: Callable[[], bool]) -> None:
    """Waits for what the other side is about to do."""
    while not condition():
        await asyncio.sleep(0.01)


async def gone(writer: asyncio.StreamWriter) -> None:
    """Closes it, to the end."""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
