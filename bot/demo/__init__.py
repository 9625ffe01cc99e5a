"""`./async-code demo`: the journey on a local GitHub, for somebody who has no account, no key and a minute."""

from contextlib import ExitStack

from rich.console import Console

from bot.demo.cast import cast_of
from bot.demo.journey import PATIENCE_SECONDS, follow
from bot.demo.screen import SERVICES, Screen, welcome
from bot.demo.stage import Stage, set_stage
from bot.embedded.foreground import until_interrupted, wait
from config.settings import forget_environment, load


def main(once: bool, port: int | None, agent: str, sandbox: str) -> int:
    """Plays the demo; the exit status: 0 where the comment became a pull request. Raises OperatorError."""
    forget_environment()  # a real bot's settings beside it must neither be used nor be seen
    cast = cast_of(agent, sandbox, load())
    console = Console(highlight=False)
    code = 1
    with ExitStack() as held:
        screen = held.enter_context(Screen(console, SERVICES + bool(cast.agent.wire)))  # an agent's model: the gateway
        stage = held.enter_context(set_stage(port, cast, screen.process))
        with until_interrupted(stage.stack, console.print):
            code = _play(stage, screen, console)
            if not once and not code:
                console.print(welcome(stage))
                wait()
    return code


def _play(stage: Stage, screen: Screen, console: Console) -> int:
    stage.stack.await_ready(PATIENCE_SECONDS)
    stage.open_for_business()
    number = stage.ask()
    ended = follow(stage, number, screen)
    screen.stop()
    if ended is None:
        console.print(f"[red]No pull request within {PATIENCE_SECONDS} s.[/red] The logs are in {stage.logs}.")
        return 1
    screen.show(ended)
    return 0 if ended.pull_request else 1
