"""From a comment to a pull request, through the front door."""

from tests.world import FIX, REPO, World


def test_a_comment_becomes_a_pull_request(world: World) -> None:
    number = world.comment(FIX)
    world.work()
    pull = world.pull_request
    assert pull.base == "main"
    assert world.hub.file_at(REPO, pull.head, "app.py") == "def add(a, b):\n    return a + b\n"
    assert "Done" in world.reply(number)
    assert world.reactions(number) == ["eyes"]
    (check,) = world.checks
    assert check.conclusion == "success"
