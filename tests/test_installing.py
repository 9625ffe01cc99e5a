"""What the bot does when it is installed: GitHub is to make no check suite of its for every push."""

from tests.world import REPO, World

PREFERENCES = f"/repos/{REPO}/check-suites/preferences"


def told(world: World) -> int:
    return len([call for call in world.hub.calls if call.path.endswith(PREFERENCES)])


def test_an_installation_makes_no_suites(world: World) -> None:
    world.hub.uninstall("octo")
    world.delivered()
    world.work()
    before = told(world)
    world.hub.install("octo")
    world.delivered()
    world.work()
    assert told(world) == before + 1


def test_nor_does_a_repository_that_is_added(world: World) -> None:
    world.work()
    before, repository = told(world), world.hub.repository(REPO)
    installation = world.hub.site.ledger.installation_of(repository.owner)
    assert installation is not None
    added = [{"id": repository.id, "full_name": REPO}]
    payload = {"action": "added", "installation": {"id": installation.id}, "repositories_added": added}
    world.hub.send("installation_repositories", {**payload, "sender": {"id": 1, "login": "octo"}})
    world.delivered()
    world.work()
    assert told(world) == before + 1
