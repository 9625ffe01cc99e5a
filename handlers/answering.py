"""From commands to what they come to: GitHub is asked who says so, then one transaction decides and keeps it all."""

from config.accounts import Account, meet_installation, remember_account
from config.database import Connection, now
from config.repository_file import BadFile
from handlers import commands
from handlers.decision import Answer, Decision
from handlers.events import Closed, Sender, Spoken
from handlers.grammar import Command, Mistake
from handlers.inbox import Taken
from handlers.policy import DAY, STARTS_A_RUN
from handlers.replies import occasion
from handlers.standing import Scene
from handlers.wishes import team_of, wishes_of
from runners import outbox
from runners.admission import admit
from runners.context import Context
from runners.github_types import NotFound, Pull, Role, Where

REFUSED_SECONDS = 300.0
OBEYS_THE_FILE = STARTS_A_RUN | {"pick", "release", "config", "agents", "help"}
ON_A_BRANCH = STARTS_A_RUN | {"release"}
TEXTS = ("comment", "issue", "review_comment")  # kinds of source that a reaction can stand on: not a review's own text


def is_heard(context: Context, sender: Sender) -> bool:
    """Whether the sender is anybody to answer: a person, or a bot that the operator listed."""
    return not sender.is_bot or sender.id in context.settings.bots_allowed


def look(context: Context, event: Spoken, found: list[Command | Mistake], *, wished: bool = False) -> Scene | None:
    """Asks GitHub who the sender is and what the pull request is; None where nobody is to be answered.

    The repository's file is read where a command obeys it, or where it decides whether there is one (`wished`).

    Someone refused lately is not asked about again, and an account that may not use this bot was told so once a day.
    """
    repository = event.repository
    with context.database.read() as connection:
        if commands.refused_lately(connection, repository.id, "stranger", REFUSED_SECONDS, event.sender.id):
            return Scene(Role.NONE, None, asked=False)
        allowed = context.settings.accounts_allowed & {"*", repository.owner.login.lower()}
        if not allowed and commands.refused_lately(connection, repository.id, "account_not_allowed", DAY):
            return None
    role = context.github.role(where_of(event), event.sender.login, event.sender.id)
    verbs = {item.verb for item in found if isinstance(item, Command)}
    if role < Role.TRIAGE or not (verbs & OBEYS_THE_FILE or wished):
        return Scene(role, None)
    pull = _pull(context, event) if verbs & ON_A_BRANCH else None
    try:
        wishes = wishes_of(context, where_of(event))
        team = team_of(context, where_of(event), wishes.allow, role, event.sender.login)
        return Scene(role, pull, wishes=wishes, team=team)
    except BadFile as error:
        return Scene(role, pull, bad_file=str(error))


def _pull(context: Context, event: Spoken) -> Pull | None:
    try:
        return context.github.pull(where_of(event), event.number) if event.is_pull_request else None
    except NotFound:
        return None


def answer_all(
    context: Context,
    connection: Connection,
    taken: Taken,
    event: Spoken,
    scene: Scene,
    found: list[Command | Mistake],
    about: str | None = None,
) -> None:
    """Writes what each command comes to, and what must follow; a command that is known is left alone.

    `about` is the task that they mean, where it is not all of the issue's.
    """
    host, owner = context.settings.host_name, event.repository.owner
    at = now(connection)
    account_id = remember_account(connection, host, Account(owner.id, owner.login, owner.kind), at)
    meet_installation(connection, host, event.installation_id, account_id, at)
    known = commands.known(connection, host, event.repository.id, event.kind, str(event.source_id))
    if commands.DELETED in known:
        return
    decision = Decision(context, connection, event, scene, account_id, about)
    answered = []
    for item in found:
        if item.ordinal not in known:
            verdict, answer = decision.answer(item)
            answered.append((decision.record(taken, item, verdict, answer), answer))
    follow(connection, event, [(row, answer) for row, answer in answered if row is not None])
    admit(connection, account_id, context.settings.concurrent_runs)


def follow(connection: Connection, event: Spoken, answered: list[tuple[int, Answer]]) -> None:
    """Asks for what must follow on GitHub: each reaction once a text, all answers in one comment."""
    reactions = {answer.reaction: row for row, answer in reversed(answered) if answer.reaction}
    for row in reactions.values() if event.kind in TEXTS else ():
        outbox.want(connection, "reaction", str(row))
    said = [(row, answer.comment) for row, answer in answered if answer.comment]
    if said:
        first = said[0][0]
        texts = [*occasion(event.kind, event.sender.login), *(text for _, text in said)]
        commands.answer(connection, first, "\n\n---\n\n".join(texts))
        outbox.want(connection, "reply", str(first))


def where_of(event: Spoken | Closed) -> Where:
    """The repository as GitHub is asked about it."""
    return Where(event.installation_id, event.repository.full_name, event.repository.id)
