"""The operator's commands. What each needs is imported when it runs."""

import click


@click.group()
def queue() -> None:
    """Look at what waits, works and died; try dead letters again; drain.

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
