"""Records that lie together by what they belong to."""

from bot.local_github.shelf import Shelf


def test_a_group_keeps_the_order_and_forgets_what_is_taken_away() -> None:
    shelf: Shelf[int, tuple[str, str]] = Shelf(lambda one: one[0])
    for key, record in enumerate([("a", "one"), ("b", "two"), ("a", "three")]):
        shelf[key] = record
    shelf[0] = ("a", "changed")
    assert shelf.of("a") == [("a", "changed"), ("a", "three")]
    del shelf[0]
    assert (shelf.of("a"), shelf.of("nobody"), len(shelf)) == ([("a", "three")], [], 2)
