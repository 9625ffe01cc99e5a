"""What a hijacked agent may leave in its workspace, and what stops it there: the host makes the patch of it."""

import os
from dataclasses import dataclass

from tests.hostile.inside import bombs, gitdirs, keys, links, texts
from tests.hostile.inside.trap import Attack

OWN_GIT = "the host's git has a directory, an index and settings of its own, and reads none of the workspace's `.git`"
REMOVED = "the host removes every `.git`, fifo, socket and device before git looks"
NO_GIT = "the host's git takes no path that any file system reads as `.git`"
OBJECTS = "the patch is made of git's objects, where a link is its text; links out of the tree are refused"
NO_FILTER = "no filter, diff or merge program is configured for the host's git, whatever attributes name"
WEIGHED = "files are counted and weighed before git reads them, and the patch before it is published"
LITERAL = "names go by argument vectors and with NUL between them, and are shown as inert text"
SCANNED = "added lines, names, link targets and binary files are looked through for secrets"
PROTECTED = "workflows and code owners are not an agent's to change"
READABLE = "what can't be read ends the run in a sentence"


@dataclass(frozen=True)
class Held:
    """Attacks that one thing stops. `ends` is why the run fails; empty where honest work is published."""

    by: str
    attacks: tuple[Attack, ...]
    ends: str = ""


LEFT = (
    Held(OWN_GIT, keys.CONFIGURED),
    Held(OWN_GIT, keys.HOOKED),
    Held(OWN_GIT, gitdirs.ANOTHER_GIT),
    Held(OWN_GIT, (gitdirs.bare_repository, gitdirs.bare_repository_at_the_top)),
    Held(REMOVED, (gitdirs.repository_within, gitdirs.repository_in_every_folder)),
    Held(REMOVED, (links.fifo, links.fifo_for_a_file, links.fifo_that_git_obeys, links.unix_socket)),
    Held(NO_GIT, gitdirs.SPELLED, "unreadable_tree"),
    Held(OBJECTS, (*links.LEAVING, links.two_links_that_leave_together), "escaping_link"),
    Held(OBJECTS, links.OBEYED, "escaping_link"),
    Held(NO_GIT, links.MODULES, "unreadable_tree"),
    Held(OBJECTS, (*links.STAYING, links.hard_links, links.set_user_id)),
    Held(NO_FILTER, texts.ATTRIBUTES),
    Held(READABLE, texts.ENCODINGS, "unreadable_tree"),
    Held(READABLE, (bombs.deep_folders,), "unreadable_tree"),
    Held(WEIGHED, (bombs.many_files, bombs.sparse_terabyte, bombs.grown_file), "too_large"),
    Held(WEIGHED, (bombs.long_patch, bombs.patch_of_one_line, bombs.large_binary), "too_large"),
    Held(WEIGHED, (bombs.many_ignored_files, bombs.deep_within_limits)),
    Held(WEIGHED, (bombs.attributes_without_end, bombs.ignored_by_backtracking)),
    Held(LITERAL, (*texts.NAMED, texts.name_that_is_no_text)),
    Held(
        SCANNED,
        (*texts.SECRETS, texts.secret_behind_attributes, texts.secret_as_a_link, texts.secret_by_renaming),
        "secret_in_patch",
    ),
    Held(PROTECTED, (*texts.PROTECTED, texts.workflows_by_a_link), "protected_path"),
    # Root reads it all the same.
    Held(READABLE, (links.locked_folder,), "unreadable_tree" if os.geteuid() else ""),
)
