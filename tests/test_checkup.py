"""What the operator is told about the App when the bot starts."""

import pytest

from bot.checkup import check_up, lacks
from config import marks
from config.identity import require_github
from config.settings import SettingsError, load
from tests.world import World


def test_an_app_that_fits_is_named(world: World) -> None:
    assert check_up(world.settings) == ["GitHub knows the App as `async-code`, installed on 1 accounts"]


def test_a_key_of_another_app_is_said_to_be_one(world: World) -> None:
    (said,) = check_up(world.settings.model_copy(update={"github_app_id": 1}))
    assert "GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY must be of the same App" in said


def test_a_key_that_is_none_is_refused_at_the_start() -> None:
    broken = load(_env_file=None, github_app_id=1, github_app_private_key="nonsense", github_webhook_secret="s")
    with pytest.raises(SettingsError, match="private key in PEM form"):
        require_github(broken)


def test_a_key_on_one_line_is_understood(world: World) -> None:
    one_line = world.hub.private_key_pem.replace("\n", "\\n")
    settings = load(_env_file=None, github_app_id=1, github_app_private_key=one_line, github_webhook_secret="s")
    require_github(settings)


def test_a_github_that_does_not_answer_is_said_not_to(world: World) -> None:
    (said,) = check_up(world.settings.model_copy(update={"github_base_url": "http://127.0.0.1:9"}))
    assert "commands wait" in said


def test_every_right_and_event_that_is_missing_is_named() -> None:
    manifest = {"default_permissions": {"checks": "write", "members": "read"}, "default_events": ["issues"]}
    app = {"slug": "other", "permissions": {"checks": "read", "members": "write"}, "events": []}
    said = " ".join(lacks(app, manifest, load(_env_file=None)))
    assert "`checks: write`" in said
    assert "`members: read`" not in said
    assert "`issues`" in said
    assert "GITHUB_APP_SLUG=other" in said


def test_a_pause_is_remembered_at_the_next_start(world: World) -> None:
    with world.database.write() as connection:
        marks.put(connection, marks.PAUSED, 1.0)
    assert check_up(world.settings)[0] == "Everything is still paused: `./async-code resume`."
