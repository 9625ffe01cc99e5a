"""Check runs and their annotations."""

from bot.local_github.deeds import checks
from bot.local_github.refusals import RefusalError, not_found
from bot.local_github.rest.calls import Answer, Call, in_repository, paged
from bot.local_github.shapes import checks as shapes
from bot.local_github.shapes import repositories


def create_check(call: Call) -> Answer:
    """POST …/check-runs."""
    return Answer(
        201, shapes.check_run(call.site, call.repository, checks.create_check(call.site, call.repository, call.given))
    )


def get_check(call: Call) -> Answer:
    """GET …/check-runs/{id}."""
    check = call.site.ledger.check(call.repository, call.path["check_id"])
    return Answer(200, shapes.check_run(call.site, call.repository, check))


def update_check(call: Call) -> Answer:
    """PATCH …/check-runs/{id}."""
    changed = checks.update_check(call.site, call.repository, call.path["check_id"], call.given)
    return Answer(200, shapes.check_run(call.site, call.repository, changed))


def list_annotations(call: Call) -> Answer:
    """GET …/check-runs/{id}/annotations."""
    check = call.site.ledger.check(call.repository, call.path["check_id"])
    page, links = paged(call, check.annotations)
    return Answer(200, [shapes.annotation(call.site, call.repository, check, one) for one in page], links)


def list_checks(call: Call) -> Answer:
    """GET …/commits/{ref}/check-runs: newest first, and by default the newest of each name only."""
    sha = call.site.disk.resolve(call.repository.id, call.path["ref"])
    if sha is None:
        raise RefusalError(422, f"No commit found for SHA: {call.path['ref']}")
    newest = list(reversed(call.site.ledger.checks_of(call.repository, sha)))
    if call.query.get("filter", "latest") == "latest":
        newest = list({one.name: one for one in reversed(newest)}.values())[::-1]
    app_id = call.number("app_id", 0)
    newest = [one for one in newest if app_id in (0, one.of_app or call.site.app.id)]
    name, status = call.query.get("check_name"), call.query.get("status")
    found = [one for one in newest if name in (None, one.name) and status in (None, one.status)]
    page, links = paged(call, found)
    shown = [shapes.check_run(call.site, call.repository, one) for one in page]
    return Answer(200, {"total_count": len(found), "check_runs": shown}, links)


def prefer_suites(call: Call) -> Answer:
    """PATCH …/check-suites/preferences: this local GitHub makes no suite by itself, whatever is preferred."""
    wishes = call.given.get("auto_trigger_checks")
    fits = isinstance(wishes, list) and all(
        isinstance(one, dict) and isinstance(one.get("app_id"), int) and isinstance(one.get("setting"), bool)
        for one in wishes
    )
    if not fits:
        raise RefusalError(422, "Invalid request.")
    shape = {"preferences": {"auto_trigger_checks": wishes}}
    return Answer(200, {**shape, "repository": repositories.repository(call.site, call.repository)})


def job_log(call: Call) -> Answer:
    """GET …/actions/jobs/{id}/logs: GitHub sends its reader on to where logs lie; here they lie at once."""
    text = call.site.logs.get(call.path["job_id"])
    if text is None:
        raise not_found()
    return Answer(200, text.encode())


ROUTES = [
    *in_repository("GET", "/actions/jobs/{job_id:int}/logs", job_log, "actions:read"),
    *in_repository("PATCH", "/check-suites/preferences", prefer_suites, "checks:write"),
    *in_repository("POST", "/check-runs", create_check, "checks:write"),
    *in_repository("GET", "/check-runs/{check_id:int}", get_check, "checks:read"),
    *in_repository("PATCH", "/check-runs/{check_id:int}", update_check, "checks:write"),
    *in_repository("GET", "/check-runs/{check_id:int}/annotations", list_annotations, "checks:read"),
    *in_repository("GET", "/commits/{ref:path}/check-runs", list_checks, "checks:read"),
]
