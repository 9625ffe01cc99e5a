"""The App was installed, suspended, given new rights, or removed."""

from config.accounts import Account, delete_installation, remember_account, remember_installation, suspend_installation
from config.database import now
from handlers import inbox
from handlers.events import InstallationChanged, RepositoriesAdded
from handlers.inbox import Taken
from runners import moves, outbox, quiet, tasks
from runners.context import Context


def changed(context: Context, taken: Taken, event: InstallationChanged) -> None:
    """Notes the installation's state; what is at work under one that ended is cancelled."""
    host = context.settings.host_name
    with context.database.write() as connection:
        if not inbox.done(connection, taken):
            return
        at = now(connection)
        owner = event.owner
        account_id = remember_account(connection, host, Account(owner.id, owner.login, owner.kind), at)
        if event.action == "suspend":
            suspend_installation(connection, host, event.installation_id, at)
        elif event.action == "deleted":
            delete_installation(connection, host, event.installation_id, at)
        else:
            remember_installation(connection, host, event.installation_id, account_id, dict(event.permissions), at)
        if event.action == "created":
            quiet.want(connection, event.installation_id, event.repositories)
        if event.action in ("suspend", "deleted"):
            for task_id in tasks.unfinished(connection, host, event.installation_id):
                moves.cancel(connection, task_id, owner.login)
        elif event.action == "unsuspend":
            outbox.revive(connection, tasks.of_installation(connection, host, event.installation_id))


def repositories_added(context: Context, taken: Taken, event: RepositoriesAdded) -> None:
    """The App sees more repositories than before."""
    with context.database.write() as connection:
        if inbox.done(connection, taken):
            quiet.want(connection, event.installation_id, event.repositories)
