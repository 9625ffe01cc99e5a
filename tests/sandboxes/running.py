"""Runs errands for real, and looks at what they leave on this machine."""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from runners.agents.adapter import Exit
from runners.sandboxes import sandboxes
from runners.sandboxes.interface import Errand, Sandbox

ALL = sandboxes(Settings.model_construct())


def usable(name: str) -> Sandbox:
    """The sandbox; skips the test where it does not work here."""
    sandbox = next(sandbox for sandbox in ALL if sandbox.name == name)
    problem = sandbox.unusable()
    if problem:
        pytest.skip(problem)
    return sandbox


def run(sandbox: Sandbox, errand: Errand) -> tuple[list[str], Exit]:
    """The errand's lines, without the ticks, and its end."""
    process = sandbox.start(errand)
    lines = [line for line in process.lines(0.5) if line is not None]
    return lines, process.wait()


def python(tree: Path, code: str, **limits: float) -> Errand:
    """A small Python program as an errand, bounded so that a broken test ends."""
    return Errand(["{python}", "-I", "-c", code], tree, seconds=limits.pop("seconds", 30), **limits)  # type: ignore[arg-type]  # idle_seconds and output_bytes are numbers


def facts(sandbox: Sandbox, tree: Path, code: str) -> Any:
    """What the code, which sets `found`, sees inside."""
    lines, _ = run(sandbox, python(tree, f"import json, os\n{code}\nprint(json.dumps(found))"))
    return json.loads(lines[-1]) if lines and lines[-1][:1] in "[{" else pytest.fail("\n".join(lines))


def writable(sandbox: Sandbox, tree: Path, places: Sequence[str]) -> Any:
    """Those of the places that can be opened for writing inside.

    Nothing is written: a sandbox that allows it must not cost this machine anything.
    """
    code = f"""
found = []
for place in {places!r}:
    try:
        os.close(os.open(place, os.O_WRONLY | os.O_CREAT))
        found.append(place)
    except OSError:
        pass
"""
    return facts(sandbox, tree, code)


def alive(token: str) -> list[int]:
    """Processes of this machine, in whatever namespace, with the token in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdecimal() and token.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def eventually(truth: Callable[[], object], seconds: float = 30) -> bool:
    """Whether it comes true before the deadline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if truth():
            return True
        time.sleep(0.02)
    return bool(truth())
