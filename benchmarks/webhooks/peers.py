"""Two frameworks that others build such bots with, from npm and PyPI: verified, parsed, handed to a handler, in memory.

They are installed into a cache of the user's, never into this repository.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webhooks.delivery import SECRET
from webhooks.servers import Server, free_port, running

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "async-code-benchmark"

PROBOT = """
import {{ createServer }} from "node:http";
import {{ createNodeMiddleware, createProbot }} from "probot";

let seen = 0;
const app = (bot) => {{ bot.on("issue_comment.created", async () => {{ seen += 1; }}); }};
const probot = createProbot({{ env: {{
  APP_ID: "1", PRIVATE_KEY: process.env.PRIVATE_KEY, WEBHOOK_SECRET: {secret!r}, LOG_LEVEL: "error",
}} }});
const middleware = await createNodeMiddleware(app, {{ webhooksPath: "/", probot }});
createServer((request, response) => middleware(request, response)).listen({port}, "127.0.0.1");
"""

GIDGETHUB = """
import asyncio
import uvloop
from aiohttp import web
from gidgethub import routing, sansio

router, seen = routing.Router(), []

@router.register("issue_comment", action="created")
async def created(event):
    seen.append(event.delivery_id)
    del seen[:-1000]

async def webhook(request):
    event = sansio.Event.from_http(request.headers, await request.read(), secret={secret!r})
    await router.dispatch(event)
    return web.Response(status=200)

asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
app = web.Application(client_max_size=25 * 1024 * 1024)
app.router.add_post("/", webhook)
web.run_app(app, host="127.0.0.1", port={port}, access_log=None, print=None)
"""


def why_no_probot() -> str | None:
    """What Probot's column wants; None where all is there."""
    return None if shutil.which("node") and shutil.which("npm") else "node and npm are not on PATH; install Node.js 20"


@contextmanager
def probot(folder: Path, private_key: str) -> Iterator[Server]:
    """Probot 14 behind node's own HTTP server, without its log of requests."""
    home = CACHE / "probot"
    if not (home / "node_modules" / "probot").exists():
        home.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(home), "probot@14"], check=True
        )
    port = free_port()
    script = home / "server.mjs"
    script.write_text(PROBOT.format(secret=SECRET, port=port))
    environment = {**os.environ, "PRIVATE_KEY": private_key, "NODE_ENV": "production"}
    with running(["node", str(script)], port, "/", folder / "probot.log", environment) as server:
        yield server


@contextmanager
def gidgethub(folder: Path) -> Iterator[Server]:
    """gidgethub on aiohttp with uvloop."""
    home = CACHE / "gidgethub"
    python = home / "bin" / "python"
    if not next(home.glob("lib/python*/site-packages/gidgethub"), None):
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "gidgethub", "aiohttp", "uvloop"], check=True)
    port = free_port()
    script = folder / "gidgethub_server.py"
    script.write_text(GIDGETHUB.format(secret=SECRET, port=port))
    with running([str(python), str(script)], port, "/", folder / "gidgethub.log") as server:
        yield server
