"""GitHub's own commit in the place of ours, which people then see as Verified.

GitHub signs what an App commits through its API, and nothing that is pushed. So the change goes there on a carrier, and
GitHub is asked for a commit of the same tree, parent and message. Where it refuses anything of that, ours is pushed.
"""

from collections.abc import Callable
from pathlib import Path

from runners import mirrors
from runners.context import Context
from runners.git import GitError, git
from runners.github_types import Committed, Forbidden, GitHubError, Invalid, NotFound, Unavailable, Where
from runners.problems import Problem

TRIES = 3
LONGEST = 300


def sign(
    context: Context,
    where: Where,
    git_dir: Path,
    ours: str,
    tell: Callable[[str], None],
    carry: Callable[[], None] = lambda: None,
) -> str:
    """GitHub's commit of what ours holds; ours where it makes none, and `tell` is told why. Raises Unavailable.

    `carry` brings the tree to GitHub, where it is not there yet. The commit is on no branch: a second one does no harm.
    """
    try:
        carry()
        made = _commit(context, where, ours, _content(git_dir, ours))
    except Unavailable:
        raise
    except (GitError, GitHubError, Problem) as error:
        tell(_why(str(error)))
        return ours
    if made.unverified:
        tell(_why(made.unverified))
    return made.sha


def _content(git_dir: Path, commit: str) -> dict[str, str]:
    headers, _, message = git("cat-file", "commit", commit, git_dir=git_dir).partition("\n\n")
    named = dict(line.split(" ", 1) for line in headers.splitlines())
    return {"message": message, "tree": named["tree"], "parent": named["parent"]}


def _commit(context: Context, where: Where, ours: str, content: dict[str, str], tries: int = TRIES) -> Committed:
    try:
        return context.github.commit(where, ours, **content)
    except Invalid as error:
        # One of GitHub's machines may not have heard yet of what another was sent a moment ago.
        if tries == 1 or "does not exist" not in str(error):
            raise
        return _commit(context, where, ours, content, tries - 1)


def bring(context: Context, where: Where, token: str, made: str, ours: str, tell: Callable[[str], None]) -> str:
    """What GitHub made, now in the mirror; ours where GitHub gives it to nobody. Raises Unavailable.

    It stands on no branch, but git asks for it by its name: https://git-scm.com/docs/protocol-v2#_fetch
    """
    if made == ours:
        return ours
    try:
        mirrors.bring(context.settings, where, made, token)
    except (Problem, Forbidden, NotFound):
        tell(_why(f"{made[:12]}, which it made, is not there"))
        return ours
    return made


def _why(said: str) -> str:
    return f"GitHub did not sign the commit: {said}"[:LONGEST]
