"""Bringing a database to the newest schema. Apart from `config.database`, since only few processes need Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import func, select

from config.database import Database

MIGRATION_LOCK = 0x61737963  # any constant that nothing else in the database uses


def migrate(database: Database) -> None:
    """Brings the schema to the newest revision; safe to call from several processes at once."""
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
