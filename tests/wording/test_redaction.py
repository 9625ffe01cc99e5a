"""Secrets don't leave: neither those that we know, nor what looks like one."""

import base64
import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.redaction import HIDDEN, redact
from runners.wording.safe import block, prose, quoted

PEM = "-----BEGIN {0}PRIVATE KEY-----\nMIIEvQIBADANBgkq+/=\nabc\n-----END {0}PRIVATE KEY-----"

FORMATS = {
    "classic installation token": "ghs_" + "aB3" * 12,
    "stateless installation token": "ghs_123456_" + "eyJhbGciOiJSUzI1NiJ9." + "x-_Y" * 100 + "." + "z" * 80,
    "personal token": "ghp_" + "a" * 36,
    "oauth token": "gho_" + "a" * 36,
    "user token": "ghu_" + "a" * 36,
    "refresh token": "ghr_" + "a" * 76,
    "fine-grained token": "github_pat_11ABCDEFG0_" + "a" * 59,
    "anthropic": "sk-ant-api03-" + "aB-_" * 20,
    "openai": "sk-proj-" + "aB3_" * 20,
    "openai of old": "sk-" + "a" * 48,
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "aws session": "ASIAIOSFODNN7EXAMPLE",
    "google": "AIza" + "a" * 35,
    "slack": "xoxb-123456789012-abcdefghij",
    "slack app": "xapp-1-A0123-456-abcdef",
    "jwt": "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMjM0NSJ9.c2lnbmF0dXJl_x-y",
    "rsa key": PEM.format("RSA "),
    "key": PEM.format(""),
    "openssh key": PEM.format("OPENSSH "),
    "encrypted key": PEM.format("RSA ").replace("\n", "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB\n\n", 1),
    "key in json": json.dumps(PEM.format("RSA "))[1:-1],
    "key that was cut": PEM.format("RSA ").partition("-----END")[0],
}


@pytest.mark.parametrize("secret", FORMATS.values(), ids=FORMATS)
def test_what_looks_like_a_secret_is_hidden(secret: str) -> None:
    assert redact(f"token={secret}", []) == f"token={HIDDEN}"
    assert redact(secret, []) == HIDDEN
    assert redact(f'"{secret}" ', []).startswith(f'"{HIDDEN}')


@pytest.mark.parametrize(
    "text",
    [
        "ghs_short",
        "sk-learn and task-force",
        "AKIA",
        "xoxo",
        "a private key",
        "BEGIN RSA PRIVATE KEY",
        "eyJ.eyJ.x",
        "1.2",
    ],
)
def test_what_only_reminds_of_a_secret_stays(text: str) -> None:
    assert redact(text, []) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Basic eC1hY2Nlc3M=", f"Authorization: Basic {HIDDEN}"),
        ('{"authorization": "bearer abc.def"}', f'{{"authorization": "bearer {HIDDEN}"}}'),
        ("https://x-access-token:abc123@github.com/o/r", f"https://{HIDDEN}@github.com/o/r"),
        ("https://github.com/o/r", "https://github.com/o/r"),
        ("postgresql://bot:hunter2@db/x", f"postgresql://{HIDDEN}@db/x"),
    ],
)
def test_credentials_in_headers_and_addresses_are_hidden(text: str, shown: str) -> None:
    assert redact(text, []) == shown


KNOWN = 'pass word/"with+all=of&it'


@pytest.mark.parametrize(
    "form",
    [
        KNOWN,
        KNOWN[::-1],
        json.dumps(KNOWN)[1:-1],
        quote(KNOWN, safe=""),
        quote(KNOWN),
        KNOWN.encode().hex(),
        KNOWN.encode().hex().upper(),
    ],
)
def test_a_known_secret_is_hidden_in_the_forms_that_it_travels_in(form: str) -> None:
    assert redact(f"a {form} b", [KNOWN]) == f"a {HIDDEN} b"


@given(st.binary(max_size=8), st.text(min_size=6, max_size=40), st.binary(max_size=8))
def test_a_known_secret_is_hidden_wherever_it_stands_in_base64(before: bytes, secret: str, after: bytes) -> None:
    try:
        data = before + secret.encode() + after
    except UnicodeEncodeError:
        return
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert HIDDEN in redact(encode(data).decode(), [secret])


def test_the_longer_of_two_secrets_is_hidden_whole() -> None:
    assert redact("x secret-and-more y", ["secret", "secret-and-more"]) == f"x {HIDDEN} y"


def test_values_too_short_for_a_secret_leave_the_text_whole() -> None:
    assert redact("a banana", ["", "a", "an"]) == "a banana"


def test_redacted_text_can_be_shown_in_every_way() -> None:
    text = redact("the key is hunter2-hunter2", ["hunter2-hunter2"])
    for shown in (prose(text, 500), block(text, 500), quoted(text)):
        assert "redacted" in shown and "hunter2" not in shown


@pytest.mark.parametrize(
    "piece",
    ["eyJ", "-eyJ", "sk-", "ghs_", "-----BEGIN RSA PRIVATE KEY-----", "://", "://a:", "AKIA", "authorization: "],
)
def test_a_long_text_of_anything_is_redacted_at_once(piece: str) -> None:
    began = time.process_time()
    redact(piece * (60_000 // len(piece)), ["a secret value"])
    assert time.process_time() - began < 3
