"""Faults on request, the log of calls, and a server that goes away for a while."""

from pathlib import Path

import httpx
import pytest

from bot.local_github import LocalGitHub
from bot.local_github.faults import Asked, HangUp, Moment, SeenCall
from tests.local_github.callers import Api
from tests.local_github.conftest import REPO, plant, planted

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


def test_a_part_of_the_requests_fails_the_same_part_each_time(hub: LocalGitHub, api: Api) -> None:
    def answers() -> list[int]:
        hub.faults.clear()
        hub.faults.randomly("POST", "/comments$", 502, rate=0.3, seed=7)
        return [say(api).status_code for _ in range(40)]

    first = answers()
    assert 4 < first.count(502) < 20
    assert answers() == first


def test_a_slow_answer_comes_late(hub: LocalGitHub, api: Api) -> None:
    hub.faults.slow("POST", "/comments$", 0.2)
    assert say(api).elapsed.total_seconds() > 0.2


def test_somebody_is_told_before_the_effect_and_after_it(hub: LocalGitHub, api: Api) -> None:
    told: list[tuple[Asked, int]] = []
    for moment in ("before", "after"):
        hub.faults.tell("POST", "/comments$", moment, lambda asked: told.append((asked, len(hub.comments(REPO, 1)))))
    assert say(api).status_code == 201
    assert [(asked.method, asked.path, there) for asked, there in told] == [
        ("POST", COMMENTS, 0),
        ("POST", COMMENTS, 1),
    ]
    assert told[0][0].port > 0


def test_what_an_installation_creates_is_counted_and_refused_beyond_the_limit(tmp_path: Path) -> None:
    with planted(tmp_path, creations=(3, 500)) as hub:
        plant(hub)
        hub.open_issue(REPO, "Wrong", None, by="sam")
        with Api(hub) as api:
            answers = [say(api) for _ in range(4)]
            api.repo("GET", "/issues/1/comments")
    assert [one.status_code for one in answers] == [201, 201, 201, 403]
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 60
    assert "secondary rate limit" in answers[3].json()["message"]
    assert (hub.creations.worst, hub.creations.refused) == ((4, 4), 1)
    assert len(hub.comments(REPO, 1)) == 3


@pytest.mark.parametrize(("moment", "there"), [("before", 0), ("after", 1)])
def test_a_witness_may_cut_the_line(hub: LocalGitHub, api: Api, moment: Moment, there: int) -> None:
    def cut(_asked: Asked) -> None:
        raise HangUp

    hub.faults.tell("POST", "/comments$", moment, cut, times=1)
    # Which of the two depends on whether the server had read all of the request by then.
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        say(api)
    assert len(hub.comments(REPO, 1)) == there
