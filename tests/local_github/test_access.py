"""Who may call, and what a token may see and do."""

import time
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.local_github import LocalGitHub
from tests.local_github.callers import Api, app_token
from tests.local_github.conftest import REPO


@pytest.mark.parametrize(
    ("claims", "status", "words"),
    [
        ({}, 200, ""),
        ({"expires": 700}, 401, "too far in the future"),
        ({"issued": -700, "expires": -1}, 401, "'exp'"),
        ({"issued": 300}, 401, "'iat'"),
        ({"exp": "soon"}, 401, "'exp'"),
        ({"iss": "1"}, 404, "Integration not found"),
    ],
)
def test_a_jwt_is_taken_only_with_right_claims(
    claims: dict[str, Any], status: int, words: str, hub: LocalGitHub, api: Api
) -> None:
    answer = api.as_app("GET", "/app", token=app_token(hub, **claims))
    assert (answer.status_code, words in answer.text) == (status, True)


def test_the_client_id_is_an_issuer_too(hub: LocalGitHub, api: Api) -> None:
    assert api.as_app("GET", "/app", token=app_token(hub, iss=hub.client_id)).status_code == 200


def test_a_jwt_of_another_key_is_refused(hub: LocalGitHub, api: Api) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    present = int(time.time())
    forged = jwt.encode({"iat": present, "exp": present + 60, "iss": str(hub.app_id)}, other, "RS256")
    assert api.as_app("GET", "/app", token=forged).status_code == 401
    assert api.as_app("GET", "/app", token="no.jwt.at.all").status_code == 401


def test_without_a_token_nothing_is_told(hub: LocalGitHub, api: Api) -> None:
    assert api.http.get("/repos/octo-org/till").status_code == 401
    assert api.repo("GET", "", token="ghs_" + "x" * 36).json()["message"] == "Bad credentials"


def test_a_caller_without_a_name_is_refused(hub: LocalGitHub) -> None:
    assert httpx.get(f"{hub.url}/api/v3/meta", headers={"User-Agent": ""}, trust_env=False).status_code == 403


def test_another_version_of_the_api_is_refused(api: Api) -> None:
    assert api.repo("GET", "", headers={"X-GitHub-Api-Version": "1999-01-01"}).status_code == 400


def test_both_forms_of_tokens_work(api: Api) -> None:
    short = api.token()
    long = api.new_token(headers={"X-GitHub-Stateless-S2S-Token": "enabled"}).json()["token"]
    assert len(short) == 40
    assert long.startswith("ghs_4711_eyJ")
    assert len(long) > 450
    assert [api.repo("GET", "", token=one).status_code for one in (short, long)] == [200, 200]


def test_a_token_ends_after_an_hour(hub: LocalGitHub, api: Api) -> None:
    token = api.token()
    hub.advance(3500)
    assert api.repo("GET", "", token=token).status_code == 200
    hub.advance(100)
    assert api.repo("GET", "", token=token).status_code == 401
    assert api.repo("GET", "", token=api.token()).status_code == 200


def test_a_revoked_token_is_dead(api: Api) -> None:
    token = api.token()
    assert api.call("DELETE", "/installation/token", token).status_code == 204
    assert api.call("DELETE", "/installation/token", token).status_code == 401


def test_a_token_may_be_narrowed_to_permissions(api: Api) -> None:
    token = api.token({"permissions": {"issues": "read"}})
    assert api.repo("GET", "/issues/1", token).status_code == 404
    refused = api.repo("POST", "/issues/1/comments", token, json={"body": "hello"})
    assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
    assert api.repo("GET", "/branches/main", token).status_code == 403
    assert refused.headers["X-Accepted-GitHub-Permissions"] == "issues=write; pull_requests=write"


@pytest.mark.parametrize("asked", [{"issues": "admin"}, {"workflows": "write"}, {"issues": "any"}])
def test_a_token_never_gets_more_than_was_granted(asked: dict[str, str], api: Api) -> None:
    assert api.new_token({"permissions": asked}).status_code == 422


def test_a_token_may_be_narrowed_to_repositories(hub: LocalGitHub, api: Api) -> None:
    hub.add_repository("octo-org", "vault", {"a": "a"}, private=True)
    hub.add_repository("octo-org", "shop", {"a": "a"})
    token = api.token({"repository_ids": [hub.repository(REPO).id]})
    seen = api.call("GET", "/installation/repositories", token).json()
    assert [one["full_name"] for one in seen["repositories"]] == [REPO]
    assert api.repo("GET", "", token).status_code == 200
    assert api.call("GET", "/repos/octo-org/vault", token).status_code == 404
    assert api.call("GET", "/repos/octo-org/shop", token).status_code == 200  # public: everybody may read
    assert api.call("POST", "/repos/octo-org/shop/git/refs", token, json={}).status_code == 403


def test_an_unknown_repository_makes_no_token(api: Api) -> None:
    assert api.new_token({"repositories": ["nothing"]}).status_code == 422


def test_a_suspended_installation_says_so(hub: LocalGitHub, api: Api) -> None:
    token = api.token()
    hub.suspend("octo-org")
    answers = [api.new_token(), api.repo("GET", "", token)]
    assert {(one.status_code, one.json()["message"]) for one in answers} == {
        (403, "This installation has been suspended")
    }
    hub.unsuspend("octo-org")
    assert api.repo("GET", "", token).status_code == 200


def test_an_uninstalled_app_finds_nothing(hub: LocalGitHub, api: Api) -> None:
    token, installation = api.token(), hub.install("octo-org")
    hub.uninstall("octo-org")
    assert api.as_app("POST", f"/app/installations/{installation.id}/access_tokens").status_code == 404
    assert api.repo("GET", "", token).status_code == 401


def test_every_answer_tells_the_rate(api: Api) -> None:
    first, second = (api.repo("GET", "").headers for _ in range(2))
    assert first["X-RateLimit-Limit"] == "5000"
    assert int(first["X-RateLimit-Remaining"]) - int(second["X-RateLimit-Remaining"]) == 1
    assert "X-RateLimit-Reset" in api.http.get("/nothing").headers


def test_one_call_too_many_is_refused_until_the_hour_is_over(hub: LocalGitHub, api: Api) -> None:
    hub.rates.limit = 2
    token = api.token()
    assert [api.repo("GET", "", token).status_code for _ in range(3)] == [200, 200, 403]
    assert api.call("GET", "/rate_limit", token).json()["rate"]["remaining"] == 0
    hub.advance(3600)
    assert api.repo("GET", "", api.token()).status_code == 200
