"""The operator's commands. What each needs is imported when it runs."""

import click


@click.group()
def queue() -> None:
    """Look at what waits, works or died; try again; drain.

    Works on the database, whether the stack is up or down."""


@queue.command()
@click.option("--json", "as_json", is_flag=True, help="All of it as one JSON object, times in seconds.")
def show(as_json: bool) -> None:
    """Show what waits, runs, is owed to GitHub, or died.

    Runs come with their age, their worker and their attempts; what waits says why. Dead letters are runs that died,
    duties that were given up and deliveries that failed: `queue requeue` has them tried again."""
    import json

    from bot.operating.backlog import gather
    from bot.operating.ground import database_of
    from bot.operating.tables import shown
    from config.settings import load

    with database_of(load()) as database, database.read() as connection:
        backlog = gather(connection)
    click.echo(json.dumps(backlog, indent=2, ensure_ascii=False) if as_json else shown(backlog))


@queue.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--dead", is_flag=True, help="All dead letters, as `queue show` lists them.")
def requeue(ids: tuple[str, ...], dead: bool) -> None:
    """Have dead letters tried again, their counters set back.

    An ID is that of a dead run, the GUID of a failed delivery, or kind and subject of a duty that was given up
    (`status t0123456789ab`). Workers find them within seconds; while paused, runs wait."""
    from bot.operating.ground import database_of
    from bot.operating.requeueing import NotRequeued, all_dead, letters
    from bot.operating.requeueing import requeue as do
    from config.settings import load

    if bool(ids) == dead:
        raise click.UsageError("Name what is to be tried again, or say --dead.")
    settings, refused = load(), False
    with database_of(settings) as database:
        with database.read() as connection:
            named = all_dead(connection) if dead else letters(ids)
        if not named:
            click.echo("There are no dead letters.")
        for letter in named:
            try:
                with database.write() as connection:
                    said = do(connection, letter, settings.concurrent_runs)
                click.echo(said)
            except NotRequeued as error:
                refused = True
                click.echo(str(error), err=True)
    raise SystemExit(1 if refused else 0)


@queue.command()
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Give up waiting, with status 1.")
def drain(timeout: float | None) -> None:
    """Pause everything, and wait until it is safe to stop.

    That is when no run is at work. Ctrl-C ends the waiting and leaves it paused; `resume` ends the pause."""
    from bot.operating.draining import Interrupted
    from bot.operating.draining import drain as do
    from bot.operating.ground import database_of
    from config.settings import load

    with database_of(load()) as database:
        try:
            do(database, click.echo, timeout)
        except Interrupted as interrupted:
            click.echo(str(interrupted), err=True)
            raise SystemExit(130) from None


@click.command()
@click.option("--install", "names", multiple=True, metavar="NAME", help="First install this one; may be repeated.")
def agents(names: tuple[str, ...]) -> None:
    """Show which coding agents can work here.

    Each is asked for its version in the sandbox that runs would use. What is not installed comes with the line that
    installs it; what lacks a key, with the setting."""
    from bot.operating.installed import install, report
    from config.settings import load

    settings = load()
    for name in names:
        install(settings, name, click.echo)
    click.echo(report(settings))


@click.command()
@click.option(
    "--agent", "names", multiple=True, metavar="NAME", help="An agent of it; may be repeated.  [default: all]"
)
@click.option("--base", metavar="IMAGE", help="Another Debian to begin with.  [default: debian:bookworm-slim]")
def image(names: tuple[str, ...], base: str | None) -> None:
    """Build the image of Docker's sandboxes.

    It is named by SANDBOX_IMAGE, and has git, Python, Node and the agents, in the versions that we know. Where your
    agents and tests need more, derive from it; SANDBOX_IMAGES names other images for some repositories."""
    from bot.operating.imaging import build
    from config.settings import load

    build(load(), names, base, click.echo)


@click.command()
@click.argument("account", required=False)
def pause(account: str | None) -> None:
    """Let no run begin: of ACCOUNT (a login), or at all.

    Commands are still accepted, acknowledged and answered, and wait; their comments say that you paused them. What is
    at work goes on to its end. It stays so, over restarts, until `resume`."""
    from bot.operating.ground import database_of
    from bot.operating.pausing import pause as do
    from config.settings import load

    settings = load()
    with database_of(settings) as database, database.write() as connection:
        said = do(connection, settings.host_name, account)
    click.echo(said)


@click.command()
@click.argument("account", required=False)
def resume(account: str | None) -> None:
    """Let runs begin again: of ACCOUNT (a login), or at all.

    An account that was paused by its login stays paused until it is resumed by it."""
    from bot.operating.ground import database_of
    from bot.operating.pausing import resume as do
    from config.settings import load

    settings = load()
    with database_of(settings) as database, database.write() as connection:
        said = do(connection, settings.host_name, account, settings.concurrent_runs)
    click.echo(said)
