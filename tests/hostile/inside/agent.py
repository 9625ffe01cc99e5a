"""A coding agent that was taken over, and tells what it does: `main(PROGRAM, SECRET)`, its request on standard input.

It leaves the attack that the request names beside some honest work. Without one it is merely careless, and lets git
loose on a repository that it knows nothing of.
"""

import re
import subprocess
import sys
from pathlib import Path

from . import bombs, gitdirs, keys, links, texts
from .sayings import SAYINGS
from .trap import Attack, Trap, write

EVERY: tuple[Attack, ...] = (
    *keys.CONFIGURED,
    *keys.HOOKED,
    *gitdirs.ANOTHER_GIT,
    *gitdirs.SPELLED,
    gitdirs.repository_within,
    gitdirs.repository_in_every_folder,
    gitdirs.bare_repository,
    gitdirs.bare_repository_at_the_top,
    *links.LEAVING,
    *links.STAYING,
    *links.OBEYED,
    *links.MODULES,
    links.two_links_that_leave_together,
    links.fifo,
    links.fifo_for_a_file,
    links.fifo_that_git_obeys,
    links.unix_socket,
    links.hard_links,
    links.set_user_id,
    links.locked_folder,
    bombs.many_files,
    bombs.many_ignored_files,
    bombs.sparse_terabyte,
    bombs.grown_file,
    bombs.long_patch,
    bombs.patch_of_one_line,
    bombs.large_binary,
    bombs.deep_folders,
    bombs.deep_within_limits,
    bombs.attributes_without_end,
    bombs.ignored_by_backtracking,
    *texts.ATTRIBUTES,
    *texts.ENCODINGS,
    *texts.NAMED,
    texts.name_that_is_no_text,
    *texts.SECRETS,
    texts.secret_behind_attributes,
    texts.secret_as_a_link,
    texts.secret_by_renaming,
    *texts.PROTECTED,
    texts.workflows_by_a_link,
)
ATTACKS = {attack.__name__: attack for attack in EVERY}
CARELESS = ("status", "diff", "log -p", "add --all", "commit --message=x", "stash", "checkout HEAD~0", "gc --auto")


def main(program: str, secret: str) -> None:
    """Its work."""
    tree, asked = Path.cwd(), re.search(r"^(attack|say) (\w+)$", sys.stdin.read(), re.MULTILINE)
    if asked is None:
        be_careless()
    elif asked[1] == "attack":
        ATTACKS[asked[2]](tree, Trap(program, secret))
    write(tree / "NOTES.md", "honest work\n")
    sys.stdout.write(SAYINGS[asked[2] if asked and asked[1] == "say" else "honestly"] + "\n")


def be_careless() -> None:
    """What any agent does, and should not here."""
    for words in CARELESS:
        subprocess.run(["git", *words.split()], capture_output=True, check=False, timeout=20)
