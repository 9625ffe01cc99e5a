"""The gateway through its door: over its unix socket, to a provider over HTTP, with the money in SQL."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import httpx
import pytest
from sqlalchemy import event, select

from config.catalogue import Tokens, price_of
from config.settings import SettingsError
from runners import claims, moves, usage
from runners.claims import Claim
from runners.gateway.app import LOOK_SECONDS
from runners.gateway.server import identity
from runners.sandboxes.places import MODELS
from runners.sockets import connect
from runners.states import RunState
from runners.usage import usage as table
from runners.way_out import folder_of
from tests.gateway.conftest import KEY, MODEL, Ground, Later
from tests.gateway.provider import ended, started
from tests.runners.rows import write

COST = price_of("anthropic", MODEL).cost(Tokens(input=1000, output=100))


def until(condition: Callable[[], Any]) -> None:
    """Waits for what another thread is about to do."""
    for _ in range(500):
        if condition():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it did not come to pass")


def rows(ground: Ground) -> list[Any]:
    with ground.database.read() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)))


def test_an_answer_passes_byte_for_byte_and_is_charged(ground: Ground) -> None:
    claim = ground.run("secret")
    answer = ground.ask("secret")
    assert (answer.status_code, answer.content) == (200, started(1000) + ended(100))
    (asked,) = ground.provider.asked
    assert (asked.path, json.loads(asked.body)["model"]) == ("/v1/messages", MODEL)
    run = ground.row(claim)
    assert (run.input_tokens, run.output_tokens) == (1000, 100)
    assert run.cost_usd == pytest.approx(COST)
    (charged,) = rows(ground)
    assert (charged.run_id, charged.model, charged.gateway) == (claim.run_id, MODEL, "this-host")


@pytest.mark.parametrize(
    ("path", "shown", "went", "header"),
    [
        ("/anthropic/v1/messages?beta=true", {"x-api-key": "secret"}, "/v1/messages?beta=true", "x-api-key"),
        ("/anthropic/v1/messages", {"authorization": "Bearer secret"}, "/v1/messages?", "x-api-key"),
        ("/openai/v1/responses", {"authorization": "Bearer secret"}, "/v1/responses?", "authorization"),
        ("/openai/v1/chat/completions", {"authorization": "Bearer secret"}, "/v1/chat/completions?", "authorization"),
        (
            "/gemini/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse&key=x",
            {"x-goog-api-key": "secret"},
            "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
            "x-goog-api-key",
        ),
        (
            "/gemini/v1beta/models/gemini-2.5-pro:generateContent?key=secret",
            {},
            "/v1beta/models/gemini-2.5-pro:generateContent?",
            "x-goog-api-key",
        ),
    ],
)
def test_the_real_key_stands_where_the_credential_stood(
    ground: Ground, path: str, shown: dict[str, str], went: str, header: str
) -> None:
    ground.run("secret")
    brought = {"x-evil": "yes", "cookie": "a=b", "openai-organization": "theirs", "openai-beta": "x"}
    answer = ground.client.post(path, json={"model": MODEL}, headers={**brought, **shown})
    assert answer.status_code == 200
    (asked,) = ground.provider.asked
    assert f"{asked.path}?{asked.query}" == went
    assert asked.headers[header].removeprefix("Bearer ") == KEY
    assert "secret" not in str(asked.headers) + asked.query
    assert not {"x-evil", "cookie", "openai-organization", "openai-beta"} & set(asked.headers)


def test_a_key_of_the_agent_s_own_is_replaced(ground: Ground) -> None:
    ground.run("secret")
    headers = {"authorization": "Bearer secret", "x-api-key": "sk-of-the-attacker"}
    assert ground.client.post("/anthropic/v1/messages", json={"model": MODEL}, headers=headers).status_code == 200
    (asked,) = ground.provider.asked
    assert asked.headers["x-api-key"] == KEY
    assert "attacker" not in str(asked.headers)


@pytest.mark.parametrize("credential", ["", "another", "SECRET", "secret2"])
def test_who_is_not_known_is_refused(ground: Ground, credential: str) -> None:
    ground.run("secret")
    answer = ground.ask(credential)
    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "authentication_error")
    assert ground.provider.asked == []


def test_an_ended_run_is_not_known_any_more(ground: Ground) -> None:
    claim = ground.run("secret")
    assert ground.ask("secret").status_code == 200
    write(ground.database, lambda connection: moves.finish(connection, claim, RunState.FAILED))
    assert ground.ask("secret").status_code == 401


def test_a_lapsed_lease_is_no_run_at_work(ground: Ground) -> None:
    ground.run("secret")
    ground.database.clock_shift += 3600
    assert ground.ask("secret").status_code == 401
    assert ground.provider.asked == []


@pytest.mark.parametrize(
    ("path", "fields", "status", "said"),
    [
        ("/anthropic/v1/files", {}, 404, "only requests to a model's own API"),
        ("/anthropic/v1/messages", {"tools": [{"type": "web_search_20250305"}]}, 403, "runs at the provider"),
        ("/anthropic/v1/messages", {"model": ""}, 400, "names no model"),
    ],
)
def test_what_may_not_go_out_is_refused_in_a_sentence(
    ground: Ground, path: str, fields: dict[str, Any], status: int, said: str
) -> None:
    ground.run("secret")
    answer = ground.ask("secret", path, **fields)
    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]
    assert ground.provider.asked == [] and rows(ground) == []


def test_a_body_that_does_not_come_is_not_waited_for(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners.gateway.app.SECONDS_FOR_A_BODY", 0.2)
    ground.run("secret")

    def slowly() -> Iterator[bytes]:
        yield b"{"
        threading.Event().wait(2)
        yield b"}"

    answer = ground.client.post("/anthropic/v1/messages", content=slowly(), headers={"x-api-key": "secret"})
    assert answer.status_code == 408


def test_a_model_without_a_price_does_not_go_to_its_provider(ground: Ground) -> None:
    ground.run("secret")
    object.__setattr__(
        ground.settings, "openai_base_url", type(ground.settings).model_fields["openai_base_url"].default
    )
    answer = ground.ask("secret", "/openai/v1/responses", model="gpt-5.4-pro")
    assert (answer.status_code, "has no price" in answer.json()["error"]["message"]) == (403, True)


def test_headers_that_nobody_could_send_are_refused_and_reserve_nothing(ground: Ground) -> None:
    ground.run("secret")
    headers = [(b"x-api-key", b"secret"), (b"anthropic-version", b"\xe9")]
    answer = ground.client.post("/anthropic/v1/messages", json={"model": MODEL}, headers=headers)
    assert (answer.status_code, rows(ground)) == (400, [])


def test_an_endless_head_is_not_read(ground: Ground) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        connect(client, folder_of(ground.settings) / MODELS)
        client.sendall(b"POST /anthropic/v1/messages HTTP/1.1\r\nx: " + b"x" * 100_000)
        assert client.recv(100).startswith(b"HTTP/1.1 400")


def test_a_compressed_request_is_refused(ground: Ground) -> None:
    ground.run("secret")
    headers = {"x-api-key": "secret", "content-encoding": "gzip"}
    assert ground.client.post("/anthropic/v1/messages", content=b"x", headers=headers).status_code == 415


def test_counting_tokens_costs_nothing(ground: Ground) -> None:
    ground.run("secret", budget_usd=0.000001)
    assert ground.ask("secret", "/anthropic/v1/messages/count_tokens").status_code == 200
    assert rows(ground) == []


def test_a_request_that_the_budget_has_no_room_for_is_refused_for_good(ground: Ground) -> None:
    claim = ground.run("secret", budget_usd=0.01)
    assert ground.ask("secret", max_tokens=100).status_code == 200
    answer = ground.ask("secret", max_tokens=1000)
    assert answer.status_code == 403
    assert "budget of $0.01" in answer.json()["error"]["message"]
    assert ground.row(claim).over_budget
    assert len(ground.provider.asked) == 1


def test_requests_at_once_never_pass_the_budget_together(ground: Ground, in_background: Later) -> None:
    """Each may cost 1.5 cents and costs 0.45: of the first five the budget has room for three at once."""
    ground.provider.holding = True
    claim = ground.run("secret", budget_usd=0.05)
    answers: list[httpx.Response] = []
    for _ in range(5):
        in_background(lambda: answers.append(ground.ask("secret")))
    until(lambda: ground.provider.at_once == 3)
    assert len(rows(ground)) == 3
    ground.provider.go_on()
    until(lambda: len(answers) == 5)
    assert [answer.status_code for answer in answers] == [200] * 5
    assert ground.provider.most_at_once == 3
    assert ground.row(claim).cost_usd == pytest.approx(5 * COST)
    assert not ground.row(claim).over_budget


def test_a_run_asks_so_often_at_once_and_no_more(
    ground: Ground, in_background: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runners.gateway.shares.MOST_AT_ONCE", 2)
    ground.provider.holding = True
    for number, credential in enumerate(("secret", "another"), 1):
        keep(ground, ground.run(credential, number=number))
    answers: list[httpx.Response] = []
    for _ in range(2):
        in_background(lambda: answers.append(ground.ask("secret")))
    until(lambda: ground.provider.at_once == 2)
    assert ground.ask("secret").status_code == 429
    in_background(lambda: answers.append(ground.ask("another")))
    until(lambda: ground.provider.at_once == 3)
    ground.provider.go_on()
    until(lambda: len(answers) == 3)
    assert ground.ask("secret").status_code == 200


def test_what_answers_refused_requests_costs_nothing(ground: Ground) -> None:
    ground.provider.status, ground.provider.headers = 429, {"retry-after": "7", "anthropic-ratelimit-x": "1"}
    ground.provider.chunks = [b'{"error": {"type": "rate_limit_error"}}']
    claim = ground.run("secret")
    answer = ground.ask("secret")
    assert (answer.status_code, answer.json()["error"]["type"]) == (429, "rate_limit_error")
    assert (answer.headers["retry-after"], answer.headers["anthropic-ratelimit-x"]) == ("7", "1")
    assert ground.row(claim).cost_usd == 0


def test_an_answer_that_does_not_say_what_it_took_costs_the_most(ground: Ground) -> None:
    ground.provider.chunks = [b"data: {}\n\n"]
    claim = ground.run("secret")
    assert ground.ask("secret").status_code == 200
    (charged,) = rows(ground)
    assert ground.row(claim).cost_usd == charged.cost_usd == charged.reserved_usd > COST


def test_an_agent_that_goes_in_the_middle_pays_the_most(ground: Ground) -> None:
    ground.provider.holding = True
    claim = ground.run("secret")
    asked = {"model": MODEL, "max_tokens": 1000, "stream": True}
    with ground.client.stream("POST", "/anthropic/v1/messages", json=asked, headers={"x-api-key": "secret"}) as answer:
        next(answer.iter_raw())
    until(lambda: rows(ground)[0].cost_usd is not None)
    ground.provider.go_on()
    (charged,) = rows(ground)
    assert ground.row(claim).cost_usd == charged.cost_usd == charged.reserved_usd


def test_the_first_bytes_come_before_the_last(ground: Ground) -> None:
    ground.provider.holding = True
    ground.run("secret")
    asked = {"model": MODEL, "max_tokens": 1000, "stream": True}
    with ground.client.stream("POST", "/anthropic/v1/messages", json=asked, headers={"x-api-key": "secret"}) as answer:
        chunks = answer.iter_raw()
        assert next(chunks) == started(1000)
        ground.provider.go_on()
        assert b"".join(chunks) == ended(100)


def test_a_provider_that_can_t_be_reached_costs_nothing(ground: Ground) -> None:
    claim = ground.run("secret")
    object.__setattr__(ground.settings, "openai_base_url", "http://127.0.0.1:9/v1")
    answer = ground.ask("secret", "/openai/v1/responses")
    assert (answer.status_code, answer.json()["error"]["message"]) == (502, "127.0.0.1 can't be reached.")
    assert ground.row(claim).cost_usd == 0


def test_spend_of_an_earlier_attempt_counts(ground: Ground) -> None:
    claim = ground.run("first", budget_usd=0.018)
    assert ground.ask("first").status_code == 200
    write(ground.database, lambda connection: moves.give_back(connection, claim))
    assert ground.ask("first").status_code == 401
    ground.attempt(claim.run_id, "second", budget_usd=0.018)
    assert ground.ask("second").status_code == 403


def test_a_gateway_keeps_its_name_and_shares_it_with_nobody(ground: Ground) -> None:
    folder = ground.settings.data_dir / "gateway"
    with identity(folder) as name:
        assert len(name) == 16
        with pytest.raises(SettingsError, match="Another gateway serves"), identity(folder):
            raise AssertionError("there are two")
    with identity(folder) as again:
        assert again == name


def streaming(ground: Ground, credential: str) -> Any:
    """A request of which the first bytes have come; the provider holds the last back."""
    asked = {"model": MODEL, "max_tokens": 1000, "stream": True}
    return ground.client.stream("POST", "/anthropic/v1/messages", json=asked, headers={"x-api-key": credential})


def finish(ground: Ground, claim: Claim) -> None:
    write(ground.database, lambda connection: moves.finish(connection, claim, RunState.CANCELLED))


def move_on(ground: Ground, claim: Claim) -> None:
    write(ground.database, lambda connection: moves.give_back(connection, claim))
    ground.attempt(claim.run_id, "of the next attempt")


def keep(ground: Ground, claim: Claim) -> None:
    """The next claim waits until this one would have lapsed, which it does not."""
    write(ground.database, lambda connection: claims.note(connection, claim, lease_until=1e12))


def lapse(ground: Ground, claim: Claim) -> None:
    write(ground.database, lambda connection: claims.note(connection, claim, lease_until=0))


@pytest.mark.parametrize("end", [finish, move_on, lapse])
def test_an_answer_ends_with_the_attempt_that_asked(ground: Ground, end: Callable[[Ground, Claim], None]) -> None:
    ground.provider.holding = True
    claim = ground.run("secret")
    with streaming(ground, "secret") as answer:
        chunks = answer.iter_raw()
        assert next(chunks) == started(1000)
        began = time.monotonic()
        end(ground, claim)
        with pytest.raises(httpx.RemoteProtocolError):
            next(chunks)
        assert time.monotonic() - began < 5
    until(lambda: ground.provider.at_once == 0)
    (charged,) = rows(ground)
    assert charged.cost_usd == charged.reserved_usd


def test_an_answer_of_another_attempt_goes_on(ground: Ground) -> None:
    ground.provider.holding = True
    ended_one, other = ground.run("secret"), ground.run("another", number=2)
    for claim in (ended_one, other):
        keep(ground, claim)
    with streaming(ground, "secret") as first, streaming(ground, "another") as second:
        chunks, of_other = first.iter_raw(), second.iter_raw()
        assert next(chunks) == next(of_other) == started(1000)
        finish(ground, ended_one)
        with pytest.raises(httpx.RemoteProtocolError):
            next(chunks)
        ground.provider.go_on()
        assert b"".join(of_other) == ended(100)


def test_a_reservation_that_nobody_heard_of_is_forgotten(ground: Ground) -> None:
    """The database has it, but the gateway was told that it is away: the request never went out."""
    claim = ground.run("secret")
    run = ground.row(claim)
    write(ground.database, lambda connection: usage.reserve(connection, run, "unheard", "this-host", MODEL, 4.0))
    write(ground.database, lambda connection: usage.reserve(connection, run, "not ours", "that-host", MODEL, 0.5))
    until(lambda: rows(ground)[0].cost_usd == 0)
    assert rows(ground)[1].cost_usd is None


def test_what_can_t_be_settled_now_is_settled_later(ground: Ground) -> None:
    claim = ground.run("secret")
    with ground.database.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER away BEFORE UPDATE OF cost_usd ON usage BEGIN SELECT RAISE(ABORT, 'away'); END"
        )
    assert ground.ask("secret").status_code == 200
    assert rows(ground)[0].cost_usd is None
    with ground.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER away")
    until(lambda: rows(ground)[0].cost_usd is not None)
    assert ground.row(claim).cost_usd == pytest.approx(COST)


def test_large_bodies_of_one_run_keep_no_other_s_waiting(
    ground: Ground, in_background: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runners.gateway.app.SECONDS_FOR_A_BODY", 5)
    for number, credential in enumerate(("secret", "another"), 1):
        claim = ground.run(credential, budget_usd=50, number=number)
        keep(ground, claim)
    began, enough = threading.Semaphore(0), threading.Event()

    def slowly() -> Iterator[bytes]:
        yield b"{"
        began.release()
        enough.wait(20)

    def upload() -> None:
        ground.client.post("/anthropic/v1/messages", content=slowly(), headers={"x-api-key": "secret"})

    for _ in range(20):
        in_background(upload)
    for _ in range(20):
        assert began.acquire(timeout=20)
    assert ground.ask("another", system="x" * 2_000_000).status_code == 200
    enough.set()


def test_who_waits_for_room_waits_in_one_line(
    ground: Ground, in_background: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runners.gateway.app.SECONDS_FOR_ROOM", 3)
    ground.provider.holding = True
    claim = ground.run("secret", budget_usd=0.02)
    looks: list[float] = []
    event.listen(ground.database._writer, "begin", lambda connection: looks.append(time.monotonic()))
    answers: list[httpx.Response] = []
    for _ in range(9):
        in_background(lambda: answers.append(ground.ask("secret")))
    until(lambda: len(answers) == 8)
    assert {answer.status_code for answer in answers} == {429}
    assert "hold the rest of its budget" in answers[0].json()["error"]["message"]
    assert len(looks) < 9 + 2 * 3 / LOOK_SECONDS  # each of eight would have looked twelve times
    ground.provider.go_on()
    until(lambda: len(answers) == 9)
    assert ground.row(claim).cost_usd == pytest.approx(COST)


def test_who_connects_in_silence_keeps_nobody_out(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners.gateway.shares.MOST_STRANGERS", 3)
    ground.run("secret")
    with ExitStack() as held:
        silent = [held.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(5)]
        for client in silent:
            client.settimeout(10)
            connect(client, folder_of(ground.settings) / MODELS)
        assert [client.recv(1) for client in silent[:2]] == [b"", b""]
        assert ground.ask("secret").status_code == 200
        assert silent[2].recv(1) == b""


def test_a_document_is_held_as_all_that_the_model_can_read(ground: Ground) -> None:
    source = {"type": "base64", "media_type": "application/pdf", "data": "aGk="}
    asked = [{"role": "user", "content": [{"type": "document", "source": source}]}]
    claim = ground.run("secret", budget_usd=20)
    assert ground.ask("secret", messages=asked).status_code == 200
    (charged,) = rows(ground)
    assert charged.reserved_usd == price_of("anthropic", MODEL).most(None, 1000) > 10
    assert ground.row(claim).cost_usd == pytest.approx(COST)


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator whose programs reach the internet by a proxy, which is not there."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "gateway")
    monkeypatch.setenv("NO_PROXY", "gateway")


def test_a_provider_on_this_machine_is_reached_past_the_operator_s_proxy(proxied: None, ground: Ground) -> None:
    ground.run("secret")
    assert ground.ask("secret").status_code == 200
    assert ground.ask("secret", "/openai/v1/responses").status_code == 200


def test_the_keys_are_in_no_log(
    ground: Ground, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Nor what was asked and answered: not as we log, and not where all libraries tell all that they do."""
    caplog.set_level(0)
    ground.provider.chunks = [started(1000), b"data: what is answered\n\n", ended(100)]
    ground.run("secret")
    brought = {"x-api-key": "secret", "authorization": "Bearer of-the-agent-s-own"}
    asked = {"model": MODEL, "max_tokens": 1000, "system": "what is asked"}
    for status, breaks in ((200, False), (200, True), (500, False)):
        ground.provider.status, ground.provider.breaks = status, breaks
        with suppress(httpx.RemoteProtocolError):
            ground.ask("secret", system="what is asked")
    ground.client.post("/anthropic/v1/messages?key=secret", json=asked, headers=brought)
    ground.ask("secret", tools=[{"type": "web_search_20250305", "name": "what is asked"}])
    object.__setattr__(ground.settings, "openai_base_url", "http://127.0.0.1:9/v1")
    ground.ask("secret", "/openai/v1/responses")
    own = threading.current_thread().name  # what the test's own client tells
    quiet = "uvicorn.access"  # which only pytest listens to
    gateways = [record for record in caplog.records if record.threadName != own and record.name != quiet]
    told = "".join(capfd.readouterr()) + "".join(record.getMessage() for record in gateways)
    for name in (
        "gateway.answered",
        "gateway.answer_broke_off",
        "gateway.provider_unreachable",
        "send_request_headers",
    ):
        assert name in told
    for kept in (KEY, "secret", "of-the-agent-s-own", "what is asked", "what is answered"):
        assert kept not in told
