"""What is read of a payload in part is what the whole of it would have meant."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.events import Event
from handlers.parsing import Unreadable
from handlers.payloads import NotJson, parts_of, to_text, whole
from tests.handlers.test_events import MISSING, ODD, PAYLOADS, parsed, paths, replaced


def meaning(event: str, payload: Mapping[str, Any]) -> Event | str:
    """The event, or why it is none."""
    try:
        return parsed(event, payload)
    except Unreadable as refusal:
        return str(refusal)


@pytest.mark.parametrize("event", PAYLOADS)
def test_the_parts_of_a_payload_mean_what_the_whole_means(event: str) -> None:
    for path in ("action", *paths(PAYLOADS[event])):
        for value in (MISSING, *ODD):
            body = json.dumps(replaced(PAYLOADS[event], path, value)).encode()
            parts = parts_of(body)
            stored = whole(to_text(parts))
            assert meaning(event, parts) == meaning(event, whole(body)) == meaning(event, stored), (path, value)
            assert repr(parts.get("action")) == repr(whole(body).get("action"))


@given(st.text(st.characters(codec=None)))
def test_what_is_stored_is_a_text_that_every_database_takes(text: str) -> None:
    body = json.dumps(replaced(PAYLOADS["issue_comment"], "comment.body", text)).encode()
    stored = to_text(parts_of(body))
    assert "\0" not in stored
    assert stored.encode()
    assert whole(stored)["comment"]["body"] == text


def test_what_no_event_is_made_of_is_left_out() -> None:
    assert "node_id" not in parts_of(json.dumps(PAYLOADS["issue_comment"]).encode())["repository"]


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"null", b"[" * 100_000, b'{"a":' * 50_000, b'{"a": "\xff"}'])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(NotJson):
        parts_of(body)
