"""GitHub's API, spoken through githubkit in this package only; answers and errors are `runners.github_types`.

`connection` is how, the others are what: each speaks of one kind of thing.
"""

from runners.github.application import Application
from runners.github.checks import Checks
from runners.github.comments import Comments
from runners.github.commits import Commits
from runners.github.failures import Failures
from runners.github.places import Places
from runners.github.pulls import Pulls
from runners.github.reviews import Reviews


class Api(Application, Places, Pulls, Reviews, Comments, Commits, Checks, Failures):
    """All of it."""


__all__ = ["Api"]
