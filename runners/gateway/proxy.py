"""The CONNECT proxy: hosts that the operator lists, and nothing else, reached from a sandbox.

The name is resolved once, every address of it is looked at, and the connection goes to the address that was looked at.
Whoever asks shows the run's credential; a refused host is counted.
https://www.rfc-editor.org/rfc/rfc9110#CONNECT
"""

import asyncio
import base64
import socket
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

import h11
import structlog

from config.database import DatabaseError
from runners.gateway.attempts import Attempts
from runners.gateway.hosts import is_public
from runners.gateway.refused import Refused
from runners.gateway.shares import Strangers
from runners.reach import listed

PORTS = (443,)
MOST_TUNNELS = 64  # of one run at once
MOST_BYTES = 2 * 1024**3  # of one tunnel, both ways together
SECONDS_TO_CONNECT = 10.0
SECONDS_OF_SILENCE = 300.0
SECONDS_FOR_THE_HEAD = 10.0
CHUNK = 64 * 1024

Address = IPv4Address | IPv6Address
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

log = structlog.get_logger()


@dataclass(frozen=True)
class Tenant:
    """Whose tunnel it is, and which hosts it may reach: names, or `.name` for all below it."""

    run_id: str
    attempt: str  # the tunnel ends with it
    hosts: frozenset[str]


class NotLet(Exception):
    """A tunnel that is not made: the status, and a sentence for whoever reads the agent's log."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Proxy:
    """Makes tunnels. `tenant_of` knows a credential; `refused` keeps each host that was not let through."""

    def __init__(
        self,
        tenant_of: Callable[[str], Tenant | None],
        refused: Refused,
        attempts: Attempts,
        public: Callable[[Address], bool] = is_public,
        ports: Collection[int] = PORTS,
    ) -> None:
        self._tenant_of, self._refused, self._public, self._ports = tenant_of, refused, public, ports
        self._attempts, self._strangers = attempts, Strangers()
        self._open: Counter[str] = Counter()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a sandbox, from its first byte to its last."""
        self._strangers.came(writer.transport)
        try:
            async with asyncio.timeout(None) as cut:
                await self._answer(reader, writer, cut)
        except (OSError, TimeoutError, ExceptionGroup):
            pass  # either end went, or its time was over
        finally:
            self._strangers.left(writer.transport)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: asyncio.Timeout) -> None:
        wire = h11.Connection(h11.SERVER)
        try:
            request = await asyncio.wait_for(_head(wire, reader), SECONDS_FOR_THE_HEAD)
            tenant, host, port = await self._let(request)
            self._strangers.left(writer.transport)
            with self._counted(tenant), self._attempts.opened(tenant.attempt, cut):
                await self._pass(wire, (reader, writer), await self._reach(tenant, host, port))
        except NotLet as error:
            writer.write(_refusal(wire, error))
            await writer.drain()
        except DatabaseError as error:
            log.warning("gateway.database_unreachable", error=type(error).__name__)
            writer.write(_refusal(wire, NotLet(503, "The bot's database can't be reached; try again in a moment.")))
            await writer.drain()

    async def _pass(self, wire: h11.Connection, near: Stream, far: Stream) -> None:
        (reader, writer), (far_reader, far_writer) = near, far
        writer.write(wire.send(h11.Response(status_code=200, headers=[])) or b"")
        try:
            first = wire.trailing_data[0]
            far_writer.write(first)
            await _tunnel(len(first), (reader, far_writer), (far_reader, writer))
        finally:
            far_writer.close()

    @contextmanager
    def _counted(self, tenant: Tenant) -> Iterator[None]:
        """One more tunnel of the run. Raises NotLet."""
        if self._open[tenant.run_id] >= MOST_TUNNELS:
            raise NotLet(429, f"This run has {MOST_TUNNELS} connections already.")
        self._open[tenant.run_id] += 1
        try:
            yield
        finally:
            self._open[tenant.run_id] -= 1

    async def _let(self, request: h11.Request) -> tuple[Tenant, str, int]:
        """Whether this tunnel may be. Raises NotLet."""
        if request.method != b"CONNECT":
            raise NotLet(405, "Only CONNECT goes through here, for https.")
        tenant = await asyncio.to_thread(self._tenant_of, _credential(request))
        if tenant is None:
            raise NotLet(407, "The gateway knows no run at work by this credential.")
        host, _, port = request.target.decode("ascii", "replace").rpartition(":")
        host = host.strip("[]").lower().rstrip(".")
        if not port.isdecimal() or len(port) > 5 or int(port) not in self._ports or not listed(host, tenant.hosts):
            if await self._refused.add(tenant.run_id, f"{host}:{port}"):
                log.info("gateway.host_refused", run=tenant.run_id, host=host, port=port)
            raise NotLet(403, f"{host}:{port} is not among the hosts that this run may reach.")
        return tenant, host, int(port)

    async def _reach(self, tenant: Tenant, host: str, port: int) -> Stream:
        """The connection to the address that was looked at. Raises NotLet."""
        try:
            asked = asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = await asyncio.wait_for(asked, SECONDS_TO_CONNECT)
        except (OSError, TimeoutError):
            raise NotLet(502, f"{host} has no address.") from None
        addresses = [str(entry[4][0]) for entry in found]
        if not all(self._public(ip_address(address)) for address in addresses):
            await self._refused.add(tenant.run_id, f"{host}:{port}")
            raise NotLet(403, f"{host} leads into a network that is not public.")
        try:
            return await asyncio.wait_for(asyncio.open_connection(addresses[0], port), SECONDS_TO_CONNECT)
        except (OSError, TimeoutError):
            raise NotLet(502, f"{host} can't be reached.") from None


async def _head(wire: h11.Connection, reader: asyncio.StreamReader) -> h11.Request:
    """What is asked for. Raises NotLet."""
    try:
        while (event := wire.next_event()) is h11.NEED_DATA:
            wire.receive_data(await reader.read(CHUNK))
    except h11.RemoteProtocolError as error:
        raise NotLet(400, f"This is no HTTP: {error}") from None
    if not isinstance(event, h11.Request):
        raise NotLet(400, "This is no request.")
    return event


def _credential(request: h11.Request) -> str:
    """The password of `Proxy-Authorization: Basic`, as every client sends it that is given `http://run:…@host`."""
    shown = {name.lower(): value for name, value in request.headers}
    word, _, encoded = shown.get(b"proxy-authorization", b"").partition(b" ")
    try:
        return base64.b64decode(encoded).decode().partition(":")[2] if word.lower() == b"basic" else ""
    except ValueError:
        return ""


def _refusal(wire: h11.Connection, error: NotLet) -> bytes:
    if wire.our_state is not h11.SEND_RESPONSE and wire.our_state is not h11.IDLE:
        return b""
    said = f"{error}\n".encode()
    headers = [("content-length", str(len(said))), ("connection", "close"), ("content-type", "text/plain")]
    if error.status == 407:
        headers.append(("proxy-authenticate", 'Basic realm="gateway"'))
    # Many clients show their user nothing but the first line.
    reason = str(error).encode("ascii", "replace")
    answer = h11.Response(status_code=error.status, headers=headers, reason=reason)
    parts = (answer, h11.Data(data=said), h11.EndOfMessage())
    return b"".join(wire.send(part) or b"" for part in parts)


async def _tunnel(passed: int, *directions: Stream) -> None:
    """Passes on both ways until both have ended, all is silent for long, or it was too much: `passed` have already."""
    loop = asyncio.get_running_loop()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal passed
        while chunk := await reader.read(CHUNK):
            passed += len(chunk)
            if passed > MOST_BYTES:
                raise TimeoutError
            silence.reschedule(loop.time() + SECONDS_OF_SILENCE)
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    async with asyncio.timeout(SECONDS_OF_SILENCE) as silence, asyncio.TaskGroup() as both:
        for direction in directions:
            both.create_task(pass_on(*direction))
