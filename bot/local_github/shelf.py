"""Records by their key, and besides by what they belong to: a question about one repository reads only its own."""

from collections.abc import Callable, Hashable
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Record = TypeVar("Record")


class Shelf(dict[Key, Record]):
    """A dict whose records also lie in groups, each in the order in which its keys came."""

    def __init__(self, group: Callable[[Record], Hashable]) -> None:
        super().__init__()
        self._group = group
        self._groups: dict[Hashable, dict[Key, Record]] = {}

    def __setitem__(self, key: Key, record: Record) -> None:
        """Puts a record in the place of the one with its key, which is of the same group."""
        super().__setitem__(key, record)
        self._groups.setdefault(self._group(record), {})[key] = record

    def __delitem__(self, key: Key) -> None:
        """Takes a record away."""
        del self._groups[self._group(self[key])][key]
        super().__delitem__(key)

    def of(self, group: Hashable) -> list[Record]:
        """The records of one group, the oldest first."""
        return list(self._groups.get(group, {}).values())
