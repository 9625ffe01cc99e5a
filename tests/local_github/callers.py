"""Those who call the local GitHub in tests: the App over REST, git, a browser."""

import html
import os
import re
import ssl
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import jwt

from bot.local_github import LocalGitHub

TRUSTED = ssl.create_default_context()  # nobody speaks TLS here, and httpx would read certificates for each client


def app_token(hub: LocalGitHub, issued: int = -60, expires: int = 540, **claims: Any) -> str:
    """The App's JWT; times are seconds from now."""
    present = int(time.time())
    payload = {"iat": present + issued, "exp": present + expires, "iss": str(hub.app_id), **claims}
    return jwt.encode(payload, hub.private_key_pem, "RS256")


class Api:
    """The App's calls. Installation tokens are made for `octo-org`."""

    def __init__(self, hub: LocalGitHub) -> None:
        self.hub = hub
        self.http = httpx.Client(base_url=f"{hub.url}/api/v3", trust_env=False, verify=TRUSTED)
        self._token = ""

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.http.close()

    def as_app(self, method: str, path: str, token: str | None = None, **more: Any) -> httpx.Response:
        """A call of the App itself."""
        headers = {"Authorization": f"Bearer {token or app_token(self.hub)}", **more.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **more)

    def new_token(self, given: dict[str, Any] | None = None, account: str = "octo-org", **more: Any) -> httpx.Response:
        """POST …/access_tokens."""
        installation = self.hub.install(account)
        return self.as_app("POST", f"/app/installations/{installation.id}/access_tokens", json=given or {}, **more)

    def token(self, given: dict[str, Any] | None = None) -> str:
        """A fresh installation token."""
        return str(self.new_token(given).json()["token"])

    def call(self, method: str, path: str, token: str | None = None, **more: Any) -> httpx.Response:
        """A call of the installation."""
        if token is None:
            self._token = self._token or self.token()
        headers = {"Authorization": f"Bearer {token or self._token}", **more.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **more)

    def repo(self, method: str, path: str, token: str | None = None, **more: Any) -> httpx.Response:
        """A call about octo-org/till."""
        return self.call(method, f"/repos/octo-org/till{path}", token, **more)


def git(*arguments: str, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """git as a careful client runs it; its messages are in `stderr`."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "bot",
        "GIT_AUTHOR_EMAIL": "bot@example.com",
        "GIT_COMMITTER_NAME": "bot",
        "GIT_COMMITTER_EMAIL": "bot@example.com",
        "LC_ALL": "C",
    }
    done = subprocess.run(
        ["git", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def remote(hub: LocalGitHub, token: str, repo: str = "octo-org/till") -> str:
    """An address that carries the token."""
    return f"{hub.url.replace('://', f'://x-access-token:{token}@')}/{repo}.git"


class Browser:
    """A person's browser: keeps cookies, sends forms as a page of ours does."""

    def __init__(self, hub: LocalGitHub) -> None:
        self.hub = hub
        self.http = httpx.Client(base_url=hub.url, trust_env=False, verify=TRUSTED, follow_redirects=True)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.http.close()

    def see(self, path: str) -> str:
        """A page's HTML."""
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def form_token(self, path: str) -> str:
        """The token in the forms of a page."""
        found = re.search(r'name="token" value="([^"]+)"', self.see(path))
        assert found
        return html.unescape(found[1])

    def send(self, page: str, action: str, origin: str | None = None, **fields: str) -> httpx.Response:
        """Opens a page and sends a form of it."""
        given = {"token": self.form_token(page), "as": "mona", **fields}
        return self.http.post(action, data=given, headers={"Origin": origin or self.hub.url})
