"""The pages of `docs/` that the tables of this package decide: `python -m handlers.reference` writes them anew."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.repository_file import PATH, schema
from handlers.grammar import FLAGS, VERBS, Verb

DOCS = Path(__file__).parents[1] / "docs"
ON = {"issue": "issues", "pull": "pull requests", "both": "issues and pull requests"}

COMMANDS = """# Commands

Write `/async-code` and a verb at the beginning of a line of a comment, or of a new issue's text. Flags stand on that
line, in any order; the lines below it, up to the next command, belong to the task. Commands in code, quotes, lists,
tables and HTML comments are not run. Upper and lower case are the same. `@async-code` is the same as `/async-code`.

{verbs}

Whoever `needs` names may, or may more: *triage* is anybody who may triage issues there, *write* anybody who may push.
`approve` wants the name that stands over the plan, and `cancel` is also for whoever asked for the work. What costs
nothing (`status`, `help`, `config`, `agents`, `pick`, `release`) is answered within seconds, and touches no quota.

**`compare`** lets up to eight agents do the same task side by side (`--agent a,b`, or the first three that the
repository's file lists); so does `implement` with several agents. Each is a run of the account's, works as soon as
there is a slot for it, and comes to a branch. One comment shows what each came to, and `pick`, with a number, opens
the pull request of that run and removes the other branches, but for those that somebody has pushed to.

**`review`** also reads a pull request from a fork, which nothing else works on. **`fix`** is given the failing checks
of others with what they say, the repository's own `checks` of the run before, and the review threads that are open.

**CI waits** on what an agent wrote after reading the words of somebody without write access: `[skip ci]` stands in the
commit, and the pull request is a draft. `release` pushes an empty commit that lets it run.

## Flags

{flags}

A lone `--` ends the flags: what follows is text, whatever it looks like. A value with spaces stands in quotes.

## What else means a command

| what somebody does | what it means |
|---|---|
| puts the label `async-code` on an issue | `implement`, of what the issue describes |
| opens an issue with a command in its text | that command |
| presses Re-run on a check run of ours | `retry`, of that check run's task |
| presses Re-run for all of a commit's checks | `retry`, of the newest task there |
| presses **Cancel** or **Retry** on a check run of ours | that command, for that check run's task |
| presses **Fix checks** or **Let CI run** there | `fix` or `release`, on the pull request |
| writes a command into a review, or on a line of a pull request | that command; on a line, it is about that place |
| deletes the comment of a command that has not begun | it does not begin |
| closes the issue or the pull request | what works on it ends |
| lets CI fail on a pull request of ours, with `on_ci_failure: fix` | `fix` for whoever asked, at most three times |

An edited comment runs nothing, unless the repository's file says `edited_comments: true`: then what its author adds
counts. The label and the text of new issues can be switched off there.
"""
FILE = """# The repository's file

`{path}` on the default branch says how the bot works in a repository; where there is none, that of the
owner's `.github` repository counts. It narrows what the operator of the bot allows, and never widens it. It is read
anew for each command. With a mistake in it nothing is started: whoever commands is told the line, the column, and what
was probably meant. `/async-code config` shows what counts.

Editors check it against the JSON Schema at `/schema/async-code.json` of the bot's web process. A whole one:

```yaml
agents: [claude-code, codex]
model: {{claude-code: sonnet}}
triggers: {{label: async-code, issue_body: true, edited_comments: false, on_ci_failure: fix}}
allow: {{roles: [write, maintain, admin], users: [], teams: []}}
base: main
pull_request: {{draft: true, reviewers: [requester], labels: [from-a-bot], sign_off: false}}
ci: auto
protect: [".github/**", "infra/**"]
setup: ["python3 -m venv .venv", ".venv/bin/pip install -e ."]
checks: [".venv/bin/pytest -q", "ruff check ."]
network: [registry]
limits: {{budget_usd: 3, timeout_minutes: 40, files: 200, lines: 5000}}
```

**`setup`** is for what has to be there before an agent can work: an environment, packages, generated files. It reaches
the hosts that an agent would, and counts into the run's time. Only the checkout lasts: what it leaves there is kept for
other runs that begin from the same commit, and files of the repository that it changes are put back. What it leaves is
in no patch, nor is what an agent writes into a folder of it. What only reads (`plan`, `review`) has none. Where it
fails no agent is asked; `retry` makes it anew.

{keys}
"""


def commands() -> str:
    """What can be asked for, and how."""
    verbs = [
        f"| `{verb.name}` | {verb.help} | {ON[verb.on]} | {verb.needs} | {_flags(verb)} |" for verb in VERBS.values()
    ]
    taken = {name for verb in VERBS.values() for name in verb.flags}
    flags = [
        f"| `{f'{flag.name} {flag.takes}'.strip()}` | {flag.help} |" for flag in FLAGS.values() if flag.name in taken
    ]
    return COMMANDS.format(
        verbs=_table(["verb", "what it does", "on", "needs", "flags"], verbs),
        flags=_table(["flag", ""], flags),
    )


def repository_file() -> str:
    """What a repository may wish."""
    rows = [f"| `{key}` | {said} | {default} |" for key, said, default in _keys(schema())]
    return FILE.format(path=PATH, keys=_table(["key", "what it says", "without it"], rows))


PAGES = {"commands.md": commands, "repository-file.md": repository_file}


def _flags(verb: Verb) -> str:
    return " ".join(f"`{name}`" for name in FLAGS if name in verb.flags) or "—"


def _table(head: list[str], rows: list[str]) -> str:
    return "\n".join([f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *rows])


def _keys(whole: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Each key with its meaning and default, those of a part after the part."""
    for name, about in whole["properties"].items():
        part = whole["$defs"].get(about.get("$ref", "").rpartition("/")[2])
        if part is None:
            yield name, about["description"], _default(about["default"])
        for below, inner in (part or {"properties": {}})["properties"].items():
            yield f"{name}.{below}", inner["description"], _default(inner["default"])


def _default(value: Any) -> str:
    if value in (None, [], {}):
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(f"`{one}`" for one in (value if isinstance(value, list) else [value]))


if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
