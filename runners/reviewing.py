"""A run's review, brought to its pull request: once, with remarks on lines of the diff, and never an approval."""

from functools import partial

from runners import outbox, runs, tasks
from runners.context import Context
from runners.diff_lines import shown_lines
from runners.github_types import Invalid, NotFound
from runners.outbox import Duty
from runners.steps import perform
from runners.wording.markers import marked, review_marker
from runners.wording.reviews import as_github_takes_it, read


def post_review(context: Context, duty: Duty) -> None:
    """Posts the review, unless its words were dropped meanwhile."""
    run_id, hold = duty.subject, partial(outbox.hold, duty=duty)
    with context.database.read() as connection:
        run = runs.get(connection, run_id)
        task = tasks.get(connection, run.task_id)
    if not run.summary:
        return
    where, marker = tasks.where_of(task), review_marker(run_id)

    def act() -> str:
        try:
            diff = context.github.diff(where, task.base_ref, run.base_sha)
            return _post(shown_lines(diff or ""), run.base_sha)
        except (Invalid, NotFound):
            # The branch or its base has moved since: all that was said still stands in the text.
            return _post({}, None)

    def _post(shown: dict[str, set[int]], sha: str | None) -> str:
        text, comments = as_github_takes_it(read(run.summary), shown)
        said = marked(marker, text if sha else f"Of {run.base_sha[:12]}, as it was before.\n\n{text}")
        return str(context.github.review(where, task.number, sha, said, comments))

    def look() -> str | None:
        found = context.github.find_reviews(where, task.number, marker, context.settings.bot_login)
        return str(min(found)) if found else None

    perform(context.database, run_id, "review", act=act, look=look, hold=hold)
