"""How an agent fails, in words for programs and in sentences for people; the same whichever agent it was."""

import re
from collections.abc import Mapping

from runners.agents.adapter import Exit, Outcome, Usage
from runners.agents.json_lines import shortened

LONGEST = 500  # of the agent's own words behind a sentence of ours
STATUS = re.compile(r"(?<![\w.])[45]\d\d(?!\w|\.\d)")
UNREACHABLE = re.compile(
    r"(?i)connection error|connection refused|ECONNREFUSED|ECONNRESET|ENOTFOUND|unable to connect|fetch failed"
    r"|(?:can|could) ?not connect|reading a body|error sending request|stream disconnected|socket connection|terminated"
    r"|server disconnected"
)

API: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "The model API did not take the request (400)."),
    401: ("auth", "The model API refused the key (401)."),
    402: ("auth", "The model API wants to be paid (402)."),
    403: ("refused", "The model API refused the request (403)."),
    404: ("no_such_model", "The model API knows no such model (404)."),
    408: ("api_error", "The model API took too long (408)."),
    413: ("too_long", "The conversation became too long for the model API (413)."),
    429: ("rate_limited", "The model API is being asked too often (429); try again later."),
    503: ("overloaded", "The model API is overloaded (503); try again later."),
    529: ("overloaded", "The model API is overloaded (529); try again later."),
}


def api_failure(status: int | None, said: str = "", usage: Usage | None = None) -> Outcome:
    """The model API did not answer: by its status, which may stand in what the agent said about it."""
    found = STATUS.search(said)
    if status is None and found:
        status = int(found[0])
    usage = usage or Usage()
    if status is not None:
        reason, sentence = API.get(status, ("api_error", f"The model API failed ({status})."))
        return Outcome("failed", reason, sentence, usage)
    if UNREACHABLE.search(said):
        return Outcome("failed", "unreachable", "The model API can't be reached.", usage)
    return Outcome("failed", "api_error", _with("The agent failed.", said), usage)


def too_many_turns(usage: Usage | None = None) -> Outcome:
    """The agent's own limit of turns."""
    return Outcome("limit", "max_turns", "The agent took more turns than it may.", usage or Usage())


def no_result(exit: Exit, last: str, usage: Usage | None = None) -> Outcome:
    """The process ended without a word on how it went, whatever its exit code says."""
    sentence = f"The agent ended with exit code {exit.code} and without a result."
    return Outcome("failed", "no_result", _with(sentence, last), usage or Usage())


def _with(sentence: str, said: str) -> str:
    return f"{sentence}\n{shortened(said.strip(), LONGEST)}".strip()
