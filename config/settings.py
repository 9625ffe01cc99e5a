"""The settings of this process, read from the environment and `.env` here only; `config.fields` lists them."""

import os
import shlex
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError, model_validator

from config import catalogue, swarm
from config.catalogue import PROVIDERS, provider_of
from config.contradictions import contradictions
from config.fields import Fields
from config.lists import host_groups_of, image_patterns, parts, parts_of
from config.tiers import Limits

IMAGE_HOSTS = ("private-user-images", "user-images")  # of githubusercontent.com: signed addresses, and public ones


class SettingsError(Exception):
    """The environment does not describe a bot that could work; the message says which setting, why, and what to do."""


class Settings(Fields):
    """What the operator decided, checked in pairs, and what follows from it."""

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

    @property
    def image_origins(self) -> tuple[str, ...]:
        """Where GitHub serves the images that people attach; a server may have a host of its own for such content.

        https://docs.github.com/en/enterprise-server/admin/configuring-settings/hardening-security-for-your-enterprise/enabling-subdomain-isolation
        """
        if self.host_name == "github.com":
            return ("https://github.com", *(f"https://{name}.githubusercontent.com" for name in IMAGE_HOSTS))
        scheme = urlsplit(self.github_base_url).scheme
        return f"{scheme}://{self.host_name}", f"{scheme}://media.{self.host_name}"

    @cached_property
    def accounts_allowed(self) -> frozenset[str]:
        """Logins in lower case; `*` means every account."""
        return frozenset(parts(self.allowed_accounts.lower()))

    @cached_property
    def bots_allowed(self) -> frozenset[int]:
        """Numeric ids of the bots that may command."""
        return frozenset(map(int, parts(self.allowed_bots)))

    @cached_property
    def agent_argv(self) -> tuple[str, ...]:
        """The `command` agent's command line, split as a shell would."""
        return tuple(shlex.split(self.agent_command or ""))

    @cached_property
    def hosts_allowed(self) -> frozenset[str]:
        """Hosts that agents may reach."""
        return frozenset(parts(self.sandbox_hosts.lower()))

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
