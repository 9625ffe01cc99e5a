"""Hostile repositories, and what stops them before or while an agent works in them."""

from collections.abc import Mapping

from tests.hostile.checked_out import REFUSED_OUT, WORKED_IN
from tests.hostile.planted import NOT_FETCHED, Plant

NOT_TAKEN = "what git's own check calls harmful is not fetched (`fetch.fsckObjects`)"
NOT_OBEYED = (
    "the host checks out plain files: no submodules, hooks, filters or programs, whatever the repository names; an "
    "agent meets them inside of its sandbox"
)
NOT_WRITTEN = "files are counted and weighed before they are checked out, and what can't be ends the run in a sentence"

# Each with the reasons for which the run may fail; none where honest work is published.
REPOSITORIES: Mapping[str, tuple[tuple[Plant, ...], tuple[str, ...]]] = {
    NOT_TAKEN: (NOT_FETCHED, ("refused_objects",)),
    NOT_WRITTEN: (REFUSED_OUT, ("unusable_repository", "repository_too_large", "unreadable_tree")),
    NOT_OBEYED: (WORKED_IN, ()),
}
