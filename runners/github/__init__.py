"""GitHub's API, spoken through githubkit in this package only; answers and errors are `runners.github_types`.

`connection` is how, the others are what: each speaks of one kind of thing.
"""

from runners.github.application import Application
from runners.github.checks import Checks
from runners.github.comments import Comments
from runners.github.places import Places
from runners.github.pulls import Pulls


class Api(Application, Places, Pulls, Comments, Checks):
    """All of it."""


__all__ = ["Api"]
