"""What answers took, in the words of each protocol; cut into chunks anywhere."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.catalogue import Tokens
from runners.agents.adapter import Wire
from runners.gateway.metering import LONGEST, READERS, Meter


def events(*events: Any) -> bytes:
    return "".join(f"event: x\ndata: {json.dumps(event)}\n\n" for event in events).encode()


ANTHROPIC = events(
    {
        "type": "message_start",
        "message": {
            "usage": {
                "input_tokens": 10,
                "cache_creation_input_tokens": 20,
                "cache_read_input_tokens": 30,
                "output_tokens": 1,
            }
        },
    },
    {"type": "content_block_delta", "delta": {"text": 'a "usage" of words'}},
    {"type": "message_delta", "usage": {"output_tokens": 44}},
    {"type": "message_stop"},
)
CHAT = (
    events(
        {"choices": [{"delta": {"content": "hi"}}], "usage": None},
        {
            "choices": [],
            "usage": {"prompt_tokens": 50, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 40}},
        },
    )
    + b"data: [DONE]\n\n"
)
RESPONSES = events(
    {"type": "response.created", "response": {"usage": None}},
    {
        "type": "response.completed",
        "response": {
            "usage": {"input_tokens": 50, "output_tokens": 7, "input_tokens_details": {"cached_tokens": 40}},
        },
    },
)
GEMINI = events(
    {"candidates": [], "usageMetadata": {"promptTokenCount": 50, "candidatesTokenCount": 1}},
    {
        "candidates": [],
        "usageMetadata": {
            "promptTokenCount": 50,
            "candidatesTokenCount": 3,
            "thoughtsTokenCount": 4,
            "cachedContentTokenCount": 40,
            "totalTokenCount": 57,
        },
    },
)
STREAMS: list[tuple[Wire, bytes, Tokens]] = [
    ("anthropic", ANTHROPIC, Tokens(input=10, cached=30, cache_write=20, output=44)),
    ("openai-chat", CHAT, Tokens(input=10, cached=40, output=7)),
    ("openai-responses", RESPONSES, Tokens(input=10, cached=40, output=7)),
    ("gemini", GEMINI, Tokens(input=10, cached=40, output=7)),
]


def metered(wire: Wire, *chunks: bytes, streamed: bool = True) -> Tokens | None:
    meter = Meter(wire, streamed=streamed)
    for chunk in chunks:
        meter.feed(chunk)
    meter.end()
    return meter.tokens


@given(st.sampled_from(STREAMS), st.lists(st.integers(0, 900), max_size=8))
def test_a_stream_is_read_however_it_is_cut(case: tuple[Wire, bytes, Tokens], cuts: list[int]) -> None:
    wire, stream, tokens = case
    edges = [0, *sorted(cuts), len(stream)]
    assert metered(wire, *(stream[a:b] for a, b in itertools.pairwise(edges))) == tokens


@pytest.mark.parametrize(("wire", "stream", "tokens"), STREAMS)
def test_lines_may_end_as_on_windows(wire: Wire, stream: bytes, tokens: Tokens) -> None:
    assert metered(wire, stream.replace(b"\n", b"\r\n")) == tokens


@pytest.mark.parametrize(
    ("wire", "answer", "tokens"),
    [
        ("anthropic", {"content": [], "usage": {"input_tokens": 1, "output_tokens": 2}}, Tokens(1, 0, 0, 2)),
        (
            "anthropic",
            {
                "usage": {
                    "input_tokens": 23,
                    "output_tokens": 10,
                    "cache_read_input_tokens": 7,
                    "iterations": [
                        {"type": "compaction", "input_tokens": 180, "output_tokens": 35},
                        {"type": "message", "input_tokens": 23, "output_tokens": 10, "cache_read_input_tokens": 7},
                        {"type": "message", "input_tokens": 5, "output_tokens": 2},
                        "nothing",
                    ],
                }
            },
            Tokens(208, 7, 0, 47),
        ),
        (
            "anthropic",
            {"usage": {"input_tokens": 9, "output_tokens": 4, "iterations": [{"input_tokens": 9}]}},
            Tokens(9, 0, 0, 4),
        ),
        ("anthropic", {"usage": {"input_tokens": 9, "iterations": {"input_tokens": 70}}}, Tokens(9)),
        ("openai-chat", {"usage": {"prompt_tokens": 1, "completion_tokens": 2}}, Tokens(1, 0, 0, 2)),
        ("openai-responses", {"usage": {"input_tokens": 1, "output_tokens": 2}}, Tokens(1, 0, 0, 2)),
        ("gemini", {"usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2}}, Tokens(1, 0, 0, 2)),
        ("gemini", [{"usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2}}], Tokens(1, 0, 0, 2)),
        ("anthropic", {"error": {"message": "no"}}, None),
        ("anthropic", {"usage": {"input_tokens": -5, "output_tokens": True}}, None),
        ("anthropic", {"usage": [1, 2]}, None),
        ("anthropic", "usage", None),
    ],
)
def test_an_answer_in_one_piece_is_read(wire: Wire, answer: Any, tokens: Tokens | None) -> None:
    assert metered(wire, json.dumps(answer).encode(), streamed=False) == tokens


def test_what_says_nothing_is_known_to_be_unknown() -> None:
    assert metered("anthropic", events({"type": "ping"})) is None


def test_a_line_without_end_takes_no_memory() -> None:
    meter = Meter("anthropic", streamed=True)
    for _ in range(3 * LONGEST // 65536):
        meter.feed(b"x" * 65536)
    meter.feed(b"\n" + ANTHROPIC)
    meter.end()
    assert meter.tokens == STREAMS[0][2]


@given(st.sampled_from(sorted(READERS)), st.lists(st.binary(max_size=60)), st.booleans())
def test_no_answer_breaks_the_meter(wire: Wire, chunks: list[bytes], streamed: bool) -> None:
    metered(wire, *(b'data: {"usage":' + chunk for chunk in chunks), streamed=streamed)
