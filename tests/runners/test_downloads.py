"""Images are fetched from GitHub's origins alone, from public addresses, without a token, and no more than fits."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address

import pytest

from runners.downloads import MOST_BYTES, Refused, downloading, image
from runners.gateway.hosts import is_public
from runners.interruptible import interrupted_by
from tests.listening import Listener, listening

PNG = b"\x89PNG\r\n\x1a\nrest"
WEBP = b"RIFF\x04\0\0\0WEBP"


def everywhere(address: IPv4Address | IPv6Address) -> bool:
    return True


def fetched(url: str, origins: Sequence[str]) -> bytes:
    with downloading() as client:
        return image(client, url, origins, everywhere)


@pytest.mark.parametrize(("content", "said"), [(PNG, "image/png"), (WEBP, "image/webp; charset=binary")])
def test_an_image_comes_as_it_is_and_no_token_goes_along(content: bytes, said: str) -> None:
    with listening(body=content, sent={"Content-Type": said}) as there:
        assert fetched(f"{there.url}/x.png?jwt=a.b", [there.url]) == content
    assert there.paths == ["/x.png?jwt=a.b"]
    (headers,) = there.headers
    assert headers.keys() == {"host", "accept", "accept-encoding", "connection", "user-agent"}
    assert headers["host"] == there.url.removeprefix("http://") and headers["accept-encoding"] == "identity"


def test_the_name_that_was_asked_for_is_named_at_the_address_that_was_looked_at() -> None:
    with listening(body=PNG) as there:
        named = there.url.replace("127.0.0.1", "localhost")
        assert fetched(f"{named}/x.png", [named]) == PNG
    assert there.headers[0]["host"] == named.removeprefix("http://")


def test_a_network_that_is_not_public_is_not_asked() -> None:
    with listening(body=PNG) as there, downloading() as client:
        for url in (there.url, there.url.replace("127.0.0.1", "localhost")):
            with pytest.raises(Refused, match="not public"):
                image(client, f"{url}/x.png", [url], is_public)
    assert there.paths == []


def test_a_name_with_one_address_that_is_not_public_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("140.82.121.3", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **how: found)
    with downloading() as client, pytest.raises(Refused, match="not public"):
        image(client, "https://github.com/x.png", ["https://github.com"], is_public)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"body": PNG + bytes(MOST_BYTES)}, "too large"),
        ({"body": b"<html>"}, "first bytes"),
        ({"body": PNG, "sent": {"Content-Type": "text/html"}}, "no image"),
        ({"body": PNG, "sent": {}}, "no image"),
        ({"body": PNG, "status": 404}, "status 404"),
        ({"body": PNG, "status": 206}, "status 206"),
    ],
)
def test_what_is_no_image_or_too_large_is_refused(answer: dict[str, object], why: str) -> None:
    with listening(**answer) as there, pytest.raises(Refused, match=why):
        fetched(f"{there.url}/x.png", [there.url])


def led_on(there: Listener, to: str) -> None:
    there.status, there.sent = 302, {"Location": to, "Content-Length": "0"}


def test_a_redirect_leads_to_githubs_own_origins_only() -> None:
    with listening(body=PNG) as media, listening() as there, listening(body=PNG) as elsewhere:
        origins = [there.url, media.url]
        led_on(there, f"{media.url}/y.png")
        assert fetched(f"{there.url}/x.png", origins) == PNG
        for to in (f"{elsewhere.url}/y.png", f"//{elsewhere.url[7:]}/y.png", f"{media.url}@{elsewhere.url[7:]}/y.png"):
            led_on(there, to)
            with pytest.raises(Refused, match="serves no images"):
                fetched(f"{there.url}/x.png", origins)
    assert elsewhere.paths == [] and media.paths == ["/y.png"]


def test_a_redirect_that_never_ends_is_refused() -> None:
    with listening() as there, pytest.raises(Refused, match="redirects"):
        led_on(there, "/again.png")
        fetched(f"{there.url}/x.png", [there.url])
    assert len(there.paths) == 4


class Stopped(Exception):
    """What the work is to end with."""


def stopping_after(looks: int) -> Callable[[], None]:
    """A check that lets the work go on so often, and then ends it."""
    left = iter(range(looks))

    def check() -> None:
        if next(left, None) is None:
            raise Stopped

    return check


def test_a_cancel_is_obeyed_before_anything_is_asked() -> None:
    with listening(body=PNG) as there, interrupted_by(stopping_after(0)), pytest.raises(Stopped):
        fetched(f"{there.url}/x.png", [there.url])
    assert there.paths == []


def test_a_cancel_is_obeyed_in_the_midst_of_an_image_and_between_redirects() -> None:
    with listening(body=PNG + bytes(1024 * 1024)) as there:
        with interrupted_by(stopping_after(2)), pytest.raises(Stopped):
            fetched(f"{there.url}/x.png", [there.url])
        led_on(there, "/again.png")
        with interrupted_by(stopping_after(2)), pytest.raises(Stopped):
            fetched(f"{there.url}/y.png", [there.url])
    assert there.paths == ["/x.png", "/y.png", "/again.png"]


def test_no_proxy_is_asked_as_none_is_asked_for_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(body=PNG) as there, listening(body=PNG) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert fetched(f"{there.url}/x.png", [there.url]) == PNG
    assert proxy.paths == []


def test_nobody_who_answers_is_a_refusal_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Refused, match="ConnectError"):
        fetched(f"{url}/x.png", [url])
