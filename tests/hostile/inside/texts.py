"""Files and names that change what others read of them: attributes, terminals, words that look like secrets."""

import os
from pathlib import Path

from .trap import Attack, Trap, named, write

TOKEN = "ghs_" + "aB3" * 12  # looks like one, and is none


def of_attributes(name: str, line: str) -> Attack:
    """The line, for all files, and settings that give its words a meaning."""

    def attack(tree: Path, trap: Trap) -> None:
        write(tree / ".gitattributes", f"{line}\n")
        filtered = f'[filter "evil"]\n\tclean = {trap.program}\n\trequired = true\n'
        write(tree / ".git/config", f'{filtered}[diff "evil"]\n\ttextconv = {trap.program}\n')

    return named(attack, f"attributes_{name}")


ATTRIBUTES = tuple(
    of_attributes(*words)
    for words in (
        ("filter", "* filter=evil"),
        ("diff", "* diff=evil"),
        ("merge", "* merge=evil"),
        ("lfs", "* filter=lfs diff=lfs merge=lfs -text"),
        ("ident", "* ident"),
        ("macro", "[attr]all filter=evil diff=evil\n* all"),
        ("export", "* export-subst export-ignore"),
    )
)
# git can't read a file that is not in the encoding which these promise.
ENCODINGS = tuple(
    of_attributes(*words)
    for words in (
        ("encoding_that_is_none", "*.py working-tree-encoding=no-such-encoding"),
        ("encoding_of_others", "*.py working-tree-encoding=UTF-16"),
    )
)
NAMES = {
    "an_option": "--upload-pack=touch x",
    "a_command": "$(touch x); `touch x` | x",
    "a_newline": "one\ntwo",
    "a_terminal": "\x1b]0;title\x07\x1b[2J",
    "right_to_left": "\u202egnp.exe",
    "a_pathspec": ":(top,exclude)*",
    "markdown": "![x](https:evil.example) @octo fixes #1",
    "html": "<img src=x onerror=alert(1)>",
    "a_header": 'b" "b',
    "a_diff": "x b",
}


def of_name(name: str, spelling: str) -> Attack:
    """A file of that name."""

    def attack(tree: Path, _trap: Trap) -> None:
        write(tree / spelling.replace("/", "|"), "x\n")

    return named(attack, f"name_of_{name}")


NAMED = tuple(of_name(name, spelling) for name, spelling in NAMES.items())


def name_that_is_no_text(tree: Path, _trap: Trap) -> None:
    """Bytes that are no UTF-8."""
    Path(os.fsdecode(os.fsencode(tree) + b"/caf\xe9\xff")).write_text("x\n")


def of_secret(name: str, place: str, content: str | bytes) -> Attack:
    """A secret in a file, or in its name."""

    def attack(tree: Path, _trap: Trap) -> None:
        write(tree / place, content)

    return named(attack, f"secret_{name}")


SECRETS = (
    of_secret("between_other_bytes", "blob.bin", f"\0\1\2{TOKEN}\0"),
    of_secret("of_two_bytes_each", "notes.txt", TOKEN.encode("utf-16")),
    of_secret("in_a_line", "notes.txt", f"token = {TOKEN}\n"),
    of_secret("behind_pluses", "notes.txt", f"++{TOKEN}\n"),
    of_secret("in_a_long_line", "notes.txt", "x" * 100_000 + f" {TOKEN}\n"),
    of_secret("in_a_name", f"{TOKEN}.txt", "x\n"),
    of_secret("in_an_empty_file_s_name", f"{TOKEN}.txt", ""),
    of_secret("in_a_folder_s_name", f"{TOKEN}/notes.txt", "x\n"),
    of_secret(
        "as_a_key", "id_rsa", "-----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END RSA PRIVATE KEY-----\n"
    ),
)


def secret_behind_attributes(tree: Path, _trap: Trap) -> None:
    """Attributes that say that the file is no text."""
    write(tree / ".gitattributes", "*.txt binary -diff linguist-generated\n")
    write(tree / "notes.txt", f"{TOKEN}\n")


def secret_as_a_link(tree: Path, _trap: Trap) -> None:
    """A link's target is published too."""
    (tree / "link").symlink_to(TOKEN)


def secret_by_renaming(tree: Path, _trap: Trap) -> None:
    """Nothing is added but a name."""
    (tree / "app.py").rename(tree / f"{TOKEN}.py")


def of_protected(name: str, path: str) -> Attack:
    """A file that decides over others' rights."""

    def attack(tree: Path, _trap: Trap) -> None:
        write(tree / path, "* @mallory\non: push\n")

    return named(attack, f"protected_{name}")


PROTECTED = tuple(
    of_protected(*words)
    for words in (
        ("workflow", ".github/workflows/ci.yml"),
        ("workflow_in_capitals", ".GitHub/Workflows/CI.yml"),
        ("owners", "CODEOWNERS"),
        ("owners_of_github", ".github/CODEOWNERS"),
        ("owners_in_docs", "docs/CODEOWNERS"),
    )
)


def workflows_by_a_link(tree: Path, _trap: Trap) -> None:
    """The folder leads to another."""
    write(tree / "other/workflows/ci.yml", "on: push\n")
    (tree / ".github").symlink_to("other")
