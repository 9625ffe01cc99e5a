"""Every setting, one field each: its name, what it may be, what it is without a word, and what it decides.

A secret may be given as `NAME_FILE`, the path of a file that holds it, in place of `NAME`.
"""

import shlex
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.addresses import address
from config.lists import host_groups_of, image_patterns, parts

FROM_FILES = ("github_app_private_key", "github_webhook_secret", "github_client_secret", "secrets_master_key")


class Fields(BaseSettings):
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
        if not all(map(str.isdecimal, parts(ids))):
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
