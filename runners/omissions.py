"""What of a repository is not in its workspace as its people's git would put it there: that runs or fetches things."""

import re
from functools import partial
from pathlib import Path

from runners.git import git

FILTER = re.compile(r"(?m)^[^#\n]*\sfilter=([\w.-]+)")
MOST_NAMED = 5
MOST_READ = 20  # files of attributes


def omissions(git_dir: Path, index: Path) -> str:
    """Said to people who wonder what is missing; nothing where nothing is."""
    host = partial(git, git_dir=git_dir, index=index)
    places = host("ls-files", "-z", "--", ".gitmodules", ":(glob)**/.gitattributes").split("\0")
    attributes = [place for place in places if place.endswith(".gitattributes")][:MOST_READ]
    filters = {name for place in attributes for name in FILTER.findall(host("cat-file", "blob", f":{place}"))}
    listed = host("ls-files", "-sz").split("\0") if ".gitmodules" in places else []
    submodules = [entry.partition("\t")[2] for entry in listed if entry.startswith("160000 ")]
    return " ".join(filter(None, (_of_submodules(submodules), _of_filters(sorted(filters)))))


def _of_submodules(paths: list[str]) -> str:
    return f"Submodules were not fetched: {_named(paths)}." if paths else ""


def _of_filters(names: list[str]) -> str:
    if names == ["lfs"]:
        return "Files that Git LFS keeps elsewhere were left as pointers."
    return f"Filters of `.gitattributes` did not run: {_named(names)}." if names else ""


def _named(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(f"`{name}`" for name in names[:MOST_NAMED]) + more
