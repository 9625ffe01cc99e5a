"""Settings of git that name a program, written into the workspace's own `.git`, and hooks that lie there."""

from pathlib import Path

from .trap import Attack, Trap, named, write

# Each with what stands behind it; `{}` is the program.
SETTINGS = {
    "core.fsmonitor": "{}",
    "core.sshCommand": "{}",
    "core.editor": "{}",
    "sequence.editor": "{}",
    "core.pager": "{}",
    "pager.diff": "{}",
    "core.askPass": "{}",
    "core.gitProxy": "{}",
    "core.alternateRefsCommand": "{}",
    "diff.external": "{}",
    "diff.evil.command": "{}",
    "diff.evil.textconv": "{}",
    "interactive.diffFilter": "{}",
    "filter.evil.clean": "{}",
    "filter.evil.smudge": "{}",
    "filter.evil.process": "{}",
    "merge.evil.driver": "{} %O %A %B",
    "credential.helper": "!{}",
    "gpg.program": "{}",
    "uploadpack.packObjectsHook": "{}",
    "trailer.evil.command": "{}",
    "alias.add": "!{}",
    "remote.origin.uploadpack": "{}",
    "remote.origin.url": "ext::{}",
    "submodule.evil.update": "!{}",
}
# Settings that lead to somebody else's, or make another program of them necessary.
LEADS = {
    "core.worktree": "/",
    "core.attributesFile": ".git/info/attributes",
    "core.excludesFile": ".git/everything",
    "core.hooksPath": ".git/more",
    "include.path": "config.worktree",
    "extensions.worktreeConfig": "true",
    "extensions.partialClone": "origin",
    "core.sparseCheckout": "true",
    "commit.gpgSign": "true",
    "url.ext::sh.insteadOf": "https://github.com/",
}
HOOKS = (
    "pre-commit",
    "post-commit",
    "prepare-commit-msg",
    "post-checkout",
    "post-merge",
    "post-index-change",
    "pre-push",
    "reference-transaction",
)


def set_key(tree: Path, key: str, value: str) -> None:
    """As `git config` does it, without git."""
    section, _, name = key.rpartition(".")
    outer, dot, inner = section.partition(".")
    head = f'[{outer} "{inner}"]' if dot else f"[{outer}]"
    with (tree / ".git/config").open("a") as config:
        config.write(f"{head}\n\t{name} = {value}\n")


def of_setting(key: str, value: str) -> Attack:
    """The key, with files that would have git look it up."""

    def attack(tree: Path, trap: Trap) -> None:
        set_key(tree, key, value.format(trap.program))
        write(tree / ".git/info/attributes", "* filter=evil diff=evil merge=evil\n")
        write(tree / ".git/config.worktree", f"[core]\n\tfsmonitor = {trap.program}\n")
        write(tree / ".git/everything", "*\n")
        of_hook("pre-commit", "more")(tree, trap)

    return named(attack, f"config_{key}".replace(".", "_").replace(":", ""))


def of_hook(name: str, folder: str = "hooks") -> Attack:
    """The hook, where git looks for it."""

    def attack(tree: Path, trap: Trap) -> None:
        hook = tree / ".git" / folder / name
        write(hook, f"#!/bin/sh\n{trap.program}\n")
        hook.chmod(0o755)

    return named(attack, f"hook_{name}".replace("-", "_"))


CONFIGURED = tuple(of_setting(key, value) for key, value in {**SETTINGS, **LEADS}.items())
HOOKED = tuple(of_hook(name) for name in HOOKS)
