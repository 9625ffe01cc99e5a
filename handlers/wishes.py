"""What a repository wishes, asked of GitHub: its own file, else that of its owner's `.github` repository."""

from dataclasses import replace

from config.repository_file import NO_WISHES, PATH, Allow, BadFile, Wishes, read
from runners.context import Context
from runners.github_types import Forbidden, Invalid, Role, Where
from runners.reach import not_let
from runners.wording.safe import quoted

SHARED = ".github"
NOT_TOLD = "this installation may not read the members of the organisation; an owner grants that in its settings."


def wishes_of(context: Context, where: Where) -> Wishes:
    """The file on the default branch as it is now. Raises BadFile, which names the repository that it lies in."""
    owners = replace(where, repository=f"{where.owner}/{SHARED}")
    for place in dict.fromkeys((where, owners)):
        try:
            text = context.github.file(place, PATH)
            if text is not None:
                return _within(context, read(text))
        except (BadFile, Invalid) as error:
            raise BadFile(f"`{PATH}` of {place.repository}, {error}") from None
    return NO_WISHES


def team_of(context: Context, where: Where, allow: Allow, role: Role, login: str) -> str | None:
    """A team that the file lets have it work and the person is in, asked of GitHub if nothing else lets them.

    Raises BadFile where GitHub does not tell.
    """
    if allow.names(role.name.lower(), login):
        return None
    try:
        return next((team for team in allow.teams if context.github.is_in_team(where, team, login)), None)
    except Forbidden:
        raise BadFile(f"`allow.teams` of `{PATH}`: {NOT_TOLD}") from None


def _within(context: Context, wishes: Wishes) -> Wishes:
    """The same, if the operator lets agents to what it names. Raises BadFile."""
    settings = context.settings
    beyond = not_let(settings, wishes.network or ())
    if beyond:
        groups = ", ".join(f"`{name}`" for name in settings.host_groups)
        there = f" There are the groups {groups}." if groups else ""
        raise BadFile(f"`network`: the operator of this bot lets no agent to {quoted(beyond[0], 253)}.{there}")
    return wishes
