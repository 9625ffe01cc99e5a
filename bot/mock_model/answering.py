"""From a conversation to its answer: the script's turn, with the client's own tools."""

import json
from collections.abc import Sequence
from hashlib import sha256

from bot.mock_model.conversation import Answer, Conversation, ToolCall
from bot.mock_model.manners import edits_by_text, in_text, submitting
from bot.mock_model.script import Called, Tokens, Turn
from bot.mock_model.tools import example, pick

WITHOUT_TOOLS = "A title by the mock model"  # of an agent's small requests: titles, summaries
LAST_WORD = "Done."
BYTES_A_TOKEN = 4


def answered(turn: Turn, conversation: Conversation, request: bytes, tokens: Tokens | None) -> Answer:
    """The answer. The same request has the same answer, ids included."""
    id = sha256(request).hexdigest()[:16]
    calls: list[ToolCall] = []
    texts = [_without_tools(conversation)]
    if edits_by_text(conversation):
        texts = in_text(turn.says, turn.calls)
    elif conversation.tools:
        end = [] if turn.calls else submitting(conversation, turn.says)
        calls, unable = _calls(end or turn.calls, conversation, id)
        texts = [*([] if end else turn.says), *unable]
    if not texts and not calls:
        texts = [LAST_WORD]
    return Answer(id, conversation.model, texts, calls, tokens or _tokens(request, texts, calls))


def _without_tools(conversation: Conversation) -> str:
    return json.dumps(example(conversation.wanted)) if conversation.wanted else WITHOUT_TOOLS


def _calls(steps: Sequence[Called], conversation: Conversation, id: str) -> tuple[list[ToolCall], list[str]]:
    """The calls, and a word for each step that none of the client's tools can do."""
    calls: list[ToolCall] = []
    unable: list[str] = []
    for index, step in enumerate(steps):
        picked = pick(step, conversation)
        if picked:
            calls.append(ToolCall(f"{id}{index}", *picked))
        else:
            names = ", ".join(tool.name for tool in conversation.tools)
            unable.append(f"The script wants a tool for {type(step).__name__}, and there is none among: {names}")
    return calls, unable


def _tokens(request: bytes, texts: Sequence[str], calls: Sequence[ToolCall]) -> Tokens:
    said = "".join(texts) + "".join(json.dumps(call.arguments) for call in calls)
    return Tokens(len(request) // BYTES_A_TOKEN, max(1, len(said.encode()) // BYTES_A_TOKEN))
