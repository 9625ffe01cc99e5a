"""What GitHub knows of the App itself."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from runners.github.connection import PAGE, Connection
from runners.github_types import Where

NEXT_PAGE = re.compile(r'[?&]cursor=([^&>]+)[^>]*>; rel="next"')


class Application(Connection):
    """What the App itself asks and does: its log of deliveries, tokens for git, its preferences."""

    def app(self) -> dict[str, Any]:
        """The App as GitHub knows it: slug, permissions, events, installations_count."""
        with self.as_app() as rest:
            return dict(rest.apps.get_authenticated().json())

    def hook_deliveries(self, since: float) -> Iterator[tuple[dict[str, Any], float]]:
        """The App's log of deliveries back to a time (seconds since 1970), the newest first, each with its time."""
        cursor: dict[str, str] = {}
        while True:
            with self.as_app() as rest:
                page = rest.apps.list_webhook_deliveries(per_page=PAGE, **cursor)
                answers = page.json()
            for answer in answers:
                at = datetime.fromisoformat(answer["delivered_at"]).timestamp()
                if at < since:
                    return
                yield answer, at
            following = NEXT_PAGE.search(page.headers.get("link", ""))
            if following is None:
                return
            cursor = {"cursor": following[1]}

    def redeliver(self, delivery_id: int) -> None:
        """Asks GitHub to send a delivery again."""
        with self.as_app() as rest:
            rest.apps.redeliver_webhook_delivery(delivery_id)

    @contextmanager
    def git_token(self, where: Where, permissions: dict[str, str]) -> Iterator[str]:
        """A token of its own for git, for one repository and no more than these permissions, revoked at the end."""
        with self.pace.reading(where), self.as_app() as rest:
            made = rest.apps.create_installation_access_token(
                where.installation_id,
                repository_ids=[where.repository_id],
                permissions=permissions,
            )
            token = str(made.json()["token"])
        try:
            yield token
        finally:
            self._revoke(token)

    def make_no_suites(self, where: Where, app_id: int) -> None:
        """Has GitHub make check suites of this App for no push by itself."""
        with self.writing(where, f"preferences of {where.repository_id}") as rest:
            wish = {"auto_trigger_checks": [{"app_id": app_id, "setting": False}]}
            rest.checks.set_suites_preferences(where.owner, where.name, data=wish)
