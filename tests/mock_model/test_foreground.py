"""The mock model on the command line."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from bot.mock_model.foreground import serve
from bot.operating import OperatorError


def test_it_answers_by_a_script_until_ctrl_c(tmp_path: Path) -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        free_port = found.getsockname()[1]
    script = tmp_path / "script.json"
    script.write_text('[{"step": "say", "text": "By the file."}]')
    argv = [sys.executable, "-m", "bot", "mock-model", "--port", str(free_port), "--script", str(script)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        first = process.stdout.readline()
        assert first == f"The mock model is at  http://127.0.0.1:{free_port}/anthropic\n"
        answer = httpx.post(first.split()[-1] + "/v1/messages", json={"tools": [{"name": "x"}]}).json()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert answer["content"] == [{"type": "text", "text": "By the file."}]


def test_a_script_that_is_none_is_said() -> None:
    with pytest.raises(OperatorError, match="no script"):
        serve(4200, "{", print)
