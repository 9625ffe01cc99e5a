"""Whether GitHub and this bot fit together, said when the bot starts: a wrong key is otherwise found by silence."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot.operating.pausing import still_paused
from config.broker import broker_urls
from config.database import Database
from config.secrets import envelope
from config.settings import Settings
from runners.github import Api
from runners.github_types import GitHubError
from runners.pace import Pace
from runners.tokens import TokenCache

MANIFEST = Path(__file__).parents[1] / "app.yml"
STRENGTH = {"read": 1, "write": 2}


def check_up(settings: Settings) -> list[str]:
    """What is paused, what GitHub says of the App, and all that it lacks, each as a line with what to do."""
    database = Database(settings.database)
    tokens = TokenCache(broker_urls(settings).redis, settings.host_name, envelope(settings))
    github = Api(settings, tokens, Pace(database, settings))
    try:
        with database.read() as connection:
            paused = still_paused(connection)
        app = github.app()
    except GitHubError as error:
        return [*paused, unreachable(settings, error)]
    finally:
        github.close()
        database.close()
    known = f"GitHub knows the App as `{app['slug']}`, installed on {app.get('installations_count', 0)} accounts"
    return [*paused, known, *lacks(app, YAML(typ="safe").load(MANIFEST.read_text()), settings)]


def unreachable(settings: Settings, error: GitHubError) -> str:
    """Why GitHub did not say who the App is."""
    if error.status in (401, 404):
        return (
            f"{settings.host_name} does not know App {settings.github_app_id} by this key ({error}): "
            "GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY must be of the same App, and this machine's clock right"
        )
    return f"{settings.host_name} can't be asked who the App is ({error}); commands wait until it can"


def lacks(app: Mapping[str, Any], manifest: Mapping[str, Any], settings: Settings) -> list[str]:
    """Rights and events of the manifest that the App was not given, and a slug that is not the settings'."""
    given = app.get("permissions") or {}
    rights = [
        f"the App lacks the permission `{name}: {level}`: grant it on the App's settings page"
        for name, level in manifest["default_permissions"].items()
        if STRENGTH.get(given.get(name, ""), 0) < STRENGTH[level]
    ]
    unheard = [
        f"the App is not subscribed to `{event}`: tick it on the App's settings page"
        for event in manifest["default_events"]
        if event not in (app.get("events") or [])
    ]
    slug = app.get("slug")
    named = [] if slug == settings.github_app_slug else [f"set GITHUB_APP_SLUG={slug}, so that `@{slug} …` is heard"]
    return rights + unheard + named
