"""The mock model as its users hold it: start it with a script, look at what it was asked."""

from collections.abc import Sequence
from types import TracebackType

from bot.loopback import LoopbackServer
from bot.mock_model.application import Answering, Call
from bot.mock_model.script import Say, Script, Shell, Step, Write

DEFAULT: Sequence[Step] = (
    Say("I look at what is here."),
    Shell("ls"),
    Write("MOCK_MODEL.md", "A mock model wrote this by a script; no real model was asked.\n"),
    Say("I wrote MOCK_MODEL.md. I am a mock model, which follows a script."),
)


class MockModel:
    """Serves on loopback, from a thread, while it is entered."""

    def __init__(self, script: Script | Sequence[Step] = DEFAULT, port: int = 0) -> None:
        answering = Answering(script if isinstance(script, Script) else Script(script))
        self.calls: list[Call] = answering.calls
        self._port = port
        self._server = LoopbackServer(answering.application(), "the mock model")

    @property
    def url(self) -> str:
        """Below it lie `/anthropic`, `/openai/v1` and `/gemini`, where the agents' base URLs end."""
        return f"http://127.0.0.1:{self._server.port}"

    def __enter__(self) -> "MockModel":
        self._server.serve(self._server.bind(self._port))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
