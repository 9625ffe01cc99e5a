"""What the hub's own methods refuse, so that a test's mistake is told at once."""

import pytest

from bot.local_github import LocalGitHub
from bot.local_github.refusals import RefusalError
from tests.local_github.callers import Api
from tests.local_github.conftest import REPO


@pytest.mark.parametrize("login", ["", "-", "api", "a b", "a/b", "x" * 41])
def test_a_name_that_github_would_not_give_is_refused(login: str, hub: LocalGitHub) -> None:
    with pytest.raises(ValueError, match="can't be a login"):
        hub.add_user(login)


@pytest.mark.parametrize("name", ["", "..", "a/b", "x.git", "TILL"])
def test_a_repositorys_name_is_fit_and_free(name: str, hub: LocalGitHub) -> None:
    with pytest.raises(ValueError, match=r"can't be a repository's name|is there already"):
        hub.add_repository("octo-org", name, None)


def test_a_custom_role_says_which_it_extends(hub: LocalGitHub) -> None:
    with pytest.raises(ValueError, match="needs `like`"):
        hub.set_role(REPO, "sam", "release crew")


def test_the_same_account_twice_is_one_in_any_case(hub: LocalGitHub) -> None:
    assert hub.add_user("Mona") == hub.add_user("mona")
    assert hub.install("octo-org") == hub.install("Octo-Org")


def test_what_is_not_there_is_not_found(hub: LocalGitHub) -> None:
    with pytest.raises(RefusalError, match="Not Found"):
        hub.issues("octo-org/nothing")
    with pytest.raises(RefusalError, match="not installed"):
        hub.suspend("mona")
    with pytest.raises(ValueError, match="is not in"):
        hub.diff(REPO, "main", "nothing")


def test_an_owner_is_an_admin_and_an_outsider_of_a_private_repository_nothing(hub: LocalGitHub, api: Api) -> None:
    hub.add_repository("mona", "own", {"a": "a"}, private=True)
    assert (hub.role("mona/own", "mona").base, hub.role("mona/own", "sam").base) == ("admin", "none")
    assert api.call("GET", "/repos/mona/own").status_code == 404


def test_the_app_closes_an_issue_and_takes_its_reaction_back(hub: LocalGitHub, api: Api) -> None:
    issue = hub.open_issue(REPO, "Wrong", None, by="sam")
    given = api.repo("POST", "/issues/1/reactions", json={"content": "eyes"}).json()
    assert [api.repo("DELETE", f"/issues/1/reactions/{given['id']}").status_code for _ in range(2)] == [204, 404]
    assert hub.reactions(issue) == []
    assert api.repo("PATCH", "/issues/1", json={"state": "closed"}).json()["closed_by"]["type"] == "Bot"
    assert api.repo("PATCH", "/issues/1", json={"state": "shut"}).status_code == 422
