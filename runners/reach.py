"""Which hosts a run may reach: what the operator lists, narrowed by the repository's file. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from config.settings import Settings

NAME = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def reach(settings: Settings, bounds: Mapping[str, Any]) -> frozenset[str]:
    """Names of hosts, or `.name` for all below it. Without a wish it is SANDBOX_HOSTS, and no group."""
    wished = bounds.get("network")
    if wished is None:
        return settings.hosts_allowed
    groups = settings.host_groups
    named = [host for name in wished for host in groups.get(name, (name,))]
    return frozenset(host for host in named if _is_let(settings, host))


def listed(host: str, allowed: Collection[str]) -> bool:
    """Whether the host is one of those; `.example.org` means every host below it. An address is none."""
    parts = host.split(".")
    below = {"." + ".".join(parts[start:]) for start in range(1, len(parts))}
    return NAME.fullmatch(host) is not None and (host in allowed or bool(below & set(allowed)))


def not_let(settings: Settings, network: Sequence[str]) -> list[str]:
    """What a repository wishes for and the operator does not list."""
    return [name for name in network if name not in settings.host_groups and not _is_let(settings, name)]


def _is_let(settings: Settings, host: str) -> bool:
    every = settings.hosts_allowed.union(*settings.host_groups.values())
    return host in every or listed(host, every)
