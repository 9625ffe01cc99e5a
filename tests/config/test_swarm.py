"""The swarm of `config/agents.toml`: what it may say, and what is said of what it may not."""

from pathlib import Path

import pytest

from config import catalogue
from config.catalogue import CatalogueError
from config.settings import SettingsError, load
from config.swarm import MOST_AGENTS, Role, Swarm, parse, swarm

CODER = {"coder": {"description": "Codes.", "prompt": "You code.\n"}}


def test_what_is_not_said_is_as_one_would_expect() -> None:
    assert parse({"roles": CODER}) == Swarm({"coder": Role("Codes.", "You code.")}, "hierarchical", MOST_AGENTS, "")


def test_all_of_it_can_be_said() -> None:
    roles = {"reviewer": {"description": "Reads.", "prompt": "You read.", "model": "claude-haiku-4-5"}, **CODER}
    said = parse({"topology": "mesh", "most_agents": 3, "instructions": " Be quick. ", "roles": roles})
    assert (said.topology, said.most_agents, said.instructions) == ("mesh", 3, "Be quick.")
    assert list(said.roles) == ["reviewer", "coder"]
    assert said.roles["reviewer"].model == "claude-haiku-4-5"


def test_the_shipped_one_is_read() -> None:
    assert swarm().topology == "hierarchical" and len(swarm().roles) == 4


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (None, "swarm is a table: [swarm] begins it"),
        ({}, "swarm.roles holds one to 20 roles: [swarm.roles.coder] begins one"),
        ({"roles": {}}, "swarm.roles holds one to 20 roles"),
        ({"roles": {f"r{number}": {} for number in range(21)}}, "swarm.roles holds one to 20 roles"),
        ({"roles": {"Coder": {}}}, "swarm.roles: 'Coder' is no name; take a-z, 0-9 and `-`"),
        ({"roles": {"coder": "codes"}}, "swarm.roles.coder is a table"),
        ({"roles": {"coder": {"prompt": "x"}}}, "swarm.roles.coder.description is a text, and must be there"),
        ({"roles": {"coder": {"description": "x", "prompt": " "}}}, "swarm.roles.coder.prompt is a text"),
        ({"roles": {"coder": {"promt": "x"}}}, "swarm.roles.coder has no 'promt'; it has description, prompt, model"),
        (
            {"roles": {"coder": {"description": "x", "prompt": "x", "model": "gpt-9"}}},
            "swarm.roles.coder.model: there is no 'gpt-9' among the models of [anthropic]",
        ),
        ({"roles": CODER, "topology": "ring"}, "swarm.topology is one of hierarchical, mesh, adaptive, not 'ring'"),
        ({"roles": CODER, "topology": ["mesh"]}, "swarm.topology is one of"),
        ({"roles": CODER, "most_agents": 0}, "swarm.most_agents is a whole number from 1 to 100, not 0"),
        ({"roles": CODER, "most_agents": True}, "swarm.most_agents is a whole number"),
        ({"roles": CODER, "instructions": 3}, "swarm.instructions is a text"),
        ({"roles": CODER, "rolls": 3}, "swarm has no 'rolls'; it has roles, topology, most_agents, instructions"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(table: object, said: str) -> None:
    with pytest.raises(CatalogueError) as raised:
        parse(table)
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('topology = "hierarchical"', 'topology = "ring"'), "swarm.topology is one of"),
        (("[swarm]", "[swarm"), "this is no TOML: "),
    ],
)
def test_no_process_starts_with_a_broken_one(
    change: tuple[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "agents.toml"
    broken.write_text(catalogue.SOURCE.read_text().replace(*change))
    monkeypatch.setattr(catalogue, "SOURCE", broken)
    with pytest.raises(SettingsError) as raised:
        load(_env_file=None)
    assert str(raised.value).startswith(f"{broken}: {said}")
