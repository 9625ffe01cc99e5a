"""The database as the operator's commands find it, and who the operator is."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.operating import OperatorError
from config.database import Database, DatabaseError, require_schema
from config.settings import Settings


@contextmanager
def database_of(settings: Settings) -> Iterator[Database]:
    """The deployment's database, whether its processes run or not. Raises OperatorError, SettingsError."""
    scheme, _, path = settings.database.partition(":///")
    if scheme == "sqlite" and not Path(path).exists():  # looking must not make an empty one
        raise OperatorError(
            f"There is no database at {path} yet, so nothing was ever asked for. `./async-code up` makes it; if yours "
            "is elsewhere, set DATA_DIR or DATABASE_URL as the stack has it."
        )
    database = Database(settings.database)
    try:
        _require_schema(database)
        yield database
    finally:
        database.close()


def _require_schema(database: Database) -> None:
    try:
        require_schema(database)
    except DatabaseError as error:
        raise OperatorError(
            f"The database can't be read ({type(error).__name__}). "
            "Is it up, and is DATABASE_URL (or DATA_DIR) the stack's?"
        ) from None


def operator() -> str:
    """The system's user who runs this command, for the audit log."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's made-up user
        return f"uid {os.getuid()}"
