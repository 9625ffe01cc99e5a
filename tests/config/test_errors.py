"""What goes to Sentry holds nothing private, and nothing of Sentry is loaded without a DSN."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from config.settings import Settings

TOKEN = "ghs_" + "a1B2" * 10
SECRETS = {
    "GITHUB_CLIENT_SECRET": "cl1ent-c4n4ry",
    "GITHUB_WEBHOOK_SECRET": "webh00k-c4n4ry,webh00k-old-c4n4ry",
    "SECRETS_MASTER_KEY": "m4ster-c4n4ry",
    "OPENAI_API_KEY": "m0del-c4n4ry",
    "ANTHROPIC_API_KEY": "m0del2-c4n4ry",
    "GEMINI_API_KEY": "m0del3-c4n4ry",
}
CANARIES = [*(part for value in SECRETS.values() for part in value.split(",")), TOKEN]

# Sentry hooks into a whole process, so each test has one of its own. Only the last step over the network is left out.
TELLING = """
import json, sys
import sentry_sdk
import structlog
from sentry_sdk.transport import Transport
from config import errors
from config.settings import load

canaries = json.load(sys.stdin)
token, everything = canaries[-1], " ".join(canaries)

class Printed(Transport):
    def capture_envelope(self, envelope):
        for item in envelope.items:
            print(json.dumps(item.payload.json, default=repr))

structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # what logs hide is asked elsewhere
init = sentry_sdk.init
sentry_sdk.init = lambda **options: init(transport=Printed(), **options)
errors.set_up(load(_env_file=None), "runs")

sentry_sdk.set_extra("environment", {"deep": [{"list": canaries}], canaries[0]: 1, "bytes": token.encode()})
sentry_sdk.set_user({"id": 1, "name": token})
sentry_sdk.set_tag("said", everything)
sentry_sdk.add_breadcrumb(message=f"cloning with {everything}", data={"url": f"https://u:p4ssword@host/{token}"})
sentry_sdk.set_context("repository", {"remote": f"https://x-access-token:{token}@github.com", "said": everything})
local = canaries
try:
    try:
        raise ValueError(f"git said: {everything}")
    except ValueError as error:
        raise RuntimeError(f"with https://u:p4ssword@host and {everything}") from error
except RuntimeError as error:
    errors.report(error)
sentry_sdk.capture_message(f"message {everything}")
errors.tell("run.dead", run="r1", reason=everything)
sentry_sdk.flush()
"""

SILENT = """
import sys
import structlog
from config import errors
from config.settings import load
structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
errors.set_up(load(_env_file=None), "web")
errors.report(ValueError())
errors.tell("run.dead", run="r1")
print("sentry_sdk" in sys.modules)
"""


def output(script: str, said: object = None, **settings: str) -> str:
    """What a process with these settings, and no others, prints."""
    env = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=Path(__file__).parents[2],
        env=env | settings,
        input=json.dumps(said),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_no_secret_is_anywhere_in_what_is_sent() -> None:
    dsn = {"SENTRY_DSN": "https://s3ntry-c4n4ry@sentry.example/1", "GITHUB_CLIENT_ID": "x"}
    sent = output(TELLING, CANARIES, **SECRETS, **dsn)
    for canary in (*CANARIES, "p4ssword", "s3ntry-c4n4ry"):
        assert canary not in sent, canary
    events: list[dict[str, Any]] = [json.loads(line) for line in sent.splitlines()]
    error, message, told = events
    assert (told["message"], told["level"], told["tags"]["run"]) == ("run.dead", "error", "r1")
    assert [value["type"] for value in error["exception"]["values"]] == ["ValueError", "RuntimeError"]
    assert (error["tags"]["process"], error["environment"]) == ("runs", "development")
    assert message["message"].startswith("message [redacted]")
    assert not any("vars" in frame for value in error["exception"]["values"] for frame in value["stacktrace"]["frames"])


def test_without_a_dsn_nothing_of_sentry_is_loaded() -> None:
    assert output(SILENT) == "False\n"
