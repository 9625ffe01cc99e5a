"""aider: one request, one answer with edits in it, asked again only where an edit does not apply."""

from runners.agents.adapter import Wire
from runners.agents.driven import Driven


class Aider(Driven):
    """It runs nothing, and has no tools: it sees a map of the repository, and the files that it names."""

    name = "aider"
    description = "aider, with any model behind OpenAI's Chat API; edits files and runs nothing"
    wire: Wire | None = "openai-chat"
    program = "aider"
    version = "0.86.2"
    packages = (f"aider-chat=={version}",)
    driver = "drive_aider"
