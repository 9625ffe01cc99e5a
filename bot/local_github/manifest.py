"""The App as its manifest describes it, and what GitHub refuses in one.

Events and permissions: https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

ALWAYS_SENT = frozenset(
    {"installation", "installation_repositories", "installation_target", "github_app_authorization"}
)
NOT_SUBSCRIBABLE = ALWAYS_SENT | {"ping", "marketplace_purchase", "sponsorship", "security_advisory"}

_EVENTS_BY_PERMISSION = {
    "actions": "workflow_job workflow_run",
    "administration": "branch_protection_configuration branch_protection_rule deploy_key repository_ruleset",
    "checks": "check_run check_suite",
    "contents": "commit_comment create delete fork gollum push release repository_dispatch workflow_dispatch",
    "deployments": "deployment deployment_review deployment_status deployment_protection_rule",
    "discussions": "discussion discussion_comment",
    "issues": "issue_comment issues milestone sub_issues issue_dependencies",
    "members": "member membership organization team team_add",
    "merge_queues": "merge_group",
    "metadata": "label public repository star watch",
    "organization_custom_properties": "custom_property custom_property_values",
    "organization_user_blocking": "org_block",
    "packages": "package registry_package",
    "pages": "page_build",
    "pull_requests": "issue_comment milestone pull_request pull_request_review pull_request_review_comment "
    "pull_request_review_thread",
    "repository_projects": "project project_card project_column",
    "secret_scanning_alerts": "secret_scanning_alert secret_scanning_alert_location secret_scanning_scan",
    "security_events": "code_scanning_alert",
    "statuses": "status",
    "vulnerability_alerts": "dependabot_alert",
}
_PERMISSIONS_WITHOUT_EVENTS = """
artifact_metadata attestations code_quality codespaces custom_properties_for_organizations dependabot_secrets
email_addresses enterprise_custom_properties_for_organizations environments followers git_ssh_keys gpg_keys
interaction_limits organization_administration organization_announcement_banners
organization_copilot_agent_settings organization_copilot_requests organization_copilot_seat_management
organization_custom_org_roles organization_custom_roles organization_events
organization_external_properties_for_repos organization_hooks organization_packages
organization_personal_access_token_requests organization_personal_access_tokens organization_plan
organization_projects organization_secrets organization_self_hosted_runners profile repository_custom_properties
repository_hooks secrets single_file starring workflows
"""
PERMISSIONS = frozenset(_EVENTS_BY_PERMISSION) | frozenset(_PERMISSIONS_WITHOUT_EVENTS.split())


class ManifestError(Exception):
    """A manifest that GitHub would not take; the message says where it is wrong, one line a problem."""


@dataclass(frozen=True)
class Manifest:
    """What an App asks for. `permissions` maps a name to read, write or admin."""

    name: str
    slug: str
    url: str
    permissions: Mapping[str, str]
    events: tuple[str, ...]


def read(path: Path) -> Manifest:
    """The App of a manifest file. Raises ManifestError."""
    try:
        given = YAML(typ="safe").load(path)
    except OSError as error:
        raise ManifestError(f"{path}: can't be read ({error.strerror})") from None
    except YAMLError as error:
        raise ManifestError(f"{path}: not YAML: {error}") from None
    if not isinstance(given, dict):
        raise ManifestError(f"{path}: must be a mapping with name, url, default_permissions and default_events")
    problems = refusals(given)
    if problems:
        raise ManifestError("\n".join(f"{path}: {problem}" for problem in problems))
    return Manifest(
        name=given["name"],
        slug="-".join(given["name"].lower().split()),
        url=given["url"],
        permissions={"metadata": "read", **_granted(given)},
        events=tuple(given.get("default_events") or ()),
    )


def _granted(given: Mapping[str, Any]) -> dict[str, str]:
    return {name: level for name, level in (given.get("default_permissions") or {}).items() if level != "none"}


def refusals(given: Mapping[str, Any]) -> list[str]:
    """What GitHub refuses in a manifest, each as one sentence."""
    return [*_plain_problems(given), *_permission_problems(given), *_event_problems(given)]


def _plain_problems(given: Mapping[str, Any]) -> list[str]:
    found = [f"`{key}` is missing" for key in ("name", "url") if not isinstance(given.get(key), str)]
    if isinstance(given.get("name"), str) and len(given["name"]) > 34:
        found.append("`name` is too long (maximum is 34 characters)")
    return found


def _permission_problems(given: Mapping[str, Any]) -> list[str]:
    asked = given.get("default_permissions") or {}
    if not isinstance(asked, dict):
        return ["`default_permissions` must be a mapping from a permission to read or write"]
    unknown = [f"default_permissions: there is no permission `{name}`" for name in asked if name not in PERMISSIONS]
    odd = [
        f"default_permissions: `{name}` can't be `{level}`; write read, write or none"
        for name, level in asked.items()
        if level not in ("read", "write", "admin", "none")
    ]
    return unknown + odd


def _event_problems(given: Mapping[str, Any]) -> list[str]:
    events = given.get("default_events") or []
    if not isinstance(events, list):
        return ["`default_events` must be a list"]
    granted = _granted(given) if isinstance(given.get("default_permissions") or {}, dict) else {}
    return [problem for event in events if (problem := _event_problem(str(event), {"metadata": "read", **granted}))]


def _event_problem(event: str, granted: Mapping[str, str]) -> str | None:
    if event in NOT_SUBSCRIBABLE:
        return f"default_events: `{event}` can't be subscribed to; GitHub sends it by itself"
    if event == "meta":
        return None
    needed = [permission for permission, names in _EVENTS_BY_PERMISSION.items() if event in names.split()]
    if not needed:
        return f"default_events: there is no event `{event}`"
    if not any(permission in granted for permission in needed):
        return f"default_events: `{event}` needs the permission {' or '.join(f'`{name}`' for name in needed)}"
    return None
