"""The mock model on the command line."""

import threading
from collections.abc import Callable
from contextlib import suppress

from bot.mock_model.model import DEFAULT, MockModel
from bot.mock_model.script import Script, ScriptError, parse
from bot.operating import OperatorError


def serve(port: int, script: str | None, say: Callable[[str], object]) -> None:
    """Answers until Ctrl-C. Raises OperatorError."""
    try:
        model = MockModel(parse(script) if script is not None else Script(DEFAULT), port)
        with suppress(KeyboardInterrupt), model:
            for base in ("/anthropic", "/openai/v1", "/gemini"):
                say(f"The mock model is at  {model.url}{base}")
            threading.Event().wait()
    except (ScriptError, OSError) as error:
        raise OperatorError(str(error)) from None
