"""What some agents ask of a model beyond their protocol: edits in its text, a command that says that it is done."""

import shlex
from collections.abc import Sequence

from bot.mock_model.conversation import Conversation
from bot.mock_model.script import Called, Replace, Shell, Write

TEXT_EDITS = "SEARCH/REPLACE"  # aider's; it has no tools
SUBMIT = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"  # mini-swe-agent's; an answer without a command is none to it


def edits_by_text(conversation: Conversation) -> bool:
    """Whether the client wants edits in the text, and all of them at once."""
    return not conversation.tools and TEXT_EDITS in conversation.told


def in_text(says: Sequence[str], calls: Sequence[Called]) -> list[str]:
    """One text: what is said, then the edits. It can run nothing, and has no sub-agents."""
    return ["\n".join(says) + "".join(map(_edit, calls))]


def _edit(step: Called) -> str:
    match step:
        case Write(path, text):
            return _block(path, "", text)
        case Replace(path, old, new):
            return _block(path, f"{old}\n", f"{new}\n")
    return ""


def _block(path: str, old: str, new: str) -> str:
    return f"\n\n{path}\n```\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n```\n"


def submitting(conversation: Conversation, says: Sequence[str]) -> Sequence[Called]:
    """The command that ends the work with these words, where the client wants one."""
    if SUBMIT not in conversation.told:
        return ()
    return [Shell(f"printf '%s\\n' {SUBMIT} {shlex.quote(' '.join(says))}")]
