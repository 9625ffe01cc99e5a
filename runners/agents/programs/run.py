"""Starts one of the programs here: `python run.py patch`, with its brief as JSON on standard input."""

import importlib.util
import runpy
import sys
from pathlib import Path

# The programs import each other under a name that no repository has, and without any folder of ours on the path:
# nothing that a test imports can be taken for ours, and nothing of ours for what a test means.
PACKAGE = "_async_code_programs"

if __name__ == "__main__":
    folder = Path(__file__).resolve().parent
    sys.path[:1] = []
    spec = importlib.util.spec_from_file_location(
        PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec, "the programs' folder is incomplete"
    sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
    runpy.run_module(f"{PACKAGE}.{sys.argv[1]}", run_name="__main__")
