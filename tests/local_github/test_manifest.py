"""Manifests that GitHub takes, and what it refuses."""

from pathlib import Path

import pytest
from githubkit_schemas.v2022_11_28.models import AppPermissions

from bot.local_github.manifest import PERMISSIONS, ManifestError, read

GOOD = "name: My App\nurl: https://example.com\n"


def written(directory: Path, text: str) -> Path:
    path = directory / "app.yml"
    path.write_text(text)
    return path


def test_a_manifest_gives_permissions_and_events(tmp_path: Path) -> None:
    found = read(
        written(tmp_path, f"{GOOD}default_permissions: {{issues: write, checks: none}}\ndefault_events: [issues]\n")
    )
    assert (found.slug, found.events) == ("my-app", ("issues",))
    assert found.permissions == {"metadata": "read", "issues": "write"}


def test_the_projects_own_manifest_is_taken() -> None:
    assert "issue_comment" in read(Path(__file__).parents[2] / "app.yml").events


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("default_events: [issue_coment]", "no event `issue_coment`"),
        ("default_events: [issues]", "`issues` needs the permission `issues`"),
        ("default_events: [issues]\ndefault_permissions: {issues: none}", "needs the permission `issues`"),
        ("default_events: [issue_comment]", "`issues` or `pull_requests`"),
        ("default_events: [pull_request_review]", "needs the permission `pull_requests`"),
        ("default_events: [pull_request_review_comment]", "needs the permission `pull_requests`"),
        *(
            (f"default_events: [{event}]", "can't be subscribed to")
            for event in ("installation", "installation_repositories", "github_app_authorization", "ping")
        ),
        ("default_permissions: {isues: read}", "no permission `isues`"),
        ("default_permissions: {issues: all}", "can't be `all`"),
        ("default_permissions: [issues]", "must be a mapping"),
        ("default_events: issues", "must be a list"),
        ("name: " + "x" * 35, "too long"),
    ],
)
def test_a_manifest_is_refused_with_the_place_and_the_reason(text: str, words: str, tmp_path: Path) -> None:
    given = GOOD.replace("name: My App\n", "") + text if text.startswith("name") else GOOD + text
    with pytest.raises(ManifestError, match=r"app\.yml") as refused:
        read(written(tmp_path, given))
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"), [("name: [", "not YAML"), ("- a", "must be a mapping"), ("{}", "`name` is missing")]
)
def test_a_file_that_is_no_manifest_is_refused(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=words):
        read(written(tmp_path, text))


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="can't be read"):
        read(tmp_path / "nothing.yml")


def test_all_of_githubs_permissions_are_known() -> None:
    assert {field.alias or name for name, field in AppPermissions.model_fields.items()} <= PERMISSIONS
