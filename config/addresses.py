"""Addresses that an operator gives: whether they are any, and whether they lead off this machine."""

import ipaddress
from urllib.parse import SplitResult, urlsplit


def on_loopback(url: str) -> bool:
    """Whether the address can only be reached from this machine."""
    name = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def wrong_url(name: str, url: str, *beginnings: str) -> list[str]:
    """What is wrong with an address that may hold a password, and so is never shown."""
    if not url.startswith(beginnings):
        return [f"{name} must begin with {', '.join(beginnings[:-1])} or {beginnings[-1]}"]
    if "://" in url and address(url, needs_host=False) is None:
        return [f"{name} is no address; write special characters of its password as %XX"]
    return []


def address(url: str, *, needs_host: bool = True) -> SplitResult | None:
    """The parts of an address; None where it is none."""
    try:
        parts = urlsplit(url)
        readable = parts.port is None or parts.port > 0
    except ValueError:
        return None
    plain = url.isprintable() and " " not in url
    return parts if readable and plain and (parts.hostname or not needs_host) else None
