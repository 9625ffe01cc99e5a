"""Repositories that mean harm to whoever fetches them, checks them out, or works in them; the first half: git's own."""

from collections.abc import Callable

from tests.hostile.inside.trap import Trap
from tests.hostile.making import SUBMODULE, Entry, Maker

Plant = Callable[[Maker, Trap], list[Entry]]  # what stands in the root beside an honest repository's files


def spelled(name: str, spelling: str | bytes) -> Plant:
    """A folder that some file system takes for `.git`."""

    def plant(make: Maker, trap: Trap) -> list[Entry]:
        return [make.folder(spelling, make.files({"config": f"[core]\n\tfsmonitor = {trap.program}\n"}))]

    plant.__name__ = f"folder_{name}"
    return plant


SPELLED = tuple(
    spelled(*words)
    for words in (
        ("git", ".git"),
        ("git_in_capitals", ".GIT"),
        ("git_as_ntfs_shortens_it", "git~1"),
        ("git_with_a_dot_behind", ".git."),
        ("git_with_a_blank_behind", ".git "),
        ("git_as_a_stream", ".git::$INDEX_ALLOCATION"),
        ("git_with_a_joiner", ".g\u200cit"),
        ("git_with_a_backslash", ".git\\hooks"),
        ("upwards", ".."),
        ("here", "."),
        ("without_a_name", ""),
        ("with_slashes", "../../../etc"),
        ("from_the_root", "/etc"),
    )
)


def git_as_a_link(make: Maker, trap: Trap) -> list[Entry]:
    """`.git` leads into the repository."""
    return [make.link(".git", "bare"), make.folder("bare", make.files({"config": trap.program}))]


def git_as_a_file(make: Maker, _trap: Trap) -> list[Entry]:
    """`.git` names a folder."""
    return [make.file(".git", "gitdir: bare\n")]


def link_and_folder_of_one_name(make: Maker, trap: Trap) -> list[Entry]:
    """What is below the folder would be written through the link."""
    outside = trap.secret.rpartition("/")[0]
    return [make.link("way", outside), make.folder("way", make.files({"secret": "overwritten"}))]


def two_files_of_one_name(make: Maker, _trap: Trap) -> list[Entry]:
    """One hides the other from a reviewer."""
    return [make.file("twice", "harmless"), make.file("twice", "harmful")]


def gitmodules_as_a_link(make: Maker, trap: Trap) -> list[Entry]:
    """git would read whatever it leads to."""
    return [make.link(".gitmodules", trap.secret)]


def submodule_with_an_option_as_address(make: Maker, trap: Trap) -> list[Entry]:
    """`git clone` would take it for an option that names a program."""
    return [_modules(make, f"url = --upload-pack={trap.program}"), make.submodule("lib")]


def submodule_with_an_option_as_path(make: Maker, _trap: Trap) -> list[Entry]:
    """As its address, but in its place."""
    return [_modules(make, "url = ./lib", path="--checkout"), make.submodule("--checkout")]


def submodule_that_leaves(make: Maker, _trap: Trap) -> list[Entry]:
    """Its name leads out of the folder of submodules' repositories."""
    return [_modules(make, "url = ./lib", name="../../hooks"), make.submodule("lib")]


def submodule_with_a_command(make: Maker, trap: Trap) -> list[Entry]:
    """Its update is a program."""
    return [_modules(make, f"url = ./lib\n\tupdate = !{trap.program}"), make.submodule("lib")]


def submodule_with_a_newline(make: Maker, trap: Trap) -> list[Entry]:
    """Its address smuggles a header for whoever keeps passwords."""
    return [_modules(make, f'url = "https://host.invalid/\\n{trap.program}"'), make.submodule("lib")]


def _modules(make: Maker, more: str, *, name: str = "lib", path: str = "lib") -> Entry:
    return make.file(".gitmodules", f'[submodule "{name}"]\n\tpath = {path}\n\t{more}\n')


def link_that_is_a_commit(_make: Maker, _trap: Trap) -> list[Entry]:
    """A submodule that would be written into `.git`."""
    return [Entry(SUBMODULE, b".git", "1" * 40)]


NOT_FETCHED: tuple[Plant, ...] = (
    *SPELLED,
    git_as_a_link,
    git_as_a_file,
    link_and_folder_of_one_name,
    two_files_of_one_name,
    gitmodules_as_a_link,
    submodule_with_an_option_as_address,
    submodule_with_an_option_as_path,
    submodule_that_leaves,
    submodule_with_a_command,
    submodule_with_a_newline,
    link_that_is_a_commit,
)
