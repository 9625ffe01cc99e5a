"""No check suite of ours for every push: GitHub would make one and leave it queued, wherever nobody asked for anything.

https://docs.github.com/en/rest/checks/suites#update-repository-preferences-for-check-suites
"""

from collections.abc import Sequence
from contextlib import suppress

from config.database import Connection
from runners import outbox
from runners.context import Context
from runners.github_types import Forbidden, Invalid, Where
from runners.outbox import Duty

MOST = 500  # repositories of an installation at once; an account with more bears their empty suites
APART = 30.0  # seconds: what people ask for meanwhile must not wait behind them


def want(connection: Connection, installation_id: int, repositories: Sequence[tuple[int, str]]) -> None:
    """Has GitHub told so for each of these repositories, by id and full name."""
    for at, (repository_id, full_name) in enumerate(repositories[:MOST]):
        outbox.want(connection, "quiet", f"{installation_id} {repository_id} {full_name}", delay=at * APART)


def tell_quiet(context: Context, duty: Duty) -> None:
    """Tells GitHub. Where it does not let us, everything else works all the same."""
    installation_id, repository_id, full_name = duty.subject.split(" ", 2)
    with suppress(Forbidden, Invalid):
        context.github.make_no_suites(Where(int(installation_id), full_name, int(repository_id)), context.app_id)
