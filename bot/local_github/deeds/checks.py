"""The App's check runs, and the buttons that people press on them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.local_github.deeds.announce import announce
from bot.local_github.ledger import now
from bot.local_github.records import CheckRun, Repository, User
from bot.local_github.refusals import RefusalError, archived, invalid, not_found
from bot.local_github.shapes import checks
from bot.local_github.shapes.accounts import ACTIONS
from bot.local_github.site import Site

STATUSES = ("queued", "in_progress", "completed")
CONCLUSIONS = ("action_required", "cancelled", "failure", "neutral", "success", "skipped", "stale", "timed_out")
LEVELS = ("notice", "warning", "failure")
MOST_ANNOTATIONS = 50
LONGEST_TEXT = 65535
MOST_ACTIONS = 3
LONGEST_ACTION = {"label": 20, "description": 40, "identifier": 20}


def create_check(site: Site, repository: Repository, given: Mapping[str, Any]) -> CheckRun:
    """POST …/check-runs. Raises GitHub's 422s."""
    if repository.archived:
        raise archived()
    for field in ("name", "head_sha"):
        if not isinstance(given.get(field), str) or not given[field]:
            raise RefusalError(422, f'Invalid request.\n\n"{field}" wasn\'t supplied.')
    with site.ledger.lock:
        sha = given["head_sha"]
        if site.disk.resolve(repository.id, sha) != sha:
            raise RefusalError(422, f"No commit found for SHA: {sha}")
        suite_id, check_id = site.ledger.suite(repository, sha), site.ledger.new_id()
        blank = CheckRun(id=check_id, repository_id=repository.id, suite_id=suite_id, head_sha=sha, name=given["name"])
        made = site.ledger.keep(_with(blank, given))
        _announce(site, repository, made, "created", site.app.bot)
        if made.status == "completed":
            _announce(site, repository, made, "completed", site.app.bot)
        return made


def update_check(site: Site, repository: Repository, check_id: int, given: Mapping[str, Any]) -> CheckRun:
    """PATCH …/check-runs/{id}. Annotations are added to those that are there."""
    if repository.archived:
        raise archived()
    with site.ledger.lock:
        before = site.ledger.check(repository, check_id)
        changed = site.ledger.keep(_with(before, given))
        if changed.status == "completed" != before.status:
            _announce(site, repository, changed, "completed", site.app.bot)
        return changed


def fail_elsewhere(site: Site, repository: Repository, sha: str, name: str, text: str) -> CheckRun:
    """Another App's check of a commit fails, the only one of its suite: ours hears that the suite has ended."""
    with site.ledger.lock:
        output = {"title": "Failed", "summary": "It failed.", "text": text}
        check_id, suite_id = site.ledger.new_id(), site.ledger.new_id()
        made = CheckRun(id=check_id, repository_id=repository.id, suite_id=suite_id, head_sha=sha, name=name)
        blank = replace(made, of_app=ACTIONS)
        failed = site.ledger.keep(_with(blank, {"conclusion": "failure", "output": output}))
        suite = checks.check_suite(site, repository, failed)
        announce(site, "check_suite", "completed", repository, site.app.bot, check_suite=suite)
        return failed


def ask_again(site: Site, repository: Repository, check_id: int, by: User) -> None:
    """A person presses "Re-run"."""
    _announce(site, repository, site.ledger.check(repository, check_id), "rerequested", by)


def ask_all_again(site: Site, repository: Repository, sha: str, by: User) -> None:
    """A person presses "Re-run all checks": the suite of a commit is asked for again."""
    shown = [check for check in site.ledger.checks_of(repository, sha) if check.of_app is None]
    if not shown:
        raise not_found()
    suite = checks.check_suite(site, repository, shown[-1])
    announce(site, "check_suite", "rerequested", repository, by, check_suite=suite)


def press(site: Site, repository: Repository, check_id: int, identifier: str, by: User) -> None:
    """A person presses one of the App's own buttons."""
    check = site.ledger.check(repository, check_id)
    if identifier not in [action["identifier"] for action in check.actions]:
        raise not_found()
    _announce(site, repository, check, "requested_action", by, requested_action={"identifier": identifier})


def _announce(site: Site, repository: Repository, check: CheckRun, action: str, by: User, **parts: Any) -> None:
    suite = checks.check_suite(site, repository, check)
    shape = {**checks.check_run(site, repository, check), "check_suite": suite}
    announce(site, "check_run", action, repository, by, check_run=shape, **parts)


def _with(check: CheckRun, given: Mapping[str, Any]) -> CheckRun:
    plain = {key: given[key] for key in ("name", "external_id", "details_url") if key in given}
    # GitHub dates the start of a run that nobody dated at its making.
    started = _moment(given, "started_at") or check.started_at or now()
    return replace(
        check, **plain, started_at=started, **_state(check, given), **_output(check, given), **_actions(given)
    )


def _state(check: CheckRun, given: Mapping[str, Any]) -> dict[str, Any]:
    conclusion = given.get("conclusion")
    status = "completed" if conclusion else given.get("status", check.status)
    if status not in STATUSES:
        raise invalid("CheckRun", field="status")
    if status != "completed":
        return {"status": status, "conclusion": None, "completed_at": None}
    conclusion = conclusion or check.conclusion
    if conclusion is None:
        raise RefusalError(422, 'Invalid request.\n\n"conclusion" wasn\'t supplied.')
    if conclusion not in CONCLUSIONS:
        raise invalid("CheckRun", field="conclusion")
    completed = _moment(given, "completed_at") or check.completed_at or now()
    return {"status": status, "conclusion": conclusion, "completed_at": completed}


def _moment(given: Mapping[str, Any], field: str) -> datetime | None:
    value = given.get(field)
    if value is None:
        return None
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise invalid("CheckRun", field=field) from None


def _output(check: CheckRun, given: Mapping[str, Any]) -> dict[str, Any]:
    output = given.get("output")
    if output is None:
        return {}
    if not isinstance(output, dict) or not isinstance(output.get("summary"), str):
        raise RefusalError(422, 'Invalid request.\n\n"summary" wasn\'t supplied.')
    for field in ("summary", "text"):
        if len(output.get(field) or "") > LONGEST_TEXT:
            words = f"Only {LONGEST_TEXT} characters are allowed; {len(output[field])} were supplied."
            raise RefusalError(422, f"Invalid request.\n\n{words}")
    texts = {key: output.get(key, getattr(check, key)) for key in ("title", "summary", "text")}
    return {**texts, "annotations": (*check.annotations, *_annotations(output))}


def _annotations(output: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    given = output.get("annotations") or []
    if len(given) > MOST_ANNOTATIONS:
        words = f"No more than {MOST_ANNOTATIONS} items are allowed; {len(given)} were supplied."
        raise RefusalError(422, f"Invalid request.\n\n{words}")
    for one in given:
        for field in ("path", "start_line", "end_line", "annotation_level", "message"):
            if field not in one:
                raise RefusalError(422, f'Invalid request.\n\n"{field}" wasn\'t supplied.')
        if one["annotation_level"] not in LEVELS:
            raise invalid("CheckRun", field="annotations")
    return list(given)


def _actions(given: Mapping[str, Any]) -> dict[str, Any]:
    actions = given.get("actions")
    if actions is None:
        return {}
    if len(actions) > MOST_ACTIONS:
        words = f"No more than {MOST_ACTIONS} items are allowed; {len(actions)} were supplied."
        raise RefusalError(422, f"Invalid request.\n\n{words}")
    for action in actions:
        for field, longest in LONGEST_ACTION.items():
            if not action.get(field) or len(action[field]) > longest:
                raise invalid("CheckRun", field="actions")
    return {"actions": tuple(actions)}
