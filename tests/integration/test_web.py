"""What the web process does without: GitHub's API, the agents' work and migrations are other processes' business."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.processes import PROC, megabytes_of
from tests.integration.stage import Stage, set_stage

FOREIGN = {"githubkit", "httpx", "alembic", "bot.worker", "runners.github", "runners.doing", "runners.sandboxes"}
LOADED = f"import sys, bot.app; bot.app.create(); print(*sorted({FOREIGN!r} & set(sys.modules)))"
MEGABYTES = 120


@pytest.mark.skipif(not PROC.is_dir(), reason="memory is read from /proc")
def test_the_web_process_is_small_since_it_loads_no_more_than_it_needs(tmp_path: Path) -> None:
    with set_stage(tmp_path) as stage:
        stage.await_pull_request(stage.comment())
        assert megabytes_of(stage.pid("web")) < MEGABYTES
        assert loaded_by_web(stage) == []


def loaded_by_web(stage: Stage) -> list[str]:
    """Which of the foreign modules the web application has loaded once it is put together."""
    argv, variables = (sys.executable, "-c", LOADED), {**os.environ, **stage.variables}
    return subprocess.run(argv, env=variables, capture_output=True, text=True, check=True).stdout.split()
