"""GitHub's refusals and absences become our errors; writes are never repeated; tokens are shared, and sealed."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Literal

import httpx
import pytest
import redis

from bot.local_github.access import Wishes, new_token
from config.secrets import Envelope, Master, envelope
from runners import mirrors
from runners.github import Api
from runners.github_types import (
    Committed,
    Forbidden,
    GitHubError,
    Invalid,
    NotFound,
    Paced,
    Role,
    Suspended,
    Unavailable,
    Where,
    committed_of,
)
from runners.pace import Pace
from runners.tokens import TokenCache
from tests.world import REPO, World

NewApi = Callable[[], Api]


def calls(world: World, method: str, path: str) -> int:
    """How often GitHub was asked so."""
    return sum(1 for call in world.hub.calls if call.method == method and path in call.path)


def comments(world: World) -> list[str]:
    return [comment.body for comment in world.hub.comments(REPO, 1)]


# Each refusal of a write: status and headers of the answer, our error, and after how many seconds to try again.
REFUSALS: list[tuple[int, dict[str, str], type[GitHubError], float | None]] = [
    (404, {}, NotFound, None),
    (410, {}, NotFound, None),
    (403, {}, Forbidden, None),
    (422, {}, Invalid, None),
    (400, {}, GitHubError, None),
    (451, {}, GitHubError, None),
    (500, {}, Unavailable, None),
    (502, {}, Unavailable, None),
    (503, {"Retry-After": "7"}, Unavailable, 7),
    (403, {"Retry-After": "60"}, Unavailable, 60),  # a secondary limit
    (429, {"Retry-After": "3"}, Unavailable, 3),
    (429, {}, Unavailable, 60),
    (403, {"X-RateLimit-Remaining": "0"}, Unavailable, 60),
    (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "{in 100}"}, Unavailable, 100),
    (503, {"Retry-After": "-5"}, Unavailable, None),
    (503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, Unavailable, None),
]


def test_each_refusal_becomes_one_of_our_errors_and_no_write_is_repeated(world: World, where: Where) -> None:
    api = world.context.github
    api.comment(where, 1, "the token is there now")
    for status, headers, kind, retry_after in REFUSALS:
        before = calls(world, "POST", "/comments")
        present = {name: value.replace("{in 100}", str(int(time.time()) + 100)) for name, value in headers.items()}
        world.hub.faults.add("POST", "/comments$", status, times=5, headers=present)
        with pytest.raises(GitHubError) as refused:
            api.comment(where, 1, "never")
        world.hub.faults.clear()
        world.later(200)  # longer than GitHub asked for
        said = (status, headers)
        assert type(refused.value) is kind, said
        assert refused.value.status == status, said
        assert calls(world, "POST", "/comments") == before + 1, said
        if isinstance(refused.value, Unavailable):
            assert refused.value.retry_after == (pytest.approx(retry_after, abs=3) if retry_after else None), said
    assert comments(world) == ["the token is there now"]


def test_a_write_whose_answer_is_lost_is_not_repeated(world: World, where: Where) -> None:
    api = world.context.github
    world.hub.faults.add("POST", "/comments$", "lost_response")
    with pytest.raises(Unavailable, match="no answer"):
        api.comment(where, 1, "once")
    assert comments(world) == ["once"]
    world.hub.faults.add("PATCH", "/comments/", 502)
    with pytest.raises(Unavailable):
        api.edit_comment(where, world.hub.comments(REPO, 1)[0].id, "twice")
    assert calls(world, "PATCH", "/comments/") == 1


def test_a_read_is_tried_three_times_where_github_stumbles(world: World, where: Where) -> None:
    api, alice = world.context.github, world.hub.site.ledger.users["alice"].id
    faults: tuple[Literal[502, "lost_response"], ...] = (502, "lost_response")
    for fault in faults:
        before = calls(world, "GET", "/permission")
        world.hub.faults.add("GET", "/permission$", fault, times=2)
        assert api.role(where, "alice", alice) == Role.WRITE
        assert calls(world, "GET", "/permission") == before + 3
    before = calls(world, "GET", "/permission")
    world.hub.faults.add("GET", "/permission$", 503, times=9)
    with pytest.raises(Unavailable):
        api.role(where, "alice", alice)
    assert calls(world, "GET", "/permission") == before + 3
    world.hub.faults.clear()


def test_a_read_that_is_refused_or_limited_is_not_repeated(world: World, where: Where) -> None:
    for status, headers in ((403, {}), (422, {}), (404, {}), (403, {"Retry-After": "9"}), (429, {"Retry-After": "9"})):
        before = calls(world, "GET", "/pulls/7")
        world.hub.faults.add("GET", "/pulls/7$", status, headers=headers)
        with pytest.raises(GitHubError):
            world.context.github.pull(where, 7)
        assert calls(world, "GET", "/pulls/7") == before + 1, status
        world.later(10)  # GitHub asked for nine seconds


@pytest.mark.parametrize("name", ["Retry-After", "X-RateLimit-Reset"])
def test_a_limit_told_in_no_number_is_one_all_the_same(world: World, where: Where, name: str) -> None:
    headers = {"X-RateLimit-Remaining": "0", name: "Wed, 21 Oct 2026 07:28:00 GMT"}
    world.hub.faults.add("POST", "/comments$", 429, headers=headers)
    with pytest.raises(Unavailable):
        world.context.github.comment(where, 1, "never")


def test_a_page_of_a_proxy_in_place_of_an_answer_counts_as_none(world: World, where: Where) -> None:
    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>Please log in.</html>")

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        there = world.settings.model_copy(update={"github_base_url": f"http://127.0.0.1:{proxy.server_port}"})
        api = Api(there, TokenCache("unix:///nowhere/broker.sock", "proxy", envelope(there)), world.context.github.pace)
        for ask in (lambda: api.comment(where, 1, "never"), lambda: api.git_token(where, {}).__enter__()):
            with pytest.raises(Unavailable):
                ask()
        api.close()
        proxy.shutdown()


def test_a_token_of_the_app_that_github_calls_bad_is_made_anew(world: World, where: Where) -> None:
    world.hub.faults.add("POST", "/access_tokens$", 401)
    world.context.github.comment(where, 1, "hello")
    assert comments(world) == ["hello"]
    assert calls(world, "POST", "/access_tokens") == 2


def test_a_suspended_and_a_removed_installation_are_told_apart(world: World, where: Where) -> None:
    api = world.context.github
    api.comment(where, 1, "with a token that stays in the cache")
    world.hub.suspend("octo")
    with pytest.raises(Suspended):
        api.comment(where, 1, "never")
    with pytest.raises(Suspended), api.git_token(where, {"contents": "read"}):
        pass
    world.hub.unsuspend("octo")
    world.hub.uninstall("octo")
    with pytest.raises(NotFound):
        api.comment(where, 1, "never")


def test_nobody_listening_is_unavailable(world: World, where: Where) -> None:
    world.hub.stop()
    with pytest.raises(Unavailable, match="no answer"):
        world.context.github.comment(where, 1, "never")
    with pytest.raises(Unavailable), world.context.github.git_token(where, {"contents": "read"}):
        pass


def test_a_token_that_github_calls_bad_is_renewed_once(world: World, where: Where) -> None:
    api = world.context.github
    api.comment(where, 1, "first")
    world.hub.site.ledger.tokens.clear()
    api.comment(where, 1, "second")
    assert comments(world) == ["first", "second"]
    assert calls(world, "POST", "/access_tokens") == 2
    world.hub.faults.add("POST", "/comments$", 401, times=9)
    before = calls(world, "POST", "/comments")
    with pytest.raises(Unavailable):
        api.comment(where, 1, "never")
    assert calls(world, "POST", "/comments") == before + 2


def test_a_role_counts_only_for_the_person_who_asked(world: World, where: Where) -> None:
    api, users = world.context.github, world.hub.site.ledger.users
    roles = {"alice": Role.WRITE, "tom": Role.TRIAGE, "mallory": Role.READ}
    for login, role in roles.items():
        assert api.role(where, login, users[login].id) == role
        assert api.role(where, login, users["bob"].id) == Role.NONE, "a login that another person has by now"
    assert api.role(where, "bob", users["bob"].id) in (Role.NONE, Role.READ)
    assert api.role(where, "nobody-at-all", 1) == Role.NONE


def test_a_git_token_is_for_one_repository_and_revoked_after(world: World, where: Where) -> None:
    tokens = world.hub.site.ledger.tokens
    with world.context.github.git_token(where, {"contents": "read"}) as value:
        token = tokens[value]
        assert token.repository_ids == frozenset({where.repository_id})
        assert token.permissions == {"contents": "read", "metadata": "read"}
    assert value not in tokens
    with pytest.raises(RuntimeError), world.context.github.git_token(where, {"contents": "read"}) as value:
        raise RuntimeError
    assert value not in tokens


def test_a_token_that_can_t_be_revoked_hides_no_error(world: World, where: Where) -> None:
    world.hub.faults.add("DELETE", "/installation/token", 502)
    with world.context.github.git_token(where, {"contents": "read"}):
        pass


def test_the_long_form_of_tokens_works_too(world: World, where: Where, shared_api: NewApi, broker: str) -> None:
    api, site = shared_api(), world.hub.site
    installation = site.ledger.installations[where.installation_id]
    api.comment(where, 1, "with a short token")
    long = new_token(site.app, site.ledger, installation, Wishes(None, None, stateless=True)).value
    assert len(long) > 400
    kept = TokenCache(broker, world.settings.host_name, envelope(world.settings))
    with redis.Redis.from_url(broker) as client:
        (name,) = client.keys("*INSTALLATION*") or client.keys("*installation*")
    kept.set(name.decode().rpartition(f"{world.settings.host_name}:")[2], long, timedelta(minutes=5))
    kept.close()
    for value in list(site.ledger.tokens):
        if value != long:
            del site.ledger.tokens[value]
    shared_api().comment(where, 1, "with the long one")
    assert calls(world, "POST", "/access_tokens") == 1
    _, commit = mirrors.fetch(world.settings, where, "refs/heads/main", long)
    assert commit == world.hub.branches(REPO)["main"]


def test_processes_share_one_token_and_redis_holds_it_sealed(
    world: World, where: Where, shared_api: NewApi, broker: str
) -> None:
    one, other = shared_api(), shared_api()
    one.comment(where, 1, "one")
    other.comment(where, 1, "other")
    assert calls(world, "POST", "/access_tokens") == 1
    with redis.Redis.from_url(broker) as client:
        names = client.keys()
        held = b"\n".join(name + b"=" + (client.get(name) or b"") for name in names)
        lives = [client.ttl(name) for name in names]
    tokens = list(world.hub.site.ledger.tokens)
    assert len(lives) == 2, "the installation's token and the App's JWT"
    assert all(0 < seconds <= 3600 for seconds in lives)
    for secret in (b"ghs_", b"eyJ", *(token.encode() for token in tokens)):
        assert secret not in held


def test_what_stands_in_redis_is_never_believed(world: World, where: Where, shared_api: NewApi, broker: str) -> None:
    shared_api().comment(where, 1, "first")
    other_key = Envelope([Master(b"x" * 32, "hkdf")])
    with redis.Redis.from_url(broker) as client:
        names = client.keys()
        for junk in (b"", b"\xff\xfe", b"v1:::::", b"ghs_" + b"x" * 36, other_key.seal("a", "b", b"c").encode()):
            for name in names:
                client.set(name, junk)
            shared_api().comment(where, 1, "again")
        a, b = names
        sealed = client.get(a), client.get(b)
        client.set(a, sealed[1] or b"")
        client.set(b, sealed[0] or b"")  # swapped: each opens under its own name only
        shared_api().comment(where, 1, "last")
    assert len(comments(world)) == 7


def test_without_redis_a_process_keeps_its_own_token(world: World, where: Where, shared_api: NewApi) -> None:
    world.context.github.comment(where, 1, "one")  # its cache's server is nowhere
    world.context.github.comment(where, 1, "two")
    assert calls(world, "POST", "/access_tokens") == 1


def test_no_request_may_take_for_ever_and_none_is_cached(
    world: World, where: Where, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[httpx.Request] = []
    handle = httpx.HTTPTransport.handle_request

    def noting(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return handle(transport, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", noting)
    api = world.context.github
    api.role(where, "alice", world.hub.site.ledger.users["alice"].id)
    api.role(where, "alice", world.hub.site.ledger.users["alice"].id)
    api.comment(where, 1, "hello")
    with api.git_token(where, {"contents": "read"}):
        pass
    assert [request.method for request in seen] == ["POST", "GET", "GET", "POST", "POST", "DELETE"]
    for request in seen:
        timeouts = request.extensions["timeout"]
        assert set(timeouts) == {"connect", "read", "write", "pool"}
        assert all(0 < seconds <= 10 for seconds in timeouts.values()), request.url
        assert "if-none-match" not in request.headers


def test_our_comment_is_found_on_a_later_page_and_never_a_copy_of_its_mark(world: World, where: Where) -> None:
    marker = "<!-- async-code task=t1 -->"
    world.hub.comment(REPO, 1, f"{marker} pasted by a person", by="mallory")
    for number in range(100):
        world.hub.comment(REPO, 1, f"talk {number}", by="alice")
    api = world.context.github
    assert api.find_comments(where, 1, marker, world.hub.app_id) == {}
    ours = api.comment(where, 1, f"{marker}\nhello")
    assert api.find_comments(where, 1, marker, world.hub.app_id) == {ours: f"{marker}\nhello"}


def test_each_comment_on_an_issue_keeps_a_turn_of_its_own(world: World, where: Where) -> None:
    settings = world.settings.model_copy(update={"github_writes_per_minute": 1})
    tokens = TokenCache("unix:///nowhere/broker.sock", settings.host_name, envelope(settings))
    api = Api(settings, tokens, Pace(world.database, settings))
    assert api.comment(where, 1, "<!-- a -->\nfirst")
    waits = []
    for text in ("<!-- b -->\nsecond", "<!-- c -->\nthird", "<!-- b -->\nsecond, in other words"):
        with pytest.raises(Paced) as told:
            api.comment(where, 1, text)
        waits.append(told.value.retry_after or 0)
    api.close()
    assert waits[1] - waits[0] > 60
    assert abs(waits[2] - waits[0]) < 5


@pytest.mark.parametrize(
    ("about", "unverified"),
    [
        ({"verification": {"verified": True, "reason": "valid"}}, ""),
        ({"verification": {"verified": False, "reason": "gpgverify_unavailable"}}, "gpgverify_unavailable"),
        ({"verification": {"verified": False, "reason": None}}, "unsigned"),
        ({"verification": None}, "unsigned"),
        ({}, "unsigned"),
    ],
)
def test_a_commit_is_verified_only_where_github_says_so(about: dict[str, object], unverified: str) -> None:
    assert committed_of({"sha": "a" * 40, **about}) == Committed("a" * 40, unverified)
