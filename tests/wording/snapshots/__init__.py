"""Every sentence that people read, as files to be read. After a change of words: `RENEW_SNAPSHOTS=1 ./async-code test`,
then read what `git diff tests/wording/snapshots` shows.
"""

import os
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent


def same(name: str, texts: Mapping[str, str]) -> None:
    """Holds the texts, each under its title, against the file `name`.md, byte for byte."""
    shown = "".join(f"=== {title} ===\n{text}\n\n" for title, text in texts.items())
    file = FOLDER / f"{name}.md"
    if os.environ.get("RENEW_SNAPSHOTS"):
        file.write_text(shown, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == shown, "words changed: RENEW_SNAPSHOTS=1 writes them anew"
