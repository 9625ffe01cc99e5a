"""`POST /github/webhooks`, through real HTTP: what is kept, what is dropped, what is refused and how."""

import hashlib
import hmac
import json
import socket
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select

import bot.intake
from bot.intake import MOST_BYTES
from config.identity import require_github
from config.settings import SettingsError, load
from handlers.inbox import NewDelivery, deliveries, store
from handlers.payloads import parts_of
from tests.conftest import MakeWorld
from tests.world import FIX, World


def signed(body: bytes, secret: str, **more: str) -> dict[str, str]:
    """The headers of a delivery."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/json",
        "x-github-event": "issue_comment",
        "x-github-delivery": "00000000-0000-4000-8000-000000000001",
        "x-hub-signature-256": f"sha256={digest}",
    }
    return headers | {name.replace("_", "-"): value for name, value in more.items()}


def post(world: World, body: bytes, headers: Mapping[str, str] | None = None, /, **more: str) -> httpx.Response:
    """A delivery, signed unless the headers are given."""
    wanted = headers if headers is not None else signed(body, world.hub.webhook_secret, **more)
    return httpx.post(f"{world.url}/github/webhooks", content=body, headers=dict(wanted), timeout=20)


def rows(world: World) -> list[Any]:
    """Deliveries of comments that are kept."""
    with world.database.read() as connection:
        return list(connection.execute(select(deliveries).where(deliveries.c.event != "installation")))


def comment_payload(world: World, text: str = "/async-code status") -> dict[str, Any]:
    """What GitHub sends of a comment."""
    repository = world.hub.repository("octo/app")
    owner = {"id": 9001, "login": "octo", "type": "Organization"}
    alice = {"id": 9002, "login": "alice", "type": "User"}
    return {
        "action": "created",
        "installation": {"id": 1},
        "repository": {"id": repository.id, "full_name": "octo/app", "owner": owner, "default_branch": "main"},
        "issue": {"number": 1, "title": "t", "body": None},
        "comment": {"id": 77, "body": text, "user": alice},
        "sender": alice,
    }


def body_of(payload: object) -> bytes:
    """The payload as GitHub would write it."""
    return json.dumps(payload).encode()


def test_what_a_bot_says_is_not_even_kept_unless_the_operator_listed_it(new_world: MakeWorld) -> None:
    world = new_world(allowed_bots="9003")
    for bot_id, answer in ((9004, "a bot that nobody listed"), (9003, "stored")):
        bot = {"id": bot_id, "login": "some[bot]", "type": "Bot"}
        said = {**comment_payload(world), "sender": bot, "comment": {"id": 77, "body": "/async-code help", "user": bot}}
        assert post(world, body_of(said)).json() == {"answer": answer}
    assert len(rows(world)) == 1


@pytest.mark.parametrize("odd", [[1], {"id": 1}, None, "9003", 1.5, True])
def test_a_bot_with_an_odd_id_is_nobody_listed(new_world: MakeWorld, odd: object) -> None:
    world = new_world(allowed_bots="9003")
    said = {**comment_payload(world), "sender": {"id": odd, "login": "some[bot]", "type": "Bot"}}
    assert post(world, body_of(said)).json() == {"answer": "a bot that nobody listed"}


def test_what_a_bot_does_is_kept(world: World) -> None:
    bot = {"id": 9004, "login": "some[bot]", "type": "Bot"}
    closed = {**comment_payload(world), "action": "closed", "sender": bot}
    assert post(world, body_of(closed), x_github_event="issues").json() == {"answer": "stored"}


SIGNATURES = [
    None,
    "",
    "sha256=",
    "sha256=" + "0" * 64,
    "sha256=é",
    "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "SHA256=" + "a" * 64,
    "sha512=" + "a" * 128,
    "a" * 64,
    "sha256=" + "A" * 64,
    "sha256 = x",
    "sha256=" + "0" * 10_000,
]


def test_a_wrong_signature_is_refused_and_leaves_nothing(world: World) -> None:
    for header in SIGNATURES:
        body = body_of(comment_payload(world))
        headers = signed(body, world.hub.webhook_secret)
        del headers["x-hub-signature-256"]
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        if header is not None:
            raw.append((b"x-hub-signature-256", header.encode()))
        answer = httpx.post(f"{world.url}/github/webhooks", content=body, headers=raw)
        assert answer.status_code == 401
        assert "error" in answer.json()
        assert rows(world) == []


def test_a_doubled_signature_header_is_refused(world: World) -> None:
    body = body_of(comment_payload(world))
    raw = [(name.encode(), value.encode()) for name, value in signed(body, world.hub.webhook_secret).items()]
    answer = httpx.post(f"{world.url}/github/webhooks", content=body, headers=[*raw, raw[-1]])
    assert answer.status_code == 401


def test_either_secret_counts_while_one_is_rotated(new_world: MakeWorld) -> None:
    world = new_world(github_webhook_secret="new-secret,old-secret")
    body = body_of({"zen": "x"})
    for secret in ("new-secret", "old-secret"):
        assert post(world, body, signed(body, secret, x_github_event="ping")).status_code == 200
    assert post(world, body, signed(body, "another", x_github_event="ping")).status_code == 401


def test_a_ping_is_answered_only_when_it_is_signed(world: World) -> None:
    body = body_of({"zen": "Keep it simple."})
    assert post(world, body, x_github_event="ping").json() == {"answer": "pong"}
    assert post(world, body, signed(body, "wrong", x_github_event="ping")).status_code == 401


UNWANTED = [
    ("push", {"ref": "refs/heads/main"}),
    ("issue_comment", {"action": "created", "comment": {"body": "nothing for us"}}),
    ("issue_comment", {"action": "pinned", "comment": {"body": "/async-code help"}}),
    ("installation", {"action": "something_new"}),
]


def test_what_nothing_wants_is_answered_with_200_and_not_kept(world: World) -> None:
    for event, payload in UNWANTED:
        assert post(world, body_of(payload), x_github_event=event).status_code == 200
        assert rows(world) == []


def test_a_command_is_kept_before_it_is_acknowledged(world: World) -> None:
    answer = post(world, body_of(comment_payload(world)))
    assert (answer.status_code, answer.json()) == (202, {"answer": "stored"})
    (row,) = rows(world)
    assert row.state == "stored"
    assert len(row.body) < 1500


def test_a_redelivered_guid_is_acknowledged_and_kept_once(world: World) -> None:
    body = body_of(comment_payload(world))
    answers = [post(world, body).json()["answer"] for _ in range(10)]
    assert answers == ["stored", *["known"] * 9]
    assert len(rows(world)) == 1


def test_a_wanted_event_that_is_not_what_github_documents_is_kept_for_an_operator(world: World) -> None:
    payload = comment_payload(world)
    del payload["repository"]["id"]
    assert post(world, body_of(payload)).status_code == 202
    world.work()
    (row,) = rows(world)
    assert (row.state, row.faults) == ("failed", 0)
    assert "repository.id" in row.error
    assert parts_of(body_of(payload)) == json.loads(row.body)


ODD = [
    b"",
    b"async-code",
    b"{async-code",
    b'["/async-code"]',
    b'"/async-code"',
    b"[" * 100_000 + b"async-code",
    b'{"async-code":' * 50_000 + b"1" + b"}" * 50_000,
    b'\xff\xfe{"a": "async-code"}',
    b'{"n": ' + b"9" * 5000 + b', "c": "async-code"}',
]


def test_json_that_is_none_or_too_odd_is_refused_in_one_line(world: World) -> None:
    for body in ODD:
        answer = post(world, body)
        assert answer.status_code in (200, 400)
        assert rows(world) == []
        if answer.status_code == 400:
            assert "\n" not in answer.json()["error"]


def test_text_that_no_database_could_keep_is_kept_as_it_was_said(world: World) -> None:
    payload = comment_payload(world, "/async-code implement a\0b \ud800 c")
    answer = post(world, body_of(payload))
    assert answer.status_code == 202
    (row,) = rows(world)
    assert "\0" not in row.body
    assert json.loads(row.body)["comment"]["body"] == payload["comment"]["body"]


FOREIGN = [
    ({"content_type": "application/x-www-form-urlencoded"}, 415),
    ({"content_type": "text/plain"}, 415),
    ({"content_encoding": "gzip"}, 415),
    ({"x_github_delivery": "../../etc"}, 400),
    ({"x_github_delivery": "x" * 65}, 400),
    ({"x_github_event": "Issue Comment"}, 400),
    ({"x_github_hook_installation_target_id": "1"}, 401),
]


def test_a_request_that_is_no_delivery_of_ours_is_refused(world: World) -> None:
    for more, status in FOREIGN:
        assert post(world, body_of(comment_payload(world)), **more).status_code == status
        assert rows(world) == []


def test_only_post_is_answered(world: World) -> None:
    assert httpx.get(f"{world.url}/github/webhooks").status_code == 405


def test_a_body_that_announces_more_than_the_cap_is_refused_unread(world: World) -> None:
    parts = urlsplit(world.url)
    headers = signed(b"", world.hub.webhook_secret) | {"content-length": str(MOST_BYTES + 1), "host": "x"}
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        connection.sendall(f"POST /github/webhooks HTTP/1.1\r\n{head}\r\n".encode())
        assert b" 413 " in connection.recv(4096).splitlines()[0]


def test_a_body_that_streams_past_the_cap_is_refused(world: World) -> None:
    def chunks() -> Any:
        for _ in range(30):
            yield b" " * 1024 * 1024

    headers = signed(b"", world.hub.webhook_secret)
    try:
        status = httpx.post(f"{world.url}/github/webhooks", content=chunks(), headers=headers).status_code
    except httpx.WriteError:
        status = 413  # the server closed before all was sent, which is its right
    assert status == 413


def test_a_body_that_never_comes_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.intake, "SECONDS", 0.2)
    parts = urlsplit(world.url)
    headers = signed(b"", world.hub.webhook_secret) | {"content-length": "100", "host": "x"}
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        connection.sendall(f"POST /github/webhooks HTTP/1.1\r\n{head}\r\n{{".encode())
        assert b" 408 " in connection.recv(4096).splitlines()[0]


def test_without_a_secret_nothing_starts() -> None:
    settings = load(_env_file=None, github_app_id=1, github_app_private_key="key", github_webhook_secret=" , ")
    with pytest.raises(SettingsError, match="GITHUB_WEBHOOK_SECRET"):
        require_github(settings)


def test_a_database_that_is_gone_is_a_503_and_never_an_acknowledgement(world: World) -> None:
    with world.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE deliveries RENAME TO gone")
    answer = post(world, body_of(comment_payload(world)))
    assert answer.status_code == 503
    with world.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO deliveries")
    assert post(world, body_of(comment_payload(world))).status_code == 202


def test_a_comment_of_somebody_s_reaches_the_inbox_by_githubs_own_hand(world: World) -> None:
    world.comment(FIX)
    (row,) = rows(world)
    assert row.event == "issue_comment"


def test_an_odd_delivery_never_stops_the_next(world: World) -> None:
    owner = {"id": 1, "login": "x", "type": "User"}
    odd = {"action": "created", "installation": {"id": 9, "account": owner, "permissions": {"\ud800": "\udfff\0"}}}
    assert post(world, body_of(odd), x_github_event="installation").status_code == 202
    assert post(world, body_of(comment_payload(world)), x_github_delivery="another").status_code == 202


def test_one_commit_keeps_many_and_tells_the_new_from_the_known(world: World) -> None:
    one, two, broken = (NewDelivery(guid, "issue_comment", "{}") for guid in ("one", "two", "broken"))
    with world.database.write() as connection:
        assert store(connection, [one, broken, one]) == {"one", "broken"}
    time.sleep(0.005)  # SQLite's clock counts milliseconds
    with world.database.write() as connection:
        assert store(connection, [one, two, broken]) == {"two"}
        connection.execute(deliveries.update().where(deliveries.c.guid == "broken").values(state="failed"))
    time.sleep(0.005)
    with world.database.write() as connection:
        assert store(connection, [one, broken]) == {"broken"}
    assert {row.guid: row.state for row in rows(world)} == dict.fromkeys(("one", "two", "broken"), "stored")


def test_who_waits_for_a_database_that_is_stuck_is_told_in_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.intake, "SECONDS", 0.3)
    with world.database.write() as connection:
        connection.execute(deliveries.delete())
        if not world.database.is_sqlite:
            connection.exec_driver_sql("LOCK TABLE deliveries")
        assert post(world, body_of(comment_payload(world))).status_code == 503


def test_a_text_is_kept_as_it_is_written(world: World) -> None:
    texts = {"escape": r'{"a": "\\u0000 \n"}', "other": 'é 漢字 🎉 "quoted" \\ \t', "empty": ""}
    with world.database.write() as connection:
        store(connection, [NewDelivery(guid, "issue_comment", text) for guid, text in texts.items()])
    assert {row.guid: row.body for row in rows(world)} == texts
