"""The tables of `docs/security.md`: `python -m tests.hostile.table` writes them anew from the corpus."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from tests.hostile import test_neighbours
from tests.hostile.cited import CITED
from tests.hostile.inside.acting import TABLES
from tests.hostile.inside.sayings import SAYINGS
from tests.hostile.left import LEFT
from tests.hostile.repositories import REPOSITORIES

PAGE = Path(__file__).parents[2] / "docs/security.md"
BEGIN, END = "<!-- the tables: python -m tests.hostile.table -->", "<!-- the end of the tables -->"
INERT = "the host writes all texts, and in an agent's words no mention, link, image, keyword or command acts"
HERE = "hostile/test_{}"

Row = tuple[str, str, str]  # attack, what stops it, test


class Named(Protocol):
    """An attack: a function with a name."""

    __name__: str


def of(test: str, attacks: Iterable[Named], by: str) -> Iterable[Row]:
    """A row for each."""
    return [(attack.__name__.replace("_", " "), by, f"{test}[{attack.__name__}]") for attack in attacks]


def repositories() -> list[Row]:
    """What a repository holds."""
    test = HERE.format("repositories.py::test_the_host_comes_to_no_harm")
    return [row for by, (plants, _) in REPOSITORIES.items() for row in of(test, plants, by)]


def workspaces() -> list[Row]:
    """What an agent leaves."""
    test = HERE.format("left.py::test_the_host_makes_a_patch_of_it_and_comes_to_no_harm")
    return [row for held in LEFT for row in of(test, held.attacks, held.by)]


def actions() -> list[Row]:
    """What an agent tries."""
    test = HERE.format("hijacked.py::test_a_hijacked_agent_gets_nothing")
    return [row for table in TABLES for by, tried in table.items() for row in of(test, tried, by)]


def sayings() -> list[Row]:
    """What an agent says."""
    test, names = HERE.format("sayings.py::test_nothing_of_it_acts"), [name for name in SAYINGS if name != "honestly"]
    return [(f"says {name.replace('_', ' ')}", INERT, f"{test}[{name}]") for name in names]


def neighbours() -> list[Row]:
    """What an agent does to others, and what is still open of it."""
    tests = [test for name, test in vars(test_neighbours).items() if name.startswith("test_")]
    return [
        (
            test.__name__.removeprefix("test_").replace("_", " "),
            " ".join([f"**open**: {mark.kwargs['reason']}" for mark in getattr(test, "pytestmark", [])])
            or test.__doc__,
            HERE.format(f"neighbours.py::{test.__name__}"),
        )
        for test in tests
    ]


def elsewhere() -> list[Row]:
    """What other tests try."""
    return [
        (attack, by, f"{file}::{test}")
        for by, files in CITED.items()
        for file, tests in files.items()
        for test, attack in tests.items()
    ]


def tables() -> Mapping[str, list[Row]]:
    """All of them, by their headings."""
    return {
        "Repositories that mean harm": repositories(),
        "What a hijacked agent leaves in its workspace": workspaces(),
        "What a hijacked agent tries": actions(),
        "What a hijacked agent says": sayings(),
        "What a hijacked agent does to other runs": neighbours(),
        "What other tests try": elsewhere(),
    }


def written() -> str:
    """The tables as Markdown."""
    parts = []
    for heading, rows in tables().items():
        lines = [f"| {attack} | {by} | `{test}` |" for attack, by, test in rows]
        parts.append(
            "\n".join([f"### {heading}: {len(rows)}", "", "| attack | what stops it | test |", "|---|---|---|", *lines])
        )
    return "\n\n".join(parts)


def replaced(page: str) -> str:
    """The page with the tables as they are now."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{written()}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(replaced(PAGE.read_text()))
