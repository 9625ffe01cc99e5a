"""Settings are checked in pairs; whoever gets one wrong reads which, why and what to do, and never a secret."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from config.addresses import on_loopback
from config.identity import require_github
from config.settings import Settings, SettingsError, forget_environment, load

CANARY = "c4n4ry-" * 4
PRODUCTION: dict[str, Any] = {
    "environment": "production",
    "public_url": "https://bot.example",
    "secrets_master_key": CANARY,
}


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine counts."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("ENV_FILE", raising=False)
    monkeypatch.chdir(tmp_path)


def refused(**given: Any) -> str:
    with pytest.raises(SettingsError) as error:
        load(**given)
    return str(error.value)


DATABASES = "postgresql://, postgresql+psycopg:// or sqlite:///"
NO_NUMBER = "Input should be a valid integer, unable to parse string as an integer"

# What is given, and the whole of what is said.
REFUSALS: list[tuple[dict[str, Any], str]] = [
    (
        {"github_base_url": "http://github.example"},
        "GITHUB_BASE_URL is plain http, which would send tokens in the clear; use https (http is for loopback only)",
    ),
    ({"github_client_id": "Iv1"}, "GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET go together; set both or neither"),
    ({"github_client_secret": CANARY}, "GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET go together; set both or neither"),
    ({"github_app_id": 1}, "GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY (or _FILE) go together; set both"),
    ({"github_app_private_key": CANARY}, "GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY (or _FILE) go together; set both"),
    ({"database_url": f"mysql://u:{CANARY}@db/x"}, f"DATABASE_URL must begin with {DATABASES}"),
    ({"database_url": "postgresql:x"}, f"DATABASE_URL must begin with {DATABASES}"),
    ({"redis_url": f"http://:{CANARY}@redis"}, "REDIS_URL must begin with redis://, rediss:// or unix://"),
    (
        {"database_url": f"postgresql://u:{CANARY}#{CANARY}@db/x"},
        "DATABASE_URL is no address; write special characters of its password as %XX",
    ),
    (
        {"redis_url": f"redis://:{CANARY}/{CANARY}@redis"},
        "REDIS_URL is no address; write special characters of its password as %XX",
    ),
    (
        {"runs_per_hour": 10, "runs_per_day": 5},
        "RUNS_PER_HOUR is larger than RUNS_PER_DAY, so it would never be reached; lower it",
    ),
    (
        {"github_writes_per_minute": 81, "github_writes_per_hour": 80},
        "GITHUB_WRITES_PER_MINUTE is larger than GITHUB_WRITES_PER_HOUR; lower it",
    ),
    (
        {"lease_seconds": 60, "run_minutes": 1},
        "LEASE_SECONDS is as long as a whole run may take (RUN_MINUTES), "
        "so a dead worker's run waits longer than it works; lower it",
    ),
    (
        {"drain_seconds": 61, "run_minutes": 1, "lease_seconds": 3},
        "DRAIN_SECONDS is longer than any run (RUN_MINUTES); unset it to let runs finish",
    ),
    (PRODUCTION | {"sandbox": "none"}, "SANDBOX=none isolates nothing and is refused in production; unset it"),
    (PRODUCTION | {"public_url": "http://bot.example"}, "PUBLIC_URL is plain http in production; use https"),
    *(
        (
            PRODUCTION | {"secrets_master_key": nothing},
            "SECRETS_MASTER_KEY (or _FILE) is unset; "
            "production keeps its key apart from its data: openssl rand -base64 32",
        )
        for nothing in (None, "", " , ")
    ),
    ({"agent_command": "run 'it"}, "AGENT_COMMAND: can't be split as a shell would: No closing quotation"),
    ({"allowed_bots": "1, a"}, "ALLOWED_BOTS: '1, a' is not a comma-separated list of numeric user ids"),
    ({"allowed_bots": "²"}, "ALLOWED_BOTS: '²' is not a comma-separated list of numeric user ids"),
    ({"environment": "prod"}, "ENVIRONMENT: Input should be 'development' or 'production'"),
    ({"sandbox": "podman"}, "SANDBOX: Input should be 'auto', 'docker', 'bubblewrap' or 'none'"),
    ({"sandbox_images": "octo=image"}, "SANDBOX_IMAGES: 'octo' is no `owner/name=image` (`*` stands for anything)"),
    ({"sandbox_images": "octo/app"}, "SANDBOX_IMAGES: 'octo/app' is no `owner/name=image` (`*` stands for anything)"),
    ({"port": "http"}, f"PORT: {NO_NUMBER}"),
    ({"port": 65536}, "PORT: Input should be less than or equal to 65535"),
    ({"run_slots": 0}, "RUN_SLOTS: Input should be greater than or equal to 1"),
    ({"run_minutes": 0}, "RUN_MINUTES: Input should be greater than 0"),
    ({"lease_seconds": 1}, "LEASE_SECONDS: Input should be greater than or equal to 3"),
    ({"github_app_id": CANARY}, f"GITHUB_APP_ID: {NO_NUMBER}"),
    ({"concurrent_runs": "1e999"}, f"CONCURRENT_RUNS: {NO_NUMBER}"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "sentence"), REFUSALS, ids=range(len(REFUSALS)))
def test_each_wrong_setting_is_answered_with_one_sentence(given: dict[str, Any], sentence: str) -> None:
    assert refused(**given) == sentence


@pytest.mark.parametrize("name", ["github_base_url", "public_url", "anthropic_base_url"])
@pytest.mark.parametrize(
    "url",
    ["github.com", "ftp://github.com", "https://", "https://a/?x=1", "https://a/#x", "https://[x", "//a", "",
     "https://a b", "https://a\n.example", "https://a:port", f"https://user:{CANARY}@a", f"ftp://{CANARY}@a"],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_being_repeated(name: str, url: str) -> None:
    said = refused(**{name: url})
    assert said == f"{name.upper()}: not an http(s) address like https://host, without password, query and fragment"


def test_all_that_is_wrong_is_said_at_once() -> None:
    said = refused(environment="production", sandbox="none", public_url="http://bot.example", github_client_id="x")
    assert said.count("; ") >= 3
    assert len(refused(port="x", run_slots="y", sandbox="z").splitlines()) == 3


@pytest.mark.parametrize(
    "name", ["github_app_private_key", "github_webhook_secret", "github_client_secret", "secrets_master_key"]
)
def test_a_secret_may_stand_in_a_file(name: str, tmp_path: Path) -> None:
    others: dict[str, dict[str, Any]] = {
        "github_app_private_key": {"github_app_id": 1},
        "github_client_secret": {"github_client_id": "x"},
    }
    path = tmp_path / "secret"
    path.write_text(f"{CANARY}\n")
    held = getattr(load(**{f"{name}_file": path}, **others.get(name, {})), name)
    assert held.get_secret_value() == CANARY
    both = f"{name.upper()} and {name.upper()}_FILE are both set; keep one"
    assert refused(**{f"{name}_file": path, name: "x"}) == both
    said = f"{name.upper()}_FILE can't be read: "
    assert refused(**{f"{name}_file": tmp_path / "no"}) == f"{said}No such file or directory ({tmp_path}/no)"
    assert refused(**{f"{name}_file": tmp_path}) == f"{said}Is a directory ({tmp_path})"
    path.write_bytes(b"\xff\xfe")
    assert refused(**{f"{name}_file": path}) == f"{said}it is not text ({path})"
    path.write_text(" \n")
    assert refused(**{f"{name}_file": path}) == f"{name.upper()}_FILE is empty ({path})"
    assert refused(**{f"{name}_file": "nul\0"}).startswith(said)


def test_no_secret_is_ever_shown() -> None:
    given: dict[str, Any] = {
        "github_app_id": 1,
        "github_client_id": "x",
        "database_url": f"postgresql://u:{CANARY}@db/x",
        "redis_url": f"redis://:{CANARY}@redis/0",
        **{name: CANARY for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)},
    }
    settings = load(**given)
    for shown in (repr(settings), str(settings), f"{settings.model_fields_set}"):
        assert CANARY not in shown
    for wrong in ({"port": "x"}, {"environment": "production", "sandbox": "none"}, {"github_client_id": ""}):
        with pytest.raises(SettingsError) as error:
            load(**given | wrong)
        assert CANARY not in str(error.value)
        assert error.value.__cause__ is None


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "PORT=1234\nALLOWED_ACCOUNTS=Octo, alice\nRUN_SLOTS=\nUNKNOWN=1\nGITHUB_WEBHOOK_SECRET='new, old'\n"
    )
    monkeypatch.setenv("PORT", "4321")
    settings = load()
    assert (settings.port, settings.run_slots) == (4321, 2)
    assert settings.accounts_allowed == {"octo", "alice"}
    assert settings.webhook_secrets == [b"new", b"old"]
    (tmp_path / "other.env").write_text("RUN_SLOTS=7\n")
    monkeypatch.setenv("ENV_FILE", str(tmp_path / "other.env"))
    assert (load().run_slots, load().allowed_accounts) == (7, "")


def test_a_file_that_can_t_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"ALLOWED_ACCOUNTS=caf\xe9\n")
    assert refused() == ".env can't be read: it is not UTF-8 text"
    monkeypatch.setenv("ENV_FILE", "nowhere.env")
    assert refused() == "ENV_FILE names nowhere.env, which is not there"


def test_children_inherit_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"SECRETS_MASTER_KEY={CANARY}\n")
    monkeypatch.setenv("ENV_FILE", ".env")
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET", CANARY)
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET_FILE", "x")
    forget_environment()
    assert CANARY not in subprocess.run(["env"], capture_output=True, text=True, check=True).stdout
    assert load() == load(_env_file=None)
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("base", "api", "host"),
    [
        ("https://github.com", "https://api.github.com/", "github.com"),
        ("https://GitHub.com/", "https://api.github.com/", "github.com"),
        ("https://ghe.example", "https://ghe.example/api/v3/", "ghe.example"),
        ("https://GHE.example:8443/", "https://GHE.example:8443/api/v3/", "ghe.example:8443"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000/api/v3/", "127.0.0.1:3000"),
        ("http://[::1]:3000", "http://[::1]:3000/api/v3/", "[::1]:3000"),
    ],
)
def test_one_address_tells_where_the_api_is(base: str, api: str, host: str) -> None:
    settings = load(github_base_url=base)
    assert (settings.api_url, settings.host_name) == (api, host)


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("http://localhost", True), ("http://127.0.0.1:1", True), ("http://127.9.9.9", True), ("http://[::1]", True),
        ("http://localhost.evil.example", False), ("http://127.0.0.1.nip.io", False), ("http://0.0.0.0", False),
        ("http://10.0.0.1", False), ("http://github.com", False), ("http://localhost@evil.example", False),
    ],
)  # fmt: skip
def test_loopback_is_this_machine_and_nothing_that_looks_like_it(url: str, answer: bool) -> None:
    assert on_loopback(url) == answer


def test_a_process_that_talks_with_github_must_know_who_it_is() -> None:
    rsa = subprocess.run(["openssl", "genrsa", "1024"], capture_output=True, text=True, check=False).stdout
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(SettingsError, match=r"GITHUB_APP_ID, GITHUB_APP_PRIVATE_KEY .*, GITHUB_WEBHOOK_SECRET not set"):
        require_github(load())
    with pytest.raises(SettingsError, match=r"^GITHUB_WEBHOOK_SECRET not set"):
        require_github(load(github_app_id=1, github_app_private_key=CANARY, github_webhook_secret=" , "))
    for key in (CANARY, curve.decode(), "\ud800"):
        with pytest.raises(SettingsError, match="GITHUB_APP_PRIVATE_KEY is not an RSA private key") as error:
            require_github(load(github_app_id=1, github_app_private_key=key, github_webhook_secret="x"))
        assert key not in str(error.value)
    for text in filter(None, (rsa, rsa.replace("\n", "\\n"))):
        require_github(load(github_app_id=1, github_app_private_key=text, github_webhook_secret="x"))


def test_secrets_that_rotate_are_a_list() -> None:
    assert load().master_keys == []
    assert load(secrets_master_key=" new ,, old ").master_keys == ["new", "old"]


@given(st.sampled_from([name for name in Settings.model_fields if not name.endswith("_file")]), st.text())
def test_garbage_is_taken_or_refused_with_the_settings_name(name: str, text: str) -> None:
    try:
        settings = load(_env_file=None, **{name: text})
    except SettingsError as error:
        assert name.split("_")[0].upper() in str(error)
        return
    # What is worked out later must not fail later.
    assert isinstance(settings.agent_argv, tuple)
    assert isinstance(settings.bots_allowed | settings.accounts_allowed, frozenset)
    assert settings.host_name in settings.api_url.lower() or settings.host_name == "github.com"
    assert settings.database
