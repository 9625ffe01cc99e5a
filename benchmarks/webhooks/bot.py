"""Our own processes: the web process as production starts it, the embedded broker beside it, and the whole stack."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.embedded.broker import Broker
from bot.embedded.stack import Stack
from config.settings import load
from webhooks.delivery import SECRET
from webhooks.servers import Server, free_port, memory, running

PROCESSES = ("broker", "web", "control", "runs", "beat")


def private_key() -> str:
    """A key as an App has one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def settings_of(folder: Path, key: str) -> dict[str, str]:
    """What an operator would write into `.env` for production."""
    return {
        "ENV_FILE": os.devnull,
        "ENVIRONMENT": "production",
        "DATA_DIR": str(folder),
        "PUBLIC_URL": "https://bot.example",
        "GITHUB_APP_ID": "1",
        "GITHUB_APP_PRIVATE_KEY": key,
        "GITHUB_WEBHOOK_SECRET": SECRET,
        "SECRETS_MASTER_KEY": "A" * 43 + "=",
        "ALLOWED_ACCOUNTS": "*",
    }


@contextmanager
def broker(folder: Path) -> Iterator[Path]:
    """The embedded broker of this data directory; its socket."""
    server = Broker(load(_env_file=None, data_dir=folder))
    server.prepare()
    with (folder / "broker.log").open("w") as log, subprocess.Popen(server.argv(), stdout=log, stderr=log) as process:
        try:
            server.await_ready(10)
            yield server.socket
        finally:
            process.terminate()


@contextmanager
def web(folder: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    """`python -m bot web` on a database that is brought up to date; it logs into a file, as under `up`."""
    port = free_port()
    whole = {**os.environ, **environment, "PORT": str(port)}
    subprocess.run([sys.executable, "-m", "bot", "migrate"], env=whole, check=True)
    argv = [sys.executable, "-m", "bot", "web"]
    with running(argv, port, "/github/webhooks", folder / "web.log", whole) as server:
        yield server


def stack_megabytes(folder: Path, key: str) -> dict[str, float]:
    """What each process of `./async-code up` holds after its start; shared pages are counted once."""
    with Stack({**settings_of(folder, key), "PORT": "0"}, drain_seconds=0) as stack:
        stack.await_ready(60)
        return {name: memory(pid) for name in PROCESSES if (pid := stack.pid(name))}
