"""docker-compose.yml and Dockerfile against the program that they run."""

import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from bot.cli import cli
from config.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
OURS = {name: service for name, service in SERVICES.items() if service.get("build")}


def test_every_process_of_the_design_is_a_service() -> None:
    assert set(SERVICES) == {"web", "gateway", "control", "runs", "beat", "migrate", "redis", "postgres"}
    assert set(SERVICES) - set(OURS) == {"redis", "postgres"}


@pytest.mark.parametrize("name", OURS)
def test_a_service_runs_a_command_that_exists(name: str) -> None:
    group = click.Context(cli)
    command, *words = OURS[name]["command"]
    found = cli.get_command(group, command)
    assert found is not None
    found.make_context(command, words)


@pytest.mark.parametrize("name", OURS)
def test_a_service_is_given_settings_that_exist(name: str) -> None:
    assert {setting.lower() for setting in OURS[name]["environment"]} <= set(Settings.model_fields)


@pytest.mark.parametrize("name", OURS)
def test_a_service_waits_for_services_that_exist(name: str) -> None:
    assert set(OURS[name]["depends_on"]) <= set(SERVICES)


def test_the_image_holds_every_package() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]["isort"][
        "known-first-party"
    ]
    copied = [line.split()[1] for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("COPY ")]
    assert set(packages) - {"tests"} <= set(copied)
