"""Records what the real agents print, against the mock model: `python -m tests.agents.record PREFIX [AGENT [CASE]]`.

PREFIX is where they were installed (`npm install --prefix PREFIX …`; each adapter's `install` says what). Run it when
an adapter's version changes, look at the difference, and mend the adapter. It needs bubblewrap.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.mock_model import MockModel, Script
from bot.mock_model.script import Cut, Fail, Loop, Say, Shell, Spawn, Stall, Step, Together, Write
from runners.agents import AGENTS
from runners.agents.adapter import GATEWAY, Agent, Brief
from runners.agents.adapter import PROGRAMS as PROGRAMS_INSIDE
from runners.agents.foreign import MOST_TURNS
from runners.sandboxes.places import PROGRAMS, PYTHON_HOME, fill_in

RECORDINGS = Path(__file__).parent / "recordings"
EXITS = RECORDINGS / "exits.json"
PORT = int(GATEWAY.rpartition(":")[2])
HOME = "/home/agent"
FEW_TURNS = 3
PATIENCE = 180.0
TO_END = 10.0


@dataclass(frozen=True)
class Case:
    """One way that it can go. `script` None: nobody listens; `seconds`: it is told to end after so many."""

    script: Script | None
    seconds: float = PATIENCE
    few_turns: bool = False


def by(*steps: Step, **named: Sequence[Step]) -> Script:
    """A script."""
    return Script(steps, named)


CASES: Mapping[str, Case] = {
    "ok": Case(by(Say("I look."), Write("a/b.txt", "one\ntwo\n"), Shell("cat a/b.txt"), Say("It is written."))),
    "tool-fails": Case(by(Shell("echo broken >&2; false"), Say("The command failed."))),
    "refused-key": Case(by(Fail(401, "No such key."))),
    "refused": Case(by(Fail(403, "Not for you."))),
    "bad-request": Case(by(Fail(400, "Nobody asks like that."))),
    "rate-limited": Case(by(Fail(429, "Slowly.", retry_after=1))),
    "overloaded": Case(by(Fail(529, "Too many."))),
    "overloaded-once": Case(by(Fail(529, "Too many.", retry_after=0, times=1), Say("At last."))),
    "broken": Case(by(Shell("ls"), Fail(500, "Broken."))),
    "cut": Case(by(Say("Never heard whole, whatever is asked."), Cut())),
    "dead": Case(None),
    "stalled": Case(by(Shell("ls"), Stall(300)), seconds=12),
    "loop": Case(by(Loop("true")), few_turns=True),
    "sub-agents": Case(
        by(
            Spawn("general-purpose", "part", "Write your file."),
            Say("Both are done."),
            part=[Write("part.txt", "part\n"), Say("My part is done.")],
        )
    ),
    "team": Case(
        by(
            Spawn("architect", "plan", "Plan it."),
            Together([Spawn("coder", "one", "Write one."), Spawn("coder", "two", "Write two.")]),
            Spawn("tester", "test", "Test it."),
            Say("It is planned, written and tested."),
            plan=[Say("Two files.")],
            one=[Write("one.txt", "1\n"), Say("One is written.")],
            two=[Write("two.txt", "2\n"), Say("Two is written.")],
            test=[Shell("cat one.txt two.txt"), Say("Both are there.")],
        )
    ),
}
OF_A_SWARM = {"ok", "refused-key", "dead", "stalled", "team"}
NOT_OF = {
    "qwen": {"rate-limited", "overloaded", "broken"},  # it waits for minutes each time
    "swarm": {*CASES} - OF_A_SWARM,  # it speaks as Claude Code does
    "claude-flow": {*CASES} - OF_A_SWARM,
    "aider": {"tool-fails"},  # it runs nothing
}
ONLY = {  # where not every agent has such a thing
    "loop": {"claude-code", "gemini", "qwen", "mini-swe-agent"},
    "sub-agents": {"claude-code"},
    "team": {"swarm", "claude-flow"},
}
MODELS = {"anthropic": "claude-sonnet-4-5", "gemini": "gemini-2.5-pro"}


def record(prefix: Path, agent: Agent, name: str) -> int:
    """Runs one case, keeps its lines, and gives the exit code."""
    case = CASES[name]
    model = MODELS.get(agent.wire or "", "gpt-5.3-codex")
    brief = Brief("implement", "Write the file.", "A file is missing", model=model, credential="a-credential")
    with ExitStack() as alive, tempfile.TemporaryDirectory() as workspace, tempfile.TemporaryDirectory() as home:
        if case.script:
            alive.enter_context(MockModel(case.script, PORT))
        lay_out(agent, brief, Path(home), case)
        argv = fewer(fill_in(agent.argv(brief), PROGRAMS_INSIDE, HOME), case)
        locked = [*bubblewrap(prefix, workspace, home), *environment(agent.env(brief)), "--", *argv]
        lines, code = run(locked, agent.stdin(brief), case.seconds)
    RECORDINGS.mkdir(exist_ok=True)
    (RECORDINGS / f"{agent.name}-{name}.jsonl").write_bytes(lines)
    return code


def run(argv: Sequence[str], stdin: str, seconds: float) -> tuple[bytes, int]:
    """Its output, errors included as in a sandbox, and its exit code."""
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with suppress(subprocess.TimeoutExpired):
        return process.communicate(stdin.encode(), seconds)[0], process.returncode
    tell_to_end(process.pid)
    with suppress(subprocess.TimeoutExpired):
        return process.communicate(timeout=TO_END)[0], process.returncode
    process.kill()
    return process.communicate()[0], process.returncode


def tell_to_end(pid: int) -> None:
    """The agent is the child of bubblewrap's child."""
    for child in children(pid):
        for agent in children(child):
            os.kill(agent, signal.SIGTERM)


def children(pid: int) -> list[int]:
    """Of its first thread."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def lay_out(agent: Agent, brief: Brief, home: Path, case: Case) -> None:
    """The files of its home."""
    for name, text in agent.files(brief).items():
        file = home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(*fewer([text], case))


def fewer(words: Sequence[str], case: Case) -> list[str]:
    """A turn limit that is reached soon."""
    return [word.replace(str(MOST_TURNS), str(FEW_TURNS)) if case.few_turns else word for word in words]


def bubblewrap(prefix: Path, workspace: str, home: str) -> list[str]:
    """A sandbox as the real one, except that it reaches this machine's loopback, and sees the agents."""
    argv = ["bwrap", "--unshare-all", "--share-net", "--uid", "1000", "--gid", "1000", "--die-with-parent"]
    argv += ["--hostname", "sandbox", "--clearenv", "--new-session", "--ro-bind", "/usr", "/usr"]
    for name in ("bin", "lib", "lib64"):
        argv += ["--symlink", f"usr/{name}", f"/{name}"]
    for name in ("ld.so.cache", "alternatives", "ssl/certs"):
        argv += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    passwd = Path(home) / ".passwd"
    passwd.write_text(f"agent:x:1000:1000:agent:{HOME}:/bin/sh\n")
    argv += ["--ro-bind", str(passwd), "/etc/passwd", "--ro-bind", str(prefix), "/agents"]
    argv += ["--ro-bind", str(PROGRAMS), PROGRAMS_INSIDE, "--ro-bind", str(PYTHON_HOME), str(PYTHON_HOME)]
    argv += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--bind", home, HOME]
    return [*argv, "--bind", workspace, "/workspace", "--chdir", "/workspace"]


def environment(more: Mapping[str, str]) -> list[str]:
    """As in the real sandbox."""
    path = "/agents/node_modules/.bin:/agents/bin:/usr/local/bin:/usr/bin:/bin"
    variables = {"PATH": path, "HOME": HOME, "USER": "agent", "TMPDIR": "/tmp", "LANG": "C.UTF-8", **more}
    return [word for name, value in variables.items() for word in ("--setenv", name, value)]


def has(agent: Agent, case: str) -> bool:
    """Whether the case says anything of the agent."""
    return agent.name in ONLY.get(case, {agent.name}) and case not in NOT_OF.get(agent.name, ())


def main() -> None:
    """Records what was asked for."""
    prefix, *asked = sys.argv[1:]
    agents = [AGENTS[asked[0]]] if asked else [agent for agent in AGENTS.values() if agent.probe]
    exits = json.loads(EXITS.read_text()) if EXITS.exists() else {}
    for agent in agents:
        for case in asked[1:] or CASES:
            if has(agent, case):
                exits[f"{agent.name}-{case}"] = code = record(Path(prefix), agent, case)
                sys.stdout.write(f"{agent.name} {case}: exit code {code}\n")
    EXITS.write_text(json.dumps(exits, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
