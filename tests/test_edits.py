"""A comment is edited: that runs nothing, unless the repository wishes that what its author adds counts."""

import pytest

from tests.world import REPO, World

FILE = ".github/async-code.yml"


@pytest.fixture
def heard(world: World) -> World:
    """A world whose repository wishes that edits are heard."""
    world.hub.commit(REPO, "main", {FILE: "triggers: {edited_comments: true}\n"}, "alice")
    return world


def said(world: World, text: str) -> tuple[int, int]:
    """Alice says something on a new issue, and it is answered; the issue and the comment."""
    number = world.comment(text)
    world.work()
    return number, world.hub.comments(REPO, number)[0].id


def edit(world: World, comment: int, text: str, by: str = "alice") -> None:
    """Somebody gives the comment other words, and what follows is done."""
    world.hub.edit_comment(REPO, comment, text, by)
    world.delivered()
    world.work()


def test_an_edit_runs_nothing_without_the_wish(world: World) -> None:
    number, comment = said(world, "Looks wrong.")
    edit(world, comment, "Looks wrong.\n\n/async-code help")
    assert world.replies(number) == []


def test_what_the_author_adds_counts_and_is_marked_as_seen(heard: World) -> None:
    number, comment = said(heard, "Looks wrong.")
    edit(heard, comment, "Looks wrong.\n\n/async-code help")
    assert "| command |" in heard.reply(number)
    assert heard.reactions(number) == ["eyes"]


def test_what_stood_there_is_not_done_again_wherever_it_stands_now(heard: World) -> None:
    number, comment = said(heard, "/async-code help")
    edit(heard, comment, "/async-code agents\n\n/async-code help")
    first, second = heard.replies(number)
    assert "| command |" in first and "| agent |" in second and "| command |" not in second


def test_other_words_around_a_command_are_no_new_one(heard: World) -> None:
    number, comment = said(heard, "Please:\n\n/async-code help")
    edit(heard, comment, "Be so kind:\n\n/async-code help")
    assert len(heard.replies(number)) == 1


def test_other_words_of_a_command_are_no_new_one(heard: World) -> None:
    number, comment = said(heard, "/async-code agents please\n\nThanks!")
    edit(heard, comment, "/async-code agents, please\n\nThank you!")
    assert len(heard.replies(number)) == 1


def test_a_mistake_that_is_mended_is_a_command(heard: World) -> None:
    number, comment = said(heard, "/async-code agnets")
    edit(heard, comment, "/async-code agents")
    assert "| agent |" in heard.replies(number)[-1]


def test_what_was_taken_out_and_put_back_is_a_new_one(heard: World) -> None:
    number, comment = said(heard, "/async-code help")
    edit(heard, comment, "Never mind.")
    edit(heard, comment, "/async-code help")
    assert len(heard.replies(number)) == 2


def test_a_delivery_that_comes_again_does_nothing_twice(heard: World) -> None:
    number, comment = said(heard, "Looks wrong.")
    edit(heard, comment, "/async-code help")
    for delivery in heard.hub.deliveries:
        heard.hub.redeliver(delivery.guid)
    heard.delivered()
    heard.work()
    assert len(heard.replies(number)) == 1


def test_somebody_elses_edit_is_not_the_authors(heard: World) -> None:
    number, comment = said(heard, "Looks wrong.")
    edit(heard, comment, "/async-code help", by="tom")
    assert heard.replies(number) == []


def test_a_mistake_that_is_added_is_told(heard: World) -> None:
    number, comment = said(heard, "Looks wrong.")
    edit(heard, comment, "/async-code implment it")
    assert "did you mean" in heard.reply(number).lower()


def test_an_added_command_is_taken_back_with_its_comment(heard: World) -> None:
    number, comment = said(heard, "Looks wrong.")
    heard.hub.edit_comment(REPO, comment, "/async-code implement it", "alice")
    heard.delivered()
    heard.decide()
    heard.hub.delete_comment(REPO, comment, "alice")
    heard.delivered()
    heard.work()
    assert [task.state for task in heard.task_rows()] == ["cancelled"]
    assert "Cancelled" in heard.reply(number)
