"""Every setting, read from the environment and `.env` in this module only, and checked in pairs.

A secret may be given as `NAME_FILE`, the path of a file that holds it, in place of `NAME`.
"""

import os
import shlex
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from config import catalogue, swarm
from config.addresses import address, on_loopback, wrong_url
from config.catalogue import PROVIDERS, provider_of
from config.tiers import Limits

FROM_FILES = ("github_app_private_key", "github_webhook_secret", "github_client_secret", "secrets_master_key")


class SettingsError(Exception):
    """The environment does not describe a bot that could work; the message says which setting, why, and what to do."""


class Settings(BaseSettings):
    """What the operator decided. Names are those of the environment, in lower case."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True, frozen=True)

    environment: Literal["development", "production"] = Field(
        "development", description="`production` logs JSON lines and refuses settings that only a trial can bear."
    )
    data_dir: Path = Field(
        Path(".async-code"), description="Database, broker, mirrors and workspaces of the embedded stack."
    )
    host: str = Field("127.0.0.1", description="Address that the web process listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that the web process listens on.")
    public_url: str = Field("http://127.0.0.1:8000", description="Where people and GitHub reach the web process.")

    github_app_id: int | None = Field(None, description="The App's id, from its settings page.")
    github_app_slug: str = Field(
        "async-code", description="The App's name in addresses: `@slug verb` is an alias of the command."
    )
    github_app_private_key: SecretStr | None = Field(None, description="The App's private key, PEM text.")
    github_app_private_key_file: Path | None = Field(None, description="… or the path of a file that holds it.")
    github_webhook_secret: SecretStr | None = Field(
        None, description="The webhook's secret; `new,old` while you rotate it."
    )
    github_webhook_secret_file: Path | None = Field(None, description="… or the path of a file that holds it.")
    github_client_id: str | None = Field(None, description="OAuth client id of the App (login; both or neither).")
    github_client_secret: SecretStr | None = Field(None, description="OAuth client secret of the App.")
    github_client_secret_file: Path | None = Field(None, description="… or the path of a file that holds it.")
    github_base_url: str = Field(
        "https://github.com", description="github.com, or the address of your GitHub Enterprise Server."
    )

    github_write_pause_seconds: float = Field(
        1.0, ge=0, le=60, description="Writes to one installation's GitHub begin at least so far apart."
    )
    github_writes_per_minute: int = Field(80, ge=1, description="Writes to one installation's GitHub in any minute.")
    github_writes_per_hour: int = Field(500, ge=1, description="Writes to one installation's GitHub in any hour.")
    sweep_seconds: float = Field(
        60, gt=0, description="GitHub is asked so often which deliveries failed, and to send those again."
    )

    database_url: str | None = Field(None, repr=False, description="`postgresql://…`; unset: SQLite in DATA_DIR.")
    redis_url: str | None = Field(None, repr=False, description="`redis://…`; unset: an embedded server in DATA_DIR.")
    secrets_master_key: SecretStr | None = Field(
        None,
        description="Encrypts what is stored: 32 bytes as base64 (`openssl rand -base64 32`), `new,old` while you "
        "rotate it; unset: kept in DATA_DIR.",
    )
    secrets_master_key_file: Path | None = Field(None, description="… or the path of a file that holds it.")

    allowed_accounts: str = Field(
        "", description="Users and organisations that may spend your keys, by login, comma-separated; `*` for all."
    )
    allowed_bots: str = Field(
        "", description="Numeric ids of bot users that may command (they still need write), comma-separated."
    )
    runs_per_hour: int = Field(20, ge=0, description="Runs that an account may start in an hour.")
    runs_per_day: int = Field(100, ge=0, description="Runs that an account may start in a day.")
    concurrent_runs: int = Field(3, ge=1, description="Runs of an account at work at once; further ones wait.")
    run_slots: int = Field(2, ge=1, description="Runs that one runs worker does at once.")
    control_slots: int = Field(4, ge=1, description="Deliveries and answers that one control worker does at once.")
    drain_seconds: float | None = Field(
        None, ge=0, description="A stopping runs worker gives its runs back after so long; unset: it finishes them."
    )
    run_minutes: float = Field(40, gt=0, description="A run that takes longer is stopped.")
    run_budget_usd: float = Field(
        5.0, gt=0, description="The most that the models of one run may cost, over all its attempts, in US dollars."
    )
    lease_seconds: float = Field(60, ge=3, description="What a worker that fell silent held is free after so long.")
    unclaimed_seconds: float = Field(
        5, gt=0, le=10, description="Work whose wake-up was lost for so long is found in the database."
    )
    canary_seconds: float = Field(
        30, gt=0, description="Each queue is tried so often; a worker that hears nothing of four tries ends itself."
    )
    runs_per_issue: int = Field(
        10, ge=1, description="Runs in an hour on one issue or pull request; more look like a loop and are refused."
    )
    retention_days: float = Field(
        30, gt=0, description="Logs, prompts, patches and undecided deliveries are dropped after so many days."
    )
    default_agent: str = Field("mend", description="The agent of an `implement` without `--agent`.")
    agent_command: str | None = Field(
        None,
        description="Argv of the `command` agent, as a shell would split it; the task comes on its standard input.",
    )
    sandbox_hosts: str = Field(
        "", description="Hosts that agents may reach over https, comma-separated; `.example.org`: all below it."
    )
    sandbox_host_groups: str = Field(
        "",
        description="Hosts that a repository's file may ask for by one name: comma-separated `name=host host`.",
    )
    mirrors_gb: float = Field(
        20, ge=0, description="Mirrors of repositories take so much disk on a machine; those unused for longest go."
    )
    agents_dir: Path | None = Field(
        None, description="Where coding agents are installed, as `./async-code agents` says; unset: DATA_DIR/agents."
    )
    sandbox: Literal["auto", "docker", "bubblewrap", "none"] = Field(
        "auto",
        description="`auto`: the strongest that works here; `none` isolates nothing and is only for demo and tests.",
    )
    sandbox_image: str = Field(
        "async-code-agents", description="The image of Docker's sandboxes; `./async-code image` builds it."
    )
    sandbox_images: str = Field(
        "", description="Other images by repository: `owner/name=image, owner/*=image`; the first that fits."
    )
    sandbox_runtime: str = Field("", description="Docker's runtime of the sandboxes, such as `runsc`; empty: its own.")
    sandbox_memory_mb: int = Field(
        4096, ge=64, description="Memory of one sandbox with all that runs in it, in MiB; there is no swap besides."
    )
    sandbox_cpus: float = Field(2, gt=0, description="Processors' worth of time of one sandbox.")

    sentry_dsn: SecretStr | None = Field(None, description="Where unexpected errors are reported.")
    anthropic_api_key: SecretStr | None = Field(
        None, description="Model key of agents that speak Anthropic's protocol."
    )
    anthropic_base_url: str = Field("https://api.anthropic.com", description="… and where that is spoken.")
    openai_api_key: SecretStr | None = Field(None, description="Model key of agents that speak OpenAI's protocols.")
    openai_base_url: str = Field("https://api.openai.com/v1", description="… and where those are spoken.")
    gemini_api_key: SecretStr | None = Field(None, description="Model key of agents that speak Gemini's protocol.")
    gemini_base_url: str = Field("https://generativelanguage.googleapis.com", description="… and where that is spoken.")

    @model_validator(mode="before")
    @classmethod
    def _read_files(cls, given: Any) -> Any:
        for name in FROM_FILES:
            path = given.get(f"{name}_file")
            if not path:
                continue
            if given.get(name):
                raise ValueError(f"{name.upper()} and {name.upper()}_FILE are both set; keep one")
            given[name] = _content(f"{name.upper()}_FILE", path)
        return given

    @field_validator("github_app_private_key")
    @classmethod
    def _on_many_lines(cls, key: SecretStr | None) -> SecretStr | None:
        """Environments that hold one line write a key with `\\n` in it."""
        return key and SecretStr(key.get_secret_value().replace("\\n", "\n"))

    @field_validator("github_base_url", "public_url", "anthropic_base_url", "openai_base_url", "gemini_base_url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        parts = address(url)
        if parts is None or parts.scheme not in ("http", "https") or parts.query or parts.fragment or "@" in url:
            raise ValueError("not an http(s) address like https://host, without password, query and fragment")
        return url.rstrip("/")

    @field_validator("agent_command")
    @classmethod
    def _as_a_shell_splits(cls, command: str | None) -> str | None:
        try:
            shlex.split(command or "")
        except ValueError as error:
            raise ValueError(f"can't be split as a shell would: {error}") from None
        return command

    @field_validator("allowed_bots")
    @classmethod
    def _numeric_ids(cls, ids: str) -> str:
        if any(not part.strip().isdecimal() for part in ids.split(",") if part.strip()):
            raise ValueError(f"{ids!r} is not a comma-separated list of numeric user ids")
        return ids

    @field_validator("sandbox_images")
    @classmethod
    def _by_repository(cls, images: str) -> str:
        image_patterns(images)
        return images

    @field_validator("sandbox_host_groups")
    @classmethod
    def _by_name(cls, groups: str) -> str:
        host_groups_of(groups)
        return groups

    @model_validator(mode="after")
    def _pairs(self) -> "Settings":
        problems = list(filter(None, [*contradictions(self), swarm.problem(catalogue.SOURCE)]))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def limits(self) -> Limits:
        """What one account may use: the operator's own numbers until tiers exist."""
        return Limits(self.runs_per_hour, self.runs_per_day, self.concurrent_runs)

    @property
    def webhook_secrets(self) -> list[bytes]:
        """The secrets that a delivery may be signed with, the newest first."""
        return [part.encode() for part in parts_of(self.github_webhook_secret)]

    @property
    def master_keys(self) -> list[str]:
        """The keys that secrets are sealed under, the newest first; none outside production makes one of its own."""
        return parts_of(self.secrets_master_key)

    @property
    def host_name(self) -> str:
        """The GitHub host that keys belong to, e.g. `github.com`."""
        return urlsplit(self.github_base_url).netloc.lower()

    @property
    def bot_login(self) -> str:
        """The login under which the App writes."""
        return f"{self.github_app_slug}[bot]"

    @property
    def api_url(self) -> str:
        """Root of the REST API, with a trailing slash (GitHub Enterprise Server: `/api/v3/`)."""
        return "https://api.github.com/" if self.host_name == "github.com" else f"{self.github_base_url}/api/v3/"

    @cached_property
    def accounts_allowed(self) -> frozenset[str]:
        """Logins in lower case; `*` means every account."""
        return frozenset(part.strip().lower() for part in self.allowed_accounts.split(",") if part.strip())

    @cached_property
    def bots_allowed(self) -> frozenset[int]:
        """Numeric ids of the bots that may command."""
        return frozenset(int(part) for part in self.allowed_bots.split(",") if part.strip())

    @cached_property
    def agent_argv(self) -> tuple[str, ...]:
        """The `command` agent's command line, split as a shell would."""
        return tuple(shlex.split(self.agent_command or ""))

    @cached_property
    def hosts_allowed(self) -> frozenset[str]:
        """Hosts that agents may reach."""
        return frozenset(part.strip().lower() for part in self.sandbox_hosts.split(",") if part.strip())

    @property
    def host_groups(self) -> dict[str, tuple[str, ...]]:
        """Hosts by the name of their group."""
        return host_groups_of(self.sandbox_host_groups)

    def image_of(self, repository: str) -> str:
        """The image that runs of this repository (`owner/name`) use."""
        images = image_patterns(self.sandbox_images)
        fits = (image for pattern, image in images if fnmatchcase(repository.lower(), pattern))
        return next(fits, self.sandbox_image)

    @property
    def agents_folder(self) -> Path:
        """Where coding agents are installed."""
        return (self.agents_dir or self.data_dir / "agents").absolute()

    def offers(self, wire: str) -> bool:
        """Whether models of this protocol can be reached: with a key, or on a server of the operator's own."""
        return self.serves_itself(wire) or getattr(self, f"{provider_of(wire)}_api_key") is not None

    def serves_itself(self, wire: str) -> bool:
        """Whether a server of the operator's own stands in the provider's place."""
        name = f"{provider_of(wire)}_base_url"
        return bool(getattr(self, name) != type(self).model_fields[name].default)

    @property
    def offers_models(self) -> bool:
        """Whether models of any protocol can be reached."""
        return any(map(self.offers, PROVIDERS))

    @property
    def database(self) -> str:
        """SQLAlchemy's address of the database."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'async-code.sqlite3'}"


def image_patterns(text: str) -> list[tuple[str, str]]:
    """Patterns of repositories in lower case, each with its image. Raises ValueError."""
    pairs = [(pattern.strip().lower(), image.strip()) for pattern, _, image in _parted(text)]
    for pattern, image in pairs:
        if pattern.count("/") != 1 or not image:
            raise ValueError(f"{pattern!r} is no `owner/name=image` (`*` stands for anything)")
    return pairs


def host_groups_of(text: str) -> dict[str, tuple[str, ...]]:
    """Groups of hosts by name, all in lower case. Raises ValueError."""
    groups = {name.strip(): tuple(hosts.split()) for name, _, hosts in _parted(text.lower())}
    for name, hosts in groups.items():
        if not name or "." in name or not hosts:
            raise ValueError(f"{name!r} is no `name=host host` (a name has no dot)")
    return groups


def _parted(text: str) -> list[tuple[str, str, str]]:
    return [part.partition("=") for part in text.split(",") if part.strip()]


def contradictions(settings: Settings) -> list[str]:
    """Pairs of settings that can't both be meant, each as one sentence that says what to do."""
    found = []
    if settings.github_base_url.startswith("http:") and not on_loopback(settings.github_base_url):
        found.append(
            "GITHUB_BASE_URL is plain http, which would send tokens in the clear; use https (http is for loopback only)"
        )
    if bool(settings.github_client_id) != bool(settings.github_client_secret):
        found.append("GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET go together; set both or neither")
    if bool(settings.github_app_id) != bool(settings.github_app_private_key):
        found.append("GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY (or _FILE) go together; set both")
    if settings.database_url:
        found += wrong_url(
            "DATABASE_URL", settings.database_url, "postgresql://", "postgresql+psycopg://", "sqlite:///"
        )
    if settings.redis_url:
        found += wrong_url("REDIS_URL", settings.redis_url, "redis://", "rediss://", "unix://")
    if settings.runs_per_hour > settings.runs_per_day:
        found.append("RUNS_PER_HOUR is larger than RUNS_PER_DAY, so it would never be reached; lower it")
    found += contradicting_times(settings)
    if settings.environment == "production":
        found += production_contradictions(settings)
    return found


def contradicting_times(settings: Settings) -> list[str]:
    """Limits and times of which one makes the other pointless."""
    found = []
    if settings.github_writes_per_minute > settings.github_writes_per_hour:
        found.append("GITHUB_WRITES_PER_MINUTE is larger than GITHUB_WRITES_PER_HOUR; lower it")
    if settings.lease_seconds >= settings.run_minutes * 60:
        found.append(
            "LEASE_SECONDS is as long as a whole run may take (RUN_MINUTES), "
            "so a dead worker's run waits longer than it works; lower it"
        )
    if settings.drain_seconds is not None and settings.drain_seconds > settings.run_minutes * 60:
        found.append("DRAIN_SECONDS is longer than any run (RUN_MINUTES); unset it to let runs finish")
    return found


def production_contradictions(settings: Settings) -> list[str]:
    """What a trial may do and production may not."""
    found = []
    if settings.sandbox == "none":
        found.append("SANDBOX=none isolates nothing and is refused in production; unset it")
    if not settings.public_url.startswith("https:") and not on_loopback(settings.public_url):
        found.append("PUBLIC_URL is plain http in production; use https")
    if not settings.master_keys:
        found.append(
            "SECRETS_MASTER_KEY (or _FILE) is unset; "
            "production keeps its key apart from its data: openssl rand -base64 32"
        )
    return found


def _content(name: str, path: str | Path) -> str:
    try:
        content = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"{name} can't be read: {error.strerror} ({path})") from None
    except ValueError:
        raise ValueError(f"{name} can't be read: it is not text ({path})") from None
    if not content:
        raise ValueError(f"{name} is empty ({path})")
    return content


def parts_of(secret: SecretStr | None) -> list[str]:
    """The values of a comma list that is given while a secret rotates."""
    return [part.strip() for part in secret.get_secret_value().split(",") if part.strip()] if secret else []


def forget_environment() -> None:
    """Takes the settings out of this process's environment and `.env` out of sight, for children too.

    What says where things lie on this machine stays."""
    for name in Settings.model_fields.keys() - {"data_dir", "agents_dir"}:
        os.environ.pop(name.upper(), None)
    os.environ["ENV_FILE"] = os.devnull


def load(**given: Any) -> Settings:
    """The settings of this process. Raises SettingsError with one line a problem, never with a secret in it."""
    named = os.environ.get("ENV_FILE")
    file = given.setdefault("_env_file", named or ".env")
    if file and file == named and not Path(file).exists():
        raise SettingsError(f"ENV_FILE names {file}, which is not there")
    try:
        return Settings(**given)
    except UnicodeDecodeError:
        raise SettingsError(f"{file} can't be read: it is not UTF-8 text") from None
    except ValidationError as error:
        raise SettingsError(
            "\n".join(_line(problem) for problem in error.errors(include_input=False, include_url=False))
        ) from None


def _line(problem: Any) -> str:
    where = "_".join(str(part) for part in problem["loc"]).upper()
    what = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what
