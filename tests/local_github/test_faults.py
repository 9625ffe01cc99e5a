"""Faults on request, the log of calls, and a server that goes away for a while."""

import httpx
import pytest

from bot.local_github import LocalGitHub
from bot.local_github.faults import SeenCall
from tests.local_github.callers import Api
from tests.local_github.conftest import REPO

COMMENTS = "/api/v3/repos/octo-org/till/issues/1/comments"


@pytest.fixture(autouse=True)
def issue(hub: LocalGitHub) -> None:
    hub.open_issue(REPO, "Wrong", None, by="sam")


def say(api: Api) -> httpx.Response:
    return api.repo("POST", "/issues/1/comments", json={"body": "hello"})


def test_an_error_has_no_effect_and_happens_so_often(hub: LocalGitHub, api: Api) -> None:
    hub.faults.add("POST", "/comments$", 503, times=2, headers={"Retry-After": "1"})
    answers = [say(api) for _ in range(3)]
    assert [one.status_code for one in answers] == [503, 503, 201]
    assert answers[0].headers["Retry-After"] == "1"
    assert len(hub.comments(REPO, 1)) == 1


def test_a_secondary_limit_says_so(hub: LocalGitHub, api: Api) -> None:
    hub.faults.add("*", "/comments$", 403, headers={"Retry-After": "60"})
    assert "secondary rate limit" in say(api).json()["message"]


def test_a_lost_answer_had_its_effect(hub: LocalGitHub, api: Api) -> None:
    hub.faults.add("POST", "/comments$", "lost_response")
    with pytest.raises(httpx.RemoteProtocolError):
        say(api)
    assert len(hub.comments(REPO, 1)) == 1
    assert hub.calls[-1] == SeenCall("POST", COMMENTS, 0)
    assert say(api).status_code == 201


def test_calls_are_counted_and_faults_cleared(hub: LocalGitHub, api: Api) -> None:
    hub.faults.add("POST", "/comments$")
    hub.faults.clear()
    say(api)
    assert hub.calls.count(SeenCall("POST", COMMENTS, 201)) == 1


def test_a_server_comes_back_on_its_port_with_all_that_it_knew(hub: LocalGitHub, api: Api) -> None:
    port = int(hub.url.rpartition(":")[2])
    token = api.token()
    hub.stop()
    with pytest.raises(httpx.ConnectError):
        say(api)
    hub.comment(REPO, 1, "said meanwhile", by="sam")
    assert hub.deliveries[-1].status == "failed to connect to host"
    hub.start(port)
    assert [one["body"] for one in api.repo("GET", "/issues/1/comments", token).json()] == ["said meanwhile"]
