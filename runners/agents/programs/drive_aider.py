"""Drives aider by its own classes: `run.py drive_aider MODEL`, in the environment that it lies in.

Its command line would let the repository say where the model is (`.env`, `.aider.conf.yml`), and takes a request that
begins with `/` for a command to run.
"""

import os
import re
import sys
import tempfile
from typing import Any

from aider.coders import Coder, base_coder
from aider.io import InputOutput
from aider.models import Model
from aider.repomap import RepoMap

from .report import done, emit, refused

PATIENCE = 8  # seconds between two tries, after which it gives up
# An edit as it stands in an answer, with the file's name before it.
EDIT = re.compile(r"^[^\n]+\n(`{3,})[^\n]*\n<{5,9} SEARCH$.*?^>{5,9} REPLACE\n\1\n?", re.MULTILINE | re.DOTALL)


class Screen(InputOutput):
    """What it would print and write, as events."""

    def assistant_output(self, message: str, pretty: bool | None = None) -> None:
        """An answer."""
        emit("text", text=prose(message))

    def write_text(self, filename: str, content: str, *rest: Any, **more: Any) -> None:
        """An edit."""
        emit("tool_call", name="edit", text=os.path.relpath(filename))
        super().write_text(filename, content, *rest, **more)

    def offer_url(self, url: str, *rest: Any, **more: Any) -> bool:
        """There is nobody to look at a page."""
        return False


class Asked(Model):
    """A model whose refusals are told with their status."""

    def get_model_info(self, model: str) -> dict[str, Any]:
        """Nothing: it would ask the network for prices."""
        return {}

    def send_completion(self, *given: Any, **named: Any) -> Any:
        """Asks."""
        try:
            return super().send_completion(*given, **named)
        except Exception as error:
            refused(error)
            raise


def main(name: str, request: str) -> None:
    """One request; it asks again by itself where an edit does not apply, or it wants to see a file."""
    base_coder.RETRY_TIMEOUT = PATIENCE
    RepoMap.TAGS_CACHE_DIR = tempfile.mkdtemp()  # by itself a folder of the repository's
    model = Asked(name, weak_model=name, editor_model=False)
    # What it would take for a model that is newer than itself: whole files, no map, a temperature that is refused.
    model.edit_format, model.use_repo_map, model.use_temperature = "diff", True, False
    coder = Coder.create(
        main_model=model,
        io=Screen(pretty=False, yes=True, fancy_input=False),
        map_tokens=None,
        stream=False,
        auto_commits=False,
        auto_lint=False,
        detect_urls=False,
        suggest_shell_commands=False,
    )
    coder.check_for_file_mentions(request)
    said = coder.run(with_message=request, preproc=False)
    if coder.num_exhausted_context_windows:
        done("failed", "too_long", "")
    elif coder.reflected_message:
        done("failed", "max_turns", coder.reflected_message)
    else:
        done("succeeded" if said else "failed", "", prose(said or ""))


def prose(answer: str) -> str:
    """An answer without its edits."""
    return EDIT.sub("", answer).strip()


if __name__ == "__main__":
    main(sys.argv[2], sys.stdin.read())
