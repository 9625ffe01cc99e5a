"""What a hijacked agent does to those who share its machine: other runs are answered, and the disk has room.

A docstring says what stops it, a mark what is still open; `docs/security.md` shows both.
"""

import httpx
import pytest

from runners.sandboxes.places import MODELS
from runners.way_out import folder_of
from tests.hostile.field import ALIVE, OTHER, Field


def asking(field: Field) -> httpx.Client:
    """Another run's way to the gateway."""
    transport = httpx.HTTPTransport(verify=False, uds=str(folder_of(field.settings) / MODELS))
    return httpx.Client(transport=transport, base_url="http://gateway", timeout=20)


def test_who_holds_connections_open_stops_no_other_run(field: Field) -> None:
    """One run's connections to the gateway are counted apart from the others'."""
    process = field.start(f"from inside.neighbours import hold_connections; hold_connections('/gateway/{MODELS}')")
    assert next(line for line in process.lines(1) if line) == "done"
    with asking(field) as another:
        answer = another.post("/anthropic/v1/messages", json={})
    process.kill("cancelled")
    process.wait()
    assert answer.status_code == 401


def test_who_sends_large_bodies_slowly_stops_no_other_run(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    """One run's large bodies are counted apart from the others'."""
    monkeypatch.setattr("runners.gateway.app.SECONDS_FOR_A_BODY", 8)
    process = field.start(f"from inside.neighbours import hold_bodies; hold_bodies('/gateway/{MODELS}', '{ALIVE}')")
    assert next(line for line in process.lines(1) if line) == "done"
    with asking(field) as another:
        body = {"model": "x", "container": "is not let through", "messages": ["x" * 2_000_000]}
        answer = another.post("/anthropic/v1/messages", json=body, headers={"x-api-key": OTHER})
    process.kill("cancelled")
    process.wait()
    assert (answer.status_code, answer.elapsed.total_seconds() < 7) == (403, True)


@pytest.mark.xfail(reason="runners/sandboxes/weighing.py: a workspace is weighed in blocks, and empty files have none")
def test_files_without_content_count_too(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace is weighed by its files too."""
    monkeypatch.setattr("runners.sandboxes.weighing.PAUSE", 0.1)
    work = "from inside.neighbours import make_files; make_files('/workspace')"
    process = field.start(work, tree_bytes=20_000_000, idle_seconds=5)
    assert process.wait().killed == "disk"
