"""What one client may take of the web process before its request is even read."""

import socket
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

import bot.connection
from tests.serving import served


async def echo(request) -> PlainTextResponse:  # type: ignore[no-untyped-def]
    """Says how much it was sent."""
    return PlainTextResponse(str(len(await request.body())))


async def count(_request) -> StreamingResponse:  # type: ignore[no-untyped-def]
    """Numbers, in pieces small and large."""
    return StreamingResponse(f"{number:{10 ** (number % 6)}}" for number in range(100))


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A connection to a served application whose patience is short."""
    monkeypatch.setattr(bot.connection, "HEAD_SECONDS", 0.3)
    with served(Starlette(routes=[Route("/", echo, methods=["POST"]), Route("/", count)])) as url:
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            yield connection


def test_who_sends_nothing_is_hung_up_on(line: socket.socket) -> None:
    assert line.recv(1) == b""


def test_who_never_ends_the_head_is_hung_up_on(line: socket.socket) -> None:
    line.sendall(b"POST / HTTP/1.1\r\nhost: x\r\n")
    assert line.recv(1) == b""


def test_a_head_past_the_cap_is_hung_up_on(line: socket.socket) -> None:
    with pytest.raises(OSError):
        line.sendall(b"POST / HTTP/1.1\r\nx: " + b"a" * 4 * bot.connection.MOST_HEAD_BYTES)
        assert line.recv(1) == b""
        raise ConnectionResetError


def test_a_large_body_behind_a_small_head_is_read_whole(line: socket.socket) -> None:
    body = b"b" * 3 * bot.connection.MOST_HEAD_BYTES
    for _ in range(2):  # the second request of a connection is bounded and read like the first
        line.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        answer = b""
        while str(len(body)).encode() not in answer:
            answer += line.recv(4096)
        assert b" 200 " in answer.splitlines()[0]


@pytest.mark.parametrize("then", ["keep-alive", "close"])
def test_an_answer_in_many_pieces_comes_whole_and_in_order(line: socket.socket, then: str) -> None:
    line.sendall(f"GET / HTTP/1.1\r\nhost: x\r\nconnection: {then}\r\n\r\n".encode())
    answer = b""
    while not answer.endswith(b"\r\n0\r\n\r\n"):
        answer += line.recv(65536)
    lines = answer.partition(b"\r\n\r\n")[2].split(b"\r\n")[1::2]
    assert [int(piece) for piece in lines if piece] == list(range(100))
    assert then == "keep-alive" or line.recv(1) == b""


def test_who_says_that_it_sends_no_more_is_answered(line: socket.socket) -> None:
    line.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\nx")
    line.shutdown(socket.SHUT_WR)
    answer = b""
    while piece := line.recv(4096):
        answer += piece
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"1")
