"""A log line is one line whatever it holds, says which delivery and run it is about, and tells no secret."""

import errno
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.logging import LONGEST_VALUE, log_task_lifecycle, secret_values, set_up
from config.settings import load

CANARIES = {
    "github_webhook_secret": "webh00k-c4n4ry, webh00k-old-c4n4ry",
    "github_client_secret": "cl1ent-c4n4ry",
    "secrets_master_key": "m4ster-c4n4ry-long-enough",
    "anthropic_api_key": "4nthropic-c4n4ry",
    "openai_api_key": "0penai-c4n4ry",
    "gemini_api_key": "g3mini-c4n4ry",
    "sentry_dsn": "https://s3ntry-c4n4ry@sentry.example/1",
}
GIVEN: dict[str, Any] = {"github_client_id": "x", "environment": "production", "public_url": "https://bot.example"}
SECRETS = [part.strip() for value in CANARIES.values() for part in value.split(",")]

log = structlog.get_logger()


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a process in production has logged."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    structlog.contextvars.clear_contextvars()
    set_up(load(_env_file=None, **CANARIES, **GIVEN), "web")
    assert isinstance(sys.stderr, io.StringIO)
    yield sys.stderr
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().split("\n") if line]


ODD = ("new\nline", "\r\n", "\x1b[31m", "\u202eevil", "\u2028", "\ud800", "\0", "\x85", "\U000e0041", '"}\n{"a":1')
SCALARS = st.none() | st.text(st.characters(codec=None)) | st.integers() | st.binary() | st.floats()


@pytest.mark.parametrize("odd", ODD)
def test_a_line_is_one_line_of_plain_characters_whatever_the_text_holds(written: io.StringIO, odd: str) -> None:
    log.info("odd", title=odd, nested={"list": [odd, (odd,)], odd: 1}, error=ValueError(odd), path=Path(f"x{odd}"))
    said = written.getvalue()
    assert said.count("\n") == 1
    assert said.endswith("}\n")
    assert all(32 <= ord(char) < 127 for char in said[:-1])
    line = json.loads(said)
    for text in (line["title"], line["nested"]["list"][0], line["nested"]["list"][1][0], line["error"]):
        assert all(char.isprintable() or char in "\n\t" for char in text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.recursive(SCALARS, st.lists))
def test_anything_can_be_logged(written: io.StringIO, value: object) -> None:
    log.info("anything", value=value)
    assert lines(written)[-1]["event"] == "anything"


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_is_told_in_any_corner_of_a_line(written: io.StringIO, secret: str) -> None:
    try:
        try:
            raise ValueError(f"inner {secret}")
        except ValueError as error:
            raise RuntimeError(f"outer {secret}") from error
    except RuntimeError as error:
        log.exception("failed", error=error)
        log.error("failed", exc_info=error)
    log.info(
        f"said {secret}",
        url=f"https://x/?key={secret}",
        headers={"x-api-key": secret, secret: "x"},
        many=[{"deep": (secret, [secret])}],
        data=secret.encode(),
        settings={secret},
    )
    said = written.getvalue()
    assert len(lines(written)) == 3
    assert secret not in said
    assert said.count("[redacted]") >= 8


def test_known_shapes_are_hidden_even_if_no_setting_holds_them(written: io.StringIO) -> None:
    token = "ghs_" + "a1B2" * 10
    log.info("pushed", url=f"https://x-access-token:{token}@github.com/o/r", env=[f"Authorization: Bearer {token}"])
    assert token not in written.getvalue()


def test_a_private_key_is_hidden_with_any_line_ends(written: io.StringIO) -> None:
    body = "MIIEpAIBAAKCAQEA7" * 4
    for end in ("\n", "\r\n", "\\n"):
        log.info("key", text=f"-----BEGIN RSA PRIVATE KEY-----{end}{body}{end}-----END RSA PRIVATE KEY-----")
    assert body not in written.getvalue()


def test_every_secret_setting_is_among_the_values_that_are_hidden() -> None:
    made = load(_env_file=None, **CANARIES, **GIVEN)
    assert set(SECRETS) <= set(secret_values(made))


def test_a_long_value_is_cut_after_it_was_redacted(written: io.StringIO) -> None:
    secret = CANARIES["openai_api_key"]
    log.info("long", text="x" * (LONGEST_VALUE - 5) + secret, many=["y" * 10_000])
    (line,) = lines(written)
    assert len(line["text"]) == LONGEST_VALUE
    assert len(line["many"][0]) == LONGEST_VALUE
    assert secret[:5] not in line["text"]


def test_ids_are_bound_once_and_gone_after(written: io.StringIO) -> None:
    with log_task_lifecycle("run", run="r1", delivery="d1"):
        log.info("inside")
        with pytest.raises(KeyError), log_task_lifecycle("duty", duty="status t1"):
            raise KeyError
    log.info("after")
    began, inside, nested, failed, ended, after = lines(written)
    assert [line["event"] for line in (began, nested)] == ["wake_up.began"] * 2
    for line in (began, inside, ended):
        assert (line["wake_up"], line["run"], line["delivery"], line["process"]) == ("run", "r1", "d1", "web")
    assert (failed["event"], failed["error"], failed["duty"], failed["run"]) == (
        "wake_up.failed", "KeyError", "status t1", "r1",
    )  # fmt: skip
    assert ended["seconds"] >= 0
    assert "run" not in after
    assert after["process"] == "web"
    assert after["timestamp"].endswith("Z")


def test_a_traceback_is_told_to_its_last_line(written: io.StringIO) -> None:
    def deep(left: int) -> None:
        if left == 0:
            raise ValueError("the\u202e end")
        deeper(left)

    def deeper(left: int) -> None:  # two functions: Python tells many frames of one in a line
        deep(left - 1)

    try:
        deep(60)
    except ValueError:
        log.exception("failed")
    (line,) = lines(written)
    assert len(line["exception"]) > LONGEST_VALUE
    assert line["exception"].endswith("ValueError: the\\u202e end")


def test_a_terminal_gets_readable_lines(written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", written)
    set_up(load(_env_file=None, openai_api_key="0penai-c4n4ry"), "web")
    log.info("delivery.decided", guid="d1", title="a\x1b[31m\nforged line", odd="\ud800", key="0penai-c4n4ry")
    said = written.getvalue()
    assert said.isascii()
    assert "delivery.decided" in said
    assert "guid=d1" in said
    assert said.count("\n") == 1
    assert "c4n4ry" not in said


class Full(io.StringIO):
    """A file on a full disk."""

    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_line_for_which_there_is_no_room_is_dropped_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, written: io.StringIO
) -> None:
    monkeypatch.setattr(sys, "stderr", Full())
    set_up(load(_env_file=None), "web")
    with log_task_lifecycle("run", run="r1"):
        log.error("something")
    assert written.getvalue() == ""
