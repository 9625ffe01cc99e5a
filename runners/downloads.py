"""Fetches what GitHub serves to everybody who knows its address, and nothing from anywhere else.

No token goes along. The name is resolved once, every address of it is looked at, and the connection goes to one that
was looked at; a redirect is followed to GitHub's own origins only.
"""

import socket
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urljoin

import httpx

from runners.github.transport import TIMEOUT, trusted
from runners.interruptible import check_now
from runners.wording.images import is_served, kind

MOST_BYTES = 5 * 1024 * 1024  # of an image; Anthropic's models take no larger one
MOST_REDIRECTS = 3
SECONDS = 20.0  # for one image, with all its redirects
TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
# What comes packed could be a thousand times as large.
HEADERS = {"Accept": ", ".join(sorted(TYPES)), "Accept-Encoding": "identity", "User-Agent": "async-code"}

Public = Callable[[IPv4Address | IPv6Address], bool]


class Refused(Exception):
    """What is not fetched; the message is for operators."""


@contextmanager
def downloading() -> Iterator[httpx.Client]:
    """A client that follows nothing by itself, and asks no proxy, as none is asked for GitHub's API."""
    transport = httpx.HTTPTransport(verify=trusted())
    with httpx.Client(transport=transport, timeout=TIMEOUT, trust_env=False, headers=HEADERS) as client:
        yield client


def image(client: httpx.Client, url: str, origins: Collection[str], public: Public) -> bytes:
    """An image's bytes. `public` judges addresses. Raises Refused, also where nobody answers.

    Raises also what `interrupted_by` was given to raise: between pieces, or once a silent host times out.
    """
    deadline = time.monotonic() + SECONDS
    try:
        for _ in range(MOST_REDIRECTS + 1):
            check_now()
            if not is_served(url, origins):
                raise Refused("an address that GitHub serves no images from")
            with closing(client.send(_pinned(client, httpx.URL(url), public), stream=True)) as answer:
                if "location" not in answer.headers:
                    return _read(answer, deadline)
                url = urljoin(url, answer.headers["location"])
    except (OSError, ValueError, httpx.HTTPError, httpx.InvalidURL) as error:
        raise Refused(type(error).__name__) from error
    raise Refused("too many redirects")


def _pinned(client: httpx.Client, url: httpx.URL, public: Public) -> httpx.Request:
    """The request, to an address that was looked at and under the name that was asked for."""
    found = socket.getaddrinfo(url.host, url.port or {"http": 80, "https": 443}[url.scheme], type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not all(public(ip_address(address)) for address in addresses):
        raise Refused("a network that is not public")
    headers, extensions = {"Host": url.netloc.decode()}, {"sni_hostname": url.host}
    return client.build_request("GET", url.copy_with(host=addresses[0]), headers=headers, extensions=extensions)


def _read(answer: httpx.Response, deadline: float) -> bytes:
    """The body of an image, as far as it is one and not too large."""
    said = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if answer.status_code != httpx.codes.OK or said not in TYPES:
        raise Refused(f"no image: status {answer.status_code}")
    content = bytearray()
    for chunk in answer.iter_raw():
        check_now()
        content += chunk
        if len(content) > MOST_BYTES:
            raise Refused("too large")
        if time.monotonic() > deadline:
            raise Refused("too slow")
    if kind(bytes(content)) is None:
        raise Refused("no image by its first bytes")
    return bytes(content)
