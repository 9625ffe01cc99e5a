"""The lines of shell by which some agents are started, with stand-ins for what they start."""

import subprocess
from pathlib import Path

import pytest

from runners.agents import AGENTS
from runners.agents.adapter import Brief

BRIEF = Brief("implement", "Do it.", model="some-model", credential="c")


def stand_in(place: Path, body: str) -> None:
    """A program."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"#!/bin/sh\n{body}\n")
    place.chmod(0o755)


def started(name: str, tmp_path: Path) -> list[str]:
    """What the agent's command line prints in a workspace, with a home and the programs of `tools`."""
    agent, tree, home = AGENTS[name], tmp_path / "a tree", tmp_path / "a home"
    tree.mkdir()
    for path, text in agent.files(BRIEF).items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text(text)
    home.mkdir(exist_ok=True)
    env = {"HOME": str(home), "PATH": f"{tmp_path / 'tools/bin'}:/usr/bin:/bin"}
    done = subprocess.run(
        agent.argv(BRIEF), cwd=tree, env=env, input=agent.stdin(BRIEF), capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("name", ["aider", "mini-swe-agent"])
def test_a_python_package_is_driven_by_the_python_of_its_own_environment(name: str, tmp_path: Path) -> None:
    program = AGENTS[name].probe[0]
    stand_in(tmp_path / "tools/venvs/x/bin" / program, "echo never")
    stand_in(tmp_path / "tools/venvs/x/bin/python", 'printf "%s\\n" "$@"')
    (tmp_path / "tools/bin").mkdir()
    (tmp_path / "tools/bin" / program).symlink_to(f"../venvs/x/bin/{program}")
    assert started(name, tmp_path) == ["-E", "-s", "-B", *AGENTS[name].argv(BRIEF)[4:]]
    assert "openai/some-model" in AGENTS[name].argv(BRIEF)


def test_claude_flow_starts_in_the_home_and_its_claude_in_the_workspace(tmp_path: Path) -> None:
    hive = 'printf "%s|" hive "$PWD" "$2" "$4" "$6" "$8"; echo; [ "$2" = init ] || exec claude --its-own prompt'
    stand_in(tmp_path / "tools/bin/claude-flow", hive)
    stand_in(tmp_path / "tools/bin/claude", 'echo "$PWD"; echo "$*"; cat')
    init, spawn, place, flags, *said = started("claude-flow", tmp_path)
    home, tree = tmp_path / "a home", tmp_path / "a tree"
    assert init == f"hive|{home}|init|hierarchical|raft|8|" and spawn == f"hive|{home}|spawn|hierarchical|raft|8|"
    assert place == str(tree)
    assert "--setting-sources user" in flags and flags.endswith("--its-own prompt")
    assert said[-1] == "Do it.", "the request, on standard input"
