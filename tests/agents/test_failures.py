"""How an agent fails, in the same words whichever it was."""

import pytest

from runners.agents.adapter import Exit, Usage
from runners.agents.failures import api_failure, no_result


@pytest.mark.parametrize(
    ("status", "said", "reason", "summary"),
    [
        (401, "", "auth", "The model API refused the key (401)."),
        (None, "unexpected status 401 Unauthorized", "auth", "The model API refused the key (401)."),
        (404, "", "no_such_model", "The model API knows no such model (404)."),
        (413, "", "too_long", "The conversation became too long for the model API (413)."),
        (529, "", "overloaded", "The model API is overloaded (529); try again later."),
        (502, "see http://127.0.0.1:4100", "api_error", "The model API failed (502)."),
        (None, "fetch failed", "unreachable", "The model API can't be reached."),
        (
            None,
            "after 0.500 seconds, at 127.0.0.1:4100: could not connect",
            "unreachable",
            "The model API can't be reached.",
        ),
        (
            None,
            "Rejected (429) · Slowly.",
            "rate_limited",
            "The model API is being asked too often (429); try again later.",
        ),
        (None, "port 4100 is odd", "api_error", "The agent failed.\nport 4100 is odd"),
        (None, "", "api_error", "The agent failed."),
    ],
)
def test_the_model_api_did_not_answer(status: int | None, said: str, reason: str, summary: str) -> None:
    outcome = api_failure(status, said, Usage(3, 2))
    assert (outcome.status, outcome.reason, outcome.summary) == ("failed", reason, summary)
    assert outcome.usage == Usage(3, 2)


def test_no_word_on_how_it_went() -> None:
    assert no_result(Exit(0), "").summary == "The agent ended with exit code 0 and without a result."
    assert len(no_result(Exit(1), "x" * 10_000).summary) < 700
