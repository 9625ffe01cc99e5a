"""Settings that are lists: one line of text, its parts between commas."""

from pydantic import SecretStr


def parts(text: str) -> list[str]:
    """What stands between the commas, without what is empty."""
    return [part.strip() for part in text.split(",") if part.strip()]


def parts_of(secret: SecretStr | None) -> list[str]:
    """The values of a list that is given while a secret rotates."""
    return parts(secret.get_secret_value()) if secret else []


def image_patterns(text: str) -> list[tuple[str, str]]:
    """Patterns of repositories in lower case, each with its image. Raises ValueError."""
    pairs = [(pattern.strip().lower(), image.strip()) for pattern, image in _pairs(text)]
    for pattern, image in pairs:
        if pattern.count("/") != 1 or not image:
            raise ValueError(f"{pattern!r} is no `owner/name=image` (`*` stands for anything)")
    return pairs


def host_groups_of(text: str) -> dict[str, tuple[str, ...]]:
    """Groups of hosts by name, all in lower case. Raises ValueError."""
    groups = {name.strip(): tuple(hosts.split()) for name, hosts in _pairs(text.lower())}
    for name, hosts in groups.items():
        if not name or "." in name or not hosts:
            raise ValueError(f"{name!r} is no `name=host host` (a name has no dot)")
    return groups


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (part.partition("=") for part in parts(text))]
