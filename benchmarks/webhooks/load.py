"""wrk on loopback: a delivery with a new GUID each time, as fast as it is answered, or at a think time's pace."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

CONNECTIONS = 32
MEAN_THINK_SECONDS = 0.010

# A GUID is new for the whole life of the servers: the time, and a count.
SCRIPT = """
local file = io.open(%(body)s, "rb")
local body = file:read("*a")
file:close()
local head, tail = %(head)s, "\\r\\n\\r\\n" .. body
local count, start = 0, os.time() %% 0xffffffff

function request()
  count = count + 1
  return head .. string.format("%%08x-0000-4000-8000-%%012x", start, count) .. tail
end

%(delay)s

local refused = 0
function response(status)
  if status ~= %(expected)d then refused = refused + 1; wrk.thread:set("refused", refused) end
end

local threads = {}
function setup(thread) table.insert(threads, thread) end

function done(summary, latency)
  for _, thread in ipairs(threads) do refused = refused + (thread:get("refused") or 0) end
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  print(string.format("RESULT %%f %%d %%d %%d %%d", summary.requests / summary.duration * 1e6,
    latency:percentile(50), latency:percentile(99), latency.max, broken + refused))
end
"""
# Two random pauses are nearer to independent senders than one fixed pause, which would march in step.
DELAY = "math.randomseed(7)\nfunction delay() return math.random(0, %d) end"


@dataclass(frozen=True)
class Load:
    """What is sent where, and the status that each answer must have."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    expected: int


@dataclass(frozen=True)
class Result:
    """Answers a second, the milliseconds that one took, and how many answers were wrong or never came."""

    rate: float
    p50: float
    p99: float
    longest: float
    wrong: int


def wrk() -> str | None:
    """Where the load generator is."""
    return shutil.which("wrk")


def flat_out(load: Load, seconds: float, folder: Path) -> Result:
    """32 connections, each sending the next as soon as the last was answered."""
    return _run(load, seconds, folder, CONNECTIONS, "")


def paced(load: Load, rate: float, seconds: float, folder: Path) -> Result:
    """About so many a second: as many connections as that takes, each pausing 0 to 20 ms between two deliveries."""
    connections = max(1, round(rate * (MEAN_THINK_SECONDS + 0.002)))
    return _run(load, seconds, folder, connections, DELAY % round(MEAN_THINK_SECONDS * 2000))


def _run(load: Load, seconds: float, folder: Path, connections: int, delay: str) -> Result:
    program = wrk()
    assert program
    (folder / "body.json").write_bytes(load.body)
    script = folder / "load.lua"
    values = {"body": json.dumps(str(folder / "body.json")), "head": json.dumps(_head(load)), "delay": delay}
    script.write_text(SCRIPT % {**values, "expected": load.expected})
    argv = [program, "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "10s", "-s", str(script), load.url]
    told = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT (\S+) (\d+) (\d+) (\d+) (\d+)", told)
    if found is None:
        raise RuntimeError(f"wrk said nothing that we understand: {told}")
    rate, p50, p99, longest, wrong = map(float, found.groups())
    return Result(rate, p50 / 1000, p99 / 1000, longest / 1000, int(wrong))


def _head(load: Load) -> str:
    parts = urlsplit(load.url)
    lines = {"Host": parts.netloc, **load.headers, "Content-Length": str(len(load.body))}
    fixed = "\r\n".join(f"{name}: {value}" for name, value in lines.items())
    return f"POST {parts.path} HTTP/1.1\r\n{fixed}\r\nX-GitHub-Delivery: "
