"""What an agent that reads images is given of those that people attached: fetched by the host, from GitHub only.

Which images there are is read in the texts as they were when the command came; GitHub is asked only where they lie.
https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#media-types
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from runners.attempt import Attempt
from runners.downloads import Refused, downloading, image
from runners.gateway.hosts import is_public
from runners.github_types import GitHubError, Paced
from runners.wording import given
from runners.wording.images import MOST, Attachment, addresses, attachments, kind

log = structlog.get_logger()


@dataclass(frozen=True)
class Seen:
    """Images as files of the agent's home, by path, and what it is told of them."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    told: tuple[given.Part, ...] = ()


def see(attempt: Attempt) -> Seen:
    """The images of the issue and of the command; what can't be had is left out, and said. Raises Paced."""
    origins, task = attempt.context.settings.image_origins, attempt.task
    of_issue = attachments(task.body, origins)
    every = list({one.uuid: one for one in (*of_issue, *attachments(task.text, origins))}.values())
    if not every:
        return Seen()
    attempt.step("fetching the images of the issue")
    wanted = every[:MOST]
    found = _fetched(attempt, wanted, _where_they_lie(attempt, wanted, of_issue))
    if len(found) < len(wanted):
        attempt.step(given.not_fetched(len(wanted) - len(found), len(wanted)))
    named = {one.url: f"images/{number}.{kind(content)}" for number, (one, content) in enumerate(found, 1)}
    files = {named[one.url]: content for one, content in found}
    return Seen(files, (given.images(named, len(wanted), len(every)),))


def _where_they_lie(attempt: Attempt, wanted: list[Attachment], of_issue: list[Attachment]) -> dict[str, str]:
    """By UUID. Those of a private repository are to be had by a signed address only, which a page has."""
    github, origins, task = attempt.context.github, attempt.context.settings.image_origins, attempt.task
    lie: dict[str, str] = {}
    if any(one in of_issue for one in wanted):
        with _unless_refused():
            lie = addresses(github.issue_as_html(attempt.where, task.number), origins)
    kind, _, said_id = (task.source or "issue").partition("/")  # of one from before it was noted, or of no text at all
    if kind != "issue" and any(one.uuid not in lie and one not in of_issue for one in wanted):
        with _unless_refused():
            lie |= addresses(github.said_as_html(attempt.where, task.number, kind, int(said_id)), origins)
    return lie


def _fetched(attempt: Attempt, wanted: list[Attachment], lie: Mapping[str, str]) -> list[tuple[Attachment, bytes]]:
    settings, found = attempt.context.settings, []
    # A company's own server lies in the company's own network.
    public = is_public if settings.host_name == "github.com" else lambda address: True
    with downloading() as client:
        for one in wanted:
            try:
                content = image(client, lie.get(one.uuid, one.url), settings.image_origins, public)
            except Refused as refused:
                log.info("image.not_fetched", image=one.uuid, why=str(refused))
            else:
                found.append((one, content))
    return found


@contextmanager
def _unless_refused() -> Iterator[None]:
    """A run goes on without its images: its text is worth an answer too."""
    try:
        yield
    except Paced:
        raise
    except GitHubError as error:
        log.info("images.not_looked_up", error=str(error))
