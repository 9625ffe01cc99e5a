"""The command line. What a command needs is imported when it runs, so that `--help` answers at once."""

import os
from typing import Any

import click

from bot.embedded import StackError
from bot.operating import OperatorError
from bot.operating import commands as operating

NAME = "./async-code"
MOST_CONNECTIONS = 1000  # of one web process, live pages included; beyond them it answers 503
SECONDS_TO_FINISH = 10  # that requests under way get when the web process is told to stop


class Refusal(click.ClickException):
    """An operator's error: its own words, no traceback."""

    def show(self, file: Any = None) -> None:
        """Writes the lines as they are."""
        click.echo(self.message, file=file, err=True)


class WrongSettings(Refusal):
    """Settings that can't be meant; the exit status is that of wrong options."""

    exit_code = 2


class Commands(click.Group):
    """A group whose commands end with the operator's error in plain lines."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except (StackError, OperatorError) as error:
            raise Refusal(str(error)) from None
        except Exception as error:
            from config.settings import SettingsError

            if isinstance(error, SettingsError):
                raise WrongSettings(str(error)) from None
            raise


def main() -> None:
    """Runs the command that the process was started with. What it writes is its user's alone."""
    os.umask(0o077)
    cli(prog_name=NAME)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lifeline", type=int, envvar="ASYNC_CODE_LIFELINE", hidden=True)
def cli(lifeline: int | None) -> None:
    """A comment on GitHub becomes a pull request, written by a coding agent on your machine.

    New here? `demo` shows it without an account. `up` runs it for real; .env.example lists the settings.
    """
    if lifeline is not None:
        from bot.embedded.lifeline import watch

        watch(lifeline)


@cli.command()
@click.option("--once", is_flag=True, help="End after the first pull request: 0 if it is there, else 1.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the bot's pages.  [default: a free one]")
@click.option("--agent", default="mend", metavar="NAME", help="An agent that `agents` lists as here.  [default: mend]")
@click.option("--sandbox", default="auto", metavar="NAME", help="Where it is locked in.  [default: the strongest here]")
def demo(once: bool, port: int | None, agent: str, sandbox: str) -> None:
    """Show the journey on a local GitHub: no account, no key.

    It stays up, so that you can comment on the local GitHub in a browser. Ctrl-C ends it. With --agent a real coding
    agent does the work; a mock model that follows a script plays its model.
    """
    from bot.demo import main as play

    raise SystemExit(play(once, port, agent, sandbox))


@cli.command()
@click.option("--logs", is_flag=True, help="Show here what the processes log, too (DATA_DIR/logs has it always).")
def up(logs: bool) -> None:
    """Run everything here: broker, web, gateway, workers, beat.

    Ctrl-C stops it once the runs at work are done (or DRAIN_SECONDS have passed), a second Ctrl-C at once.
    What did not get done is done at the next start.
    """
    from bot.embedded.foreground import up as run
    from config.identity import require_github
    from config.settings import load

    require_github(load())
    run(click.echo, logs=logs)


@cli.command()
def web() -> None:
    """Run the web process: webhooks and pages."""
    import uvicorn

    from bot.connection import IDLE_SECONDS
    from config.identity import require_github
    from config.settings import load

    settings = load()
    require_github(settings)
    uvicorn.run(
        "bot.app:create",
        factory=True,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="bot.connection:Connection",  # httptools, with a head's bounds
        ws="none",
        log_config=None,  # the application's own logging stands
        access_log=False,
        server_header=False,
        proxy_headers=False,  # pages trust the peer's address
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
    )


@cli.command()
@click.argument("pool", type=click.Choice(["control", "runs"]))
def worker(pool: str) -> None:
    """Run one worker, of the control or the runs pool.

    `control` decides and answers, `runs` lets agents work."""
    from config.identity import require_github
    from config.settings import load

    require_github(load())
    from bot.worker import main as work

    work(pool)


@cli.command()
def gateway() -> None:
    """Run the gateway, the only way out of the sandboxes of this host."""
    from config import errors, logging
    from config.settings import load
    from runners.gateway.server import serve

    settings = load()
    logging.set_up(settings, "gateway")
    errors.set_up(settings, "gateway")
    serve(settings)


@cli.command()
def beat() -> None:
    """Run the beat, which wakes the workers for what is due."""
    from bot.beat import main as run

    run()


@cli.command("mock-model")
@click.option("--port", type=click.IntRange(1, 65535), default=4200, show_default=True, help="On loopback.")
@click.option("--script", type=click.File(), help="JSON: what it does, step by step.  [default: it writes a file]")
def mock_model(port: int, script: Any) -> None:
    """Serve a model that follows a script: agents without a key.

    It speaks the protocols of Anthropic, OpenAI and Gemini. Ctrl-C ends it.
    """
    from bot.mock_model.foreground import serve

    serve(port, script.read() if script else None, click.echo)


@cli.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    from bot.embedded.stack import migrate as bring_up_to_date
    from config.settings import load

    bring_up_to_date(load())


@cli.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--require", metavar="all|NAMES", help="Fail where a test would be skipped for want of these (or of all)."
)
@click.option("--quick", is_flag=True, help="Only what takes less than a minute: no real processes, no Postgres.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGUMENTS]...")
def test(require: str | None, quick: bool, arguments: tuple[str, ...]) -> None:
    """Run all tests with coverage, or pytest with ARGUMENTS.

    What this machine lacks is skipped, and said at the end.
    """
    from bot.development import run_tests

    raise SystemExit(run_tests(arguments, require, quick=quick))


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[--full] [EXPERIMENT]...")
def chaos(arguments: tuple[str, ...]) -> None:
    """Harm real processes and count what came of it.

    --full makes the experiments as large as docs/reliability.md says, for hours, and writes that page.
    """
    from bot.development import run_chaos

    raise SystemExit(run_chaos(arguments))


@cli.command()
@click.option("--fix", is_flag=True, help="First mend what can be mended by a program.")
def check(fix: bool) -> None:
    """Check format, lint, types and import contracts."""
    from bot.development import run_checks

    raise SystemExit(run_checks(fix))


for command in (operating.agents, operating.image, operating.queue, operating.pause, operating.resume):
    cli.add_command(command)
