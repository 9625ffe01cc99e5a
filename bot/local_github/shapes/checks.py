"""Check runs and their annotations, as GitHub shows them."""

from collections.abc import Mapping
from typing import Any

from bot.local_github.records import CheckRun, Repository
from bot.local_github.shapes.accounts import via_app
from bot.local_github.shapes.pulls import minimal_pull
from bot.local_github.shapes.texts import date, node_id
from bot.local_github.site import Json, Site


def check_run(site: Site, repository: Repository, record: CheckRun) -> Json:
    """GET …/check-runs/{id}."""
    api = f"{site.at.repository(repository)}/check-runs/{record.id}"
    on = [
        pull
        for pull in site.ledger.pulls_of(repository)
        if (pull.head_sha, pull.head_repository_id) == (record.head_sha, repository.id)
    ]
    page = site.at.check_page(repository, record)
    return {
        "id": record.id,
        "node_id": node_id("CheckRun", record.id),
        "name": record.name,
        "head_sha": record.head_sha,
        "external_id": record.external_id or "",
        "url": api,
        "html_url": page,
        "details_url": record.details_url or page,
        "status": record.status,
        "conclusion": record.conclusion,
        "started_at": date(record.started_at),
        "completed_at": date(record.completed_at),
        "output": {
            "title": record.title,
            "summary": record.summary,
            "text": record.text,
            "annotations_count": len(record.annotations),
            "annotations_url": f"{api}/annotations",
        },
        "check_suite": {"id": record.suite_id},
        "app": via_app(site, record.of_app or site.app.id),
        "pull_requests": [minimal_pull(site, repository, pull) for pull in on],
    }


def annotation(site: Site, repository: Repository, record: CheckRun, given: Mapping[str, Any]) -> Json:
    """One line's remark of a check run."""
    optional = {name: given.get(name) for name in ("start_column", "end_column", "title", "raw_details")}
    blob = f"{site.at.page(repository)}/blob/{record.head_sha}/{given['path']}"
    asked = {name: given[name] for name in ("path", "start_line", "end_line", "annotation_level", "message")}
    return {**asked, **optional, "blob_href": blob}


def check_suite(site: Site, repository: Repository, record: CheckRun) -> Json:
    """The suite of a check run, as webhooks carry it inside the run."""
    api = f"{site.at.repository(repository)}/check-suites/{record.suite_id}"
    pulls = [pull for pull in site.ledger.pulls_of(repository) if pull.head_sha == record.head_sha]
    return {
        "id": record.suite_id,
        "node_id": node_id("CheckSuite", record.suite_id),
        "head_branch": pulls[0].head if pulls else None,
        "head_sha": record.head_sha,
        "status": record.status,
        "conclusion": record.conclusion,
        "url": api,
        "before": None,
        "after": record.head_sha,
        "pull_requests": [minimal_pull(site, repository, pull) for pull in pulls],
        "app": via_app(site, record.of_app or site.app.id),
        "created_at": date(record.started_at or repository.created_at),
        "updated_at": date(record.completed_at or record.started_at or repository.created_at),
    }
