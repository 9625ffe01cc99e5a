"""`.env.example`, made from the settings themselves: `python -m config.env_example` writes it anew."""

import textwrap
from pathlib import Path

from pydantic.fields import FieldInfo

from config.settings import Settings

FILE = Path(__file__).resolve().parent.parent / ".env.example"
WIDTH = 100

HEAD = """\
# Settings of async-code. Copy this file to `.env` and uncomment what you change; the environment wins over the file.
# What stands after `=` is the default. `./async-code demo` needs none of these, `./async-code up` those of the App.
"""

# The first setting of each group, in the order of the model.
GROUPS = {
    "environment": "This machine",
    "github_app_id": "The GitHub App (app.yml describes it); its settings page shows all of these",
    "database_url": "Where state lives",
    "allowed_accounts": "Who may command, and how much",
    "run_slots": "How runs are done",
    "sentry_dsn": "Unexpected errors",
    "anthropic_api_key": "Models",
}


def render(model: type[Settings]) -> str:
    """The text of the file: each setting with its description and its default, in groups."""
    return HEAD + "".join(entry(name, field) for name, field in model.model_fields.items())


def entry(name: str, field: FieldInfo) -> str:
    """One setting: its description as comments, then the line to uncomment; before it, the title of its group."""
    described = textwrap.fill(field.description or "", WIDTH, initial_indent="# ", subsequent_indent="# ")
    default = "" if field.default is None else field.default
    title = f"\n# --- {GROUPS[name]} ---\n" if name in GROUPS else ""
    # "… or the path of a file" goes on with the setting before.
    space = "" if described.startswith("# …") else "\n"
    return f"{title}{space}{described}\n#{name.upper()}={default}\n"


if __name__ == "__main__":
    FILE.write_text(render(Settings))
