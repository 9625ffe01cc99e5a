"""Lines of JSON from a program that nobody vouches for: any line may be anything."""

import json
import re
from collections.abc import Mapping
from typing import Any, Never

# JavaScript cuts texts between the halves of a character.
LONE_SURROGATE = re.compile("[\\ud800-\\udfff]")
REPLACED = "\N{REPLACEMENT CHARACTER}"
LONGEST = 4000  # of a text within an event; a tool's result may be a whole file
LAST_WORDS = 60_000  # of what a run came to, which may be a plan


def document(line: str) -> dict[str, Any]:
    """The line's JSON object; {} where it is none. What no database could keep in a text is replaced in it."""
    try:
        data = json.loads(line.replace("\\u0000", REPLACED), parse_constant=_refuse)
        whole = json.dumps(data, ensure_ascii=False)
        if LONE_SURROGATE.search(whole):
            data = json.loads(LONE_SURROGATE.sub(REPLACED, whole))
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _refuse(constant: str) -> Never:
    raise ValueError(f"{constant} is not JSON")


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def at(value: Any, *path: str) -> Any:
    """What stands at the path; None where nothing does."""
    for name in path:
        value = mapping(value).get(name)
    return value


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def text(value: Any, most: int = LONGEST) -> str:
    """A string as it is, the texts of a list of parts, anything else as JSON; shortened in the middle."""
    if isinstance(value, list) and all(isinstance(at(part, "text"), str) for part in value):
        value = "\n".join(part["text"] for part in value)
    if value is None:
        return ""
    return shortened(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), most)


def shortened(whole: str, most: int = LONGEST) -> str:
    """The text without its middle, if it is too long."""
    left_out = len(whole) - most
    return f"{whole[: most // 2]}\n… {left_out:,} characters …\n{whole[-most // 2 :]}" if left_out > 0 else whole


def count(value: Any) -> int:
    """A number of things; 0 where there is none."""
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15 else 0


def dollars(value: Any) -> float | None:
    """An amount of money; None where nobody said one."""
    known = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9
    return float(value) if known else None
