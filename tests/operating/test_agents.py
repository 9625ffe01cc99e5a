"""`./async-code agents`: what can work here, what the others lack, and installing one."""

import os
from pathlib import Path

import pytest

from bot.operating import OperatorError
from bot.operating.imaging import installing
from bot.operating.installed import command_lines, install, report
from config.settings import Settings, load
from runners.agents import AGENTS
from runners.sandboxes.places import PYTHON

NPM = r"""#!/bin/sh
[ "$3" = "$WANTED" ] || [ -z "$WANTED" ] || { echo "not $WANTED but $3" >&2; exit 3; }
programs="$3/node_modules/.bin"
mkdir -p "$programs"
printf '#!/bin/sh\necho "9.9.9 (a stand-in)"\n' > "$programs/codex"
chmod 755 "$programs/codex"
echo noise; echo noise >&2
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An operator's, on a machine where `npm` installs a stand-in."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "npm").write_text(NPM)
    (programs / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return load(_env_file=None, data_dir=tmp_path / "my data", sandbox="none")


def line_of(name: str, said: str) -> str:
    """What is said of an agent, in one line."""
    rows = said.splitlines()
    (at,) = (number for number, row in enumerate(rows) if row[2:].split()[:1] == [name])
    return " ".join(" ".join(rows[at : at + 2]).split()) if rows[at].startswith("✘") else " ".join(rows[at].split())


def test_what_is_not_here_comes_with_the_way_to_have_it(settings: Settings) -> None:
    said = line_of("codex", report(settings))
    assert said.startswith("✘ codex") and "./async-code agents --install codex" in said
    assert "@openai/codex@" in said and str(settings.agents_folder) in said


def test_one_is_installed_found_and_wants_its_key(settings: Settings) -> None:
    said: list[str] = []
    install(settings, "codex", said.append)
    assert len(said) == 1 and said[0].startswith("$ npm install --prefix ")
    assert "9.9.9 (a stand-in)" in line_of("codex", report(settings))
    assert "set OPENAI_API_KEY" in line_of("codex", report(settings))
    keyed = settings.model_copy(update={"openai_base_url": "http://127.0.0.1:1/v1"})
    assert line_of("codex", report(keyed)).startswith("✔ codex")


def test_a_python_package_goes_into_an_environment_of_its_own_below_the_same_folder(settings: Settings) -> None:
    lines = command_lines(settings, AGENTS["aider"])
    folder = settings.agents_folder
    assert lines[0] == [str(PYTHON), "-m", "venv", "--clear", f"{folder}/venvs/aider"]
    assert lines[1][0] == f"{folder}/venvs/aider/bin/pip"
    assert lines[-1] == ["ln", "-sfn", "../venvs/aider/bin/aider", f"{folder}/bin/aider"]


def test_what_fails_to_install_says_so_in_its_own_words(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANTED", "elsewhere")
    with pytest.raises(OperatorError, match=r"(?s)not elsewhere but .*This ended with 3: npm install"):
        install(settings, "codex", lambda line: None)


@pytest.mark.parametrize("name", ["patch", "nobody"])
def test_what_there_is_nothing_to_install_for_is_said(settings: Settings, name: str) -> None:
    with pytest.raises(OperatorError, match=f"nothing to install for '{name}'; there is for: claude-code, codex"):
        install(settings, name, lambda line: None)


def test_one_that_does_not_start_says_why(settings: Settings) -> None:
    install(settings, "codex", lambda line: None)
    (settings.agents_folder / "node_modules/.bin/codex").write_text("#!/bin/sh\necho no such library >&2\nexit 1\n")
    assert "→ no such library" in line_of("codex", report(settings))


def test_an_operator_s_own_command_line_is_there_when_it_is_set(settings: Settings) -> None:
    assert "AGENT_COMMAND" in line_of("command", report(settings))
    own = load(_env_file=None, data_dir=settings.data_dir, sandbox="none", agent_command="sh -c true")
    assert line_of("command", report(own)).startswith("✔ command")


def test_an_image_is_built_by_the_same_lines_with_its_own_python() -> None:
    said = installing(["aider", "codex"])
    assert said.startswith(
        "python3 -m venv --clear /opt/agents/venvs/aider && /opt/agents/venvs/aider/bin/pip install "
    )
    assert f" && {AGENTS['codex'].install[0].format(agents='/opt/agents')}" in said
