"""The mock model through a client of each protocol, streamed and in one piece."""

import gzip
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import httpx
import pytest

from bot.mock_model import MockModel, Script
from bot.mock_model.script import Cut, Fail, Loop, Say, Shell, Spawn, Stall, Step, Together, Tokens, Write, marker
from tests.mock_model.clients import CLIENTS, Anthropic, Client

Talk = Callable[..., Client]


@pytest.fixture(params=[(wire, stream) for wire in CLIENTS for stream in (True, False)], ids=str)
def talk(request: pytest.FixtureRequest) -> Iterator[Talk]:
    """Makes a client of one protocol to a model with the given script."""
    wire, stream = request.param
    with ExitStack() as alive:
        yield lambda script, *tools: CLIENTS[wire](alive.enter_context(MockModel(script)), stream, *tools)


@pytest.fixture
def model() -> Iterator[Callable[[Sequence[Step]], MockModel]]:
    with ExitStack() as alive:
        yield lambda script: alive.enter_context(MockModel(script))


def test_a_script_from_the_first_word_to_the_last(talk: Talk) -> None:
    steps: list[Step] = [Say("I look."), Shell("ls"), Write("a/b.txt", "text\n"), Say("All "), Say("done.")]
    client = talk(Script(steps, tokens=Tokens(100, 7, cached=40)))
    first = client.say()
    assert (first.text, first.input, first.output, first.cached) == ("I look.", 100, 7, 40)
    ((_, name, given),) = first.calls
    assert (name, given) == ("run_shell_command", {"command": "ls", "why": "by the script", "background": False})
    second = client.result(first)
    ((_, name, given),) = second.calls
    assert (second.text, name) == ("", "write_file")
    assert given == {"file_path": "/somewhere/a/b.txt", "content": "text\n"}
    last = client.result(second)
    assert (last.text, last.calls) == ("All done.", [])


def test_several_calls_in_one_answer_have_ids_of_their_own(talk: Talk) -> None:
    client = talk([Together([Shell("a"), Shell("b")]), Say("Both.")])
    both = client.say()
    assert [given["command"] for _, _, given in both.calls] == ["a", "b"]
    assert len({id for id, _, _ in both.calls}) == 2
    assert client.result(both).text == "Both."


def test_a_loop_never_ends(talk: Talk) -> None:
    client = talk([Loop("true"), Say("never")])
    heard, seen = client.say(), set()
    for _ in range(5):
        ((id, _, given),) = heard.calls
        assert given["command"] == "true" and id not in seen
        seen.add(id)
        heard = client.result(heard)


def test_errors_have_the_protocols_form(talk: Talk) -> None:
    statuses = (400, 401, 403, 404, 413, 429, 500, 503, 529)
    client = talk(Script(named={str(status): [Fail(status, "No.")] for status in statuses}))
    for status in statuses:
        client.messages.clear()
        heard = client.say(marker(str(status)))
        assert (heard.status, heard.text) == (status, "No.")


def test_a_marker_chooses_another_script(talk: Talk) -> None:
    client = talk(Script([Say("main")], {"tester": [Shell("pytest"), Say("tested")]}))
    assert client.say(f"Do your part. {marker('tester')}").calls[0][2]["command"] == "pytest"


def test_words_choose_another_script(talk: Talk) -> None:
    client = talk(Script([Say("main")], asked={"a plan for it": [Shell("ls"), Say("planned")]}))
    assert client.say("Answer with a plan for it.").calls[0][2]["command"] == "ls"


def test_who_declares_no_tools_gets_text_and_usage(talk: Talk) -> None:
    heard = talk([Shell("ls")], {}).say("What is a title for this?")
    assert heard.text == "A title by the mock model" and not heard.calls
    assert heard.input > 10 and heard.output > 1


def test_a_step_without_a_tool_for_it_is_said(talk: Talk) -> None:
    assert "wants a tool for Spawn" in talk([Spawn("coder", "x")]).say().text


def test_an_error_that_fails_twice_lets_the_third_through(model: Callable[[Sequence[Step]], MockModel]) -> None:
    served = model([Fail(529, retry_after=2, times=2), Say("At last.")])
    client = Anthropic(served, stream=True)
    assert [client.say().status for _ in range(3)] == [529, 529, 200]
    assert [call.status for call in served.calls] == [529, 529, 200]
    response = httpx.post(served.url + "/anthropic/v1/messages", json={"tools": [{"name": "x"}]})
    assert response.json()["content"][0]["text"] == "At last."


def test_retry_after_is_a_header(model: Callable[[Sequence[Step]], MockModel]) -> None:
    served = model([Fail(429, retry_after=2.5)])
    assert httpx.post(served.url + "/openai/v1/responses", json={}).headers["retry-after"] == "2.5"


def test_a_stall_before_the_answer_and_within_it(model: Callable[[Sequence[Step]], MockModel]) -> None:
    for stall in (Stall(0.3), Stall(0.3, midway=True)):
        served = model([stall, Say("Late.")])
        begun = time.monotonic()
        assert Anthropic(served, stream=True).say().text == "Late."
        assert time.monotonic() - begun > 0.3


def test_who_leaves_a_stall_keeps_nothing_waiting() -> None:
    begun = time.monotonic()
    with MockModel([Stall(60)]) as served, pytest.raises(httpx.ReadTimeout):
        httpx.post(served.url + "/openai/v1/responses", json={}, timeout=0.2)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("stream", [True, False])
def test_a_cut_line(model: Callable[[Sequence[Step]], MockModel], stream: bool) -> None:
    served = model([Say("Never heard whole."), Cut()])
    with pytest.raises(httpx.RemoteProtocolError):
        Anthropic(served, stream=stream).say()


def test_compressed_bodies_and_what_was_asked(model: Callable[[Sequence[Step]], MockModel]) -> None:
    served = model([Say("Hello.")])
    body = gzip.compress(json.dumps({"model": "m", "input": "Hi", "tools": []}).encode())
    headers = {"content-encoding": "gzip", "authorization": "Bearer token"}
    assert httpx.post(served.url + "/openai/v1/responses?x=1", content=body, headers=headers).status_code == 200
    (call,) = served.calls
    assert (call.method, call.path, call.query, call.status) == ("POST", "/openai/v1/responses", "x=1", 200)
    assert call.body["input"] == "Hi" and call.headers["authorization"] == "Bearer token"


def test_json_on_demand(model: Callable[[Sequence[Step]], MockModel]) -> None:
    served = model([Shell("ls")])
    schema = {"type": "OBJECT", "properties": {"next": {"enum": ["user", "model"]}}, "required": ["next"]}
    body = {"contents": [], "generationConfig": {"responseSchema": schema}}
    answer = httpx.post(served.url + "/gemini/v1beta/models/m:generateContent", json=body).json()
    assert json.loads(answer["candidates"][0]["content"]["parts"][0]["text"]) == {"next": "user"}


@pytest.mark.parametrize(
    ("method", "path", "status", "word"),
    [
        ("POST", "/anthropic/v1/messages/count_tokens", 200, "input_tokens"),
        ("POST", "/gemini/v1beta/models/m:countTokens", 200, "totalTokens"),
        ("GET", "/openai/v1/models", 200, "mock-model"),
        ("GET", "/anthropic/v1/models", 200, "mock-model"),
        ("GET", "/anything/else", 404, "does not know GET /anything/else"),
        ("HEAD", "/anthropic", 404, ""),
    ],
)
def test_the_small_requests(
    model: Callable[[Sequence[Step]], MockModel], method: str, path: str, status: int, word: str
) -> None:
    served = model([])
    response = httpx.request(method, served.url + path, json={} if method == "POST" else None)
    assert response.status_code == status == served.calls[0].status
    assert word in response.text


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_a_body_that_is_none_is_refused(model: Callable[[Sequence[Step]], MockModel], body: bytes) -> None:
    assert httpx.post(model([]).url + "/openai/v1/responses", content=body).status_code == 400


def test_the_default_script_writes_a_file() -> None:
    with MockModel() as served:
        client = Anthropic(served, stream=True)
        heard = client.say()
        while heard.calls:
            last, heard = heard, client.result(heard)
    assert last.calls[0][2]["file_path"].endswith("MOCK_MODEL.md")
    assert "mock model" in heard.text


def test_the_same_request_has_the_same_answer(talk: Talk) -> None:
    client = talk([Shell("ls")])
    assert client.say() == client.ask()
