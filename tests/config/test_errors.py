"""What goes to Sentry holds nothing private, and nothing of Sentry is loaded without a DSN."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from config import errors
from config.settings import Settings, load

TOKEN = "ghs_" + "a1B2" * 10
CANARIES = ["webh00k-c4n4ry", "cl1ent-c4n4ry", "m4ster-c4n4ry", "m0del-c4n4ry", TOKEN, "p4ssword"]


class Kept(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.envelopes: list[Envelope] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.envelopes.append(envelope)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """Error tracking as every process starts it, but for the last step over the network."""
    kept = Kept()
    init = sentry_sdk.init
    monkeypatch.setattr(sentry_sdk, "init", lambda **options: init(transport=kept, **options))
    errors.set_up(settings(), "runs")
    yield kept
    init()


def settings() -> Settings:
    return load(
        _env_file=None,
        sentry_dsn="https://s3ntry-c4n4ry@sentry.example/1",
        github_client_id="x",
        github_client_secret="cl1ent-c4n4ry",
        github_webhook_secret="webh00k-c4n4ry",
        secrets_master_key="m4ster-c4n4ry",
        openai_api_key="m0del-c4n4ry",
    )


def test_no_secret_is_anywhere_in_an_event(told: Kept) -> None:
    local = " ".join(CANARIES)
    sentry_sdk.set_extra("environment", {"deep": [{"list": CANARIES}], CANARIES[0]: 1, "bytes": TOKEN.encode()})
    sentry_sdk.set_user({"id": 1, "token": TOKEN})
    sentry_sdk.add_breadcrumb(message=f"cloning with {TOKEN}", data={"url": f"https://u:p4ssword@host/{TOKEN}"})
    sentry_sdk.set_context("repository", {"remote": f"https://x-access-token:{TOKEN}@github.com", "said": local[:60]})
    try:
        try:
            raise ValueError(f"git said: {TOKEN}")
        except ValueError as error:
            raise RuntimeError(f"with https://u:p4ssword@host and {' '.join(CANARIES[:4])}") from error
    except RuntimeError as error:
        errors.report(error)
    sentry_sdk.capture_message(f"message {' '.join(CANARIES[:5])}")
    sentry_sdk.flush()
    sent = "".join(json.dumps(item.payload.json, default=repr) for one in told.envelopes for item in one.items)
    for canary in CANARIES:
        assert canary not in sent, canary
    event: dict[str, Any] = told.envelopes[0].get_event() or {}
    assert [value["type"] for value in event["exception"]["values"]] == ["ValueError", "RuntimeError"]
    assert event["tags"]["process"] == "runs"
    assert event["environment"] == "development"
    assert "vars" not in sent
    assert len(told.envelopes) == 2


WITHOUT = """
import sys
from config import errors
from config.settings import load
errors.set_up(load(_env_file=None), "web")
errors.report(ValueError())
print("sentry_sdk" in sys.modules)
"""


def test_without_a_dsn_nothing_of_sentry_is_loaded() -> None:
    said = subprocess.run(
        [sys.executable, "-c", WITHOUT], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert said.stdout == "False\n"
