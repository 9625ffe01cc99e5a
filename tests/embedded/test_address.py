"""The address that the web process listens on."""

import socket

import pytest

from bot.embedded import StackError
from bot.embedded.address import Address


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("localhost", "http://localhost:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104 # nothing listens here
        ("::", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
    ],
)
def test_a_browser_on_this_machine_finds_it(host: str, url: str) -> None:
    assert Address(host, 8000).url == url


def test_no_port_becomes_a_free_one() -> None:
    settled = Address("127.0.0.1", 0).settled()
    assert settled.port > 0
    assert settled == settled.settled()


def test_where_nobody_listens_nobody_is_healthy() -> None:
    assert not Address("127.0.0.1", 0).settled().healthy()


def test_a_taken_port_says_what_to_change() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as theirs,
        pytest.raises(StackError, match="is taken by another program"),
    ):
        Address("127.0.0.1", theirs.getsockname()[1]).settled()


def test_an_address_of_another_machine_says_what_to_change() -> None:
    with pytest.raises(StackError, match="Set HOST and PORT to what can"):
        Address("192.0.2.1", 8000).settled()
