"""Real agents in a repository that would configure all of them: another API, hooks, servers, plugins, rules."""

import pytest

from tests.hostile.configurations import files
from tests.hostile.making import PROGRAM, Maker
from tests.real_agents.conftest import Hire
from tests.real_agents.test_journey import AGENTS_HERE, REPAIRED, REPAIRS
from tests.world import FILES, REPO

pytestmark = pytest.mark.real

HOOK = "/workspace/hook.sh"
EVERYTHING = {path: text for some in files(HOOK).values() for path, text in some.items()}


@pytest.mark.parametrize("agent", AGENTS_HERE)
def test_a_repository_s_settings_change_nothing(hire: Hire, agent: str) -> None:
    agency = hire(agent, "bubblewrap", REPAIRS)
    disk, where = agency.world.hub.site.disk, agency.world.hub.repository(REPO).id
    make = Maker(disk.path(where))
    hook = make.file("hook.sh", "#!/bin/sh\necho $0 >> /workspace/HOOKED\n", PROGRAM)
    disk.set_ref(where, "refs/heads/main", make.commit(make.tree([hook, *make.files({**FILES, **EVERYTHING})])))
    run = agency.implement()
    assert run.state == "done", run.detail
    assert agency.file("app.py") == REPAIRED
    assert agency.file("HOOKED") is None, "a program of the repository was run"
    assert agency.model.calls, "another API was asked"
