"""What holds in every sandbox: output, limits, and an end that leaves nothing."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from uuid import uuid4

import pytest

from runners.agents.adapter import Exit
from runners.sandboxes import weighing
from runners.sandboxes.interface import Errand, Sandbox
from tests.sandboxes.running import alive, eventually, python, run

ROUNDS = 5

# Forks twice and leaves its session, as a daemon does; the token is in its command line.
DAEMON = """
import os, subprocess, sys
if os.fork() == 0:
    os.setsid()
    subprocess.Popen([sys.executable, '-I', '-c', 'import time; time.sleep(600)', '{token}'], {streams})
    os._exit(0)
os.wait()
sys.stdout.write('ready\\n')
sys.stdout.flush()
{then}
"""


def test_output_and_errors_come_as_lines_and_the_exit_code_as_it_is(sandbox: Sandbox, tmp_path: Path) -> None:
    lines, exit = run(sandbox, Errand(["sh", "-c", "echo out; echo err >&2; echo via > /dev/stdout; exit 7"], tmp_path))
    assert sorted(lines) == ["err", "out", "via"]
    assert exit == Exit(7)


def test_what_is_said_just_before_the_end_is_heard_by_a_slow_reader(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = sandbox.start(Errand(["sh", "-c", "sleep 0.3; echo last words"], tmp_path))

    def look_late(popen: "subprocess.Popen[bytes]") -> int:
        return popen.wait()  # between a look at the output and one at the process, it speaks and ends

    monkeypatch.setattr(subprocess.Popen, "poll", look_late)
    assert [line for line in process.lines(0.5) if line] == ["last words"]
    process.wait()


def test_the_workspace_is_writable_and_is_the_current_directory(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "old").write_text("before")
    lines, _ = run(sandbox, Errand(["sh", "-c", "cat folder/old; echo after > folder/old; echo new > new"], tmp_path))
    assert lines == ["before"]
    assert (tmp_path / "folder" / "old").read_text() == "after\n"
    assert (tmp_path / "new").read_text() == "new\n"


def test_home_holds_the_errands_files_and_goes_away(sandbox: Sandbox, tmp_path: Path) -> None:
    command = 'cat "$HOME/.config/agent.json"; echo; echo "$HOME"; echo "$GIVEN"'
    lines, _ = run(
        sandbox,
        Errand(["sh", "-c", command], tmp_path, files={".config/agent.json": "{}"}, env={"GIVEN": "a value"}),
    )
    assert lines[0] == "{}" and lines[2] == "a value"
    assert not Path(lines[1]).exists()


def test_bytes_lie_in_the_home_as_they_are_and_only_to_be_read(sandbox: Sandbox, tmp_path: Path) -> None:
    image = b"\x89PNG\r\n\x1a\n\0\xff" + bytes(range(256)) * 20_000
    (tmp_path / "same").write_bytes(image)
    command = 'cmp "$1" same && stat -c %a "$1" "$2" && ls && case "$1" in "$HOME"/*) echo there;; esac'
    argv = ["sh", "-c", command, "-", "{home}/images/1.png", "{home}/note"]
    lines, _ = run(sandbox, Errand(argv, tmp_path, files={"images/1.png": image, "note": "text"}))
    assert lines == ["400", "600", "same", "there"]


def test_a_megabyte_of_input_is_read_or_left_without_a_deadlock(sandbox: Sandbox, tmp_path: Path) -> None:
    text = "é" * 500_000
    assert run(sandbox, Errand(["sh", "-c", "wc -c < /dev/stdin"], tmp_path, stdin=text))[0][0].strip() == "1000000"
    assert run(sandbox, Errand(["true"], tmp_path, stdin=text))[1] == Exit(0)


def test_nothing_of_our_environment_gets_in(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_OF_THE_HOST", "canary-value")
    lines, _ = run(sandbox, Errand(["env"], tmp_path))
    assert not [line for line in lines if "CANARY" in line or "canary" in line]


def test_a_command_that_is_not_there_is_said_in_a_line(sandbox: Sandbox, tmp_path: Path) -> None:
    lines, exit = run(sandbox, Errand(["no-such-agent", "--flag"], tmp_path))
    assert lines == ["no-such-agent can't be started: No such file or directory"]
    assert exit.code != 0 and exit.killed is None


def test_silence_ticks(sandbox: Sandbox, tmp_path: Path) -> None:
    process = sandbox.start(python(tmp_path, "import time; time.sleep(600)"))
    ticks = process.lines(0.05)
    assert [next(ticks), next(ticks), next(ticks)] == [None, None, None]
    process.kill("cancelled")
    assert process.wait().killed == "cancelled"


def test_a_kill_from_another_thread_is_felt_at_once(sandbox: Sandbox, tmp_path: Path) -> None:
    process = sandbox.start(python(tmp_path, "import time; print('up', flush=True); time.sleep(600)"))
    lines = process.lines(60)
    assert next(lines) == "up"
    killed: list[float] = []

    def kill() -> None:
        killed.append(time.monotonic())
        process.kill("cancelled")

    thread = threading.Timer(0.1, kill)
    thread.start()
    assert list(lines) == []
    assert time.monotonic() - killed[0] < 0.5
    assert process.wait().killed == "cancelled"
    thread.join()


def test_a_kill_before_anything_ran_works_too(sandbox: Sandbox, tmp_path: Path) -> None:
    token = uuid4().hex
    process = sandbox.start(Errand(["sleep", "600"], tmp_path, label=token))
    process.kill("lost")
    assert process.wait().killed == "lost"
    assert eventually(lambda: not alive(token))


def test_the_first_reason_counts_and_a_kill_after_the_end_is_none(sandbox: Sandbox, tmp_path: Path) -> None:
    process = sandbox.start(Errand(["true"], tmp_path))
    assert process.wait() == Exit(0)
    process.kill("cancelled")
    assert process.wait() == Exit(0)


@pytest.mark.parametrize(
    ("code", "limits", "killed"),
    [
        ("while True: pass", {"seconds": 0.5}, "time"),
        ("import time; time.sleep(600)", {"idle_seconds": 0.5}, "idle"),
        ("while True: print('x' * 1000)", {"output_bytes": 100_000}, "output"),
        ("import sys\nwhile True: sys.stdout.write('x')", {"output_bytes": 100_000}, "output"),
        ("import os, time; os.close(1); os.close(2); time.sleep(600)", {"seconds": 0.5}, "time"),
        ("import signal\nfor n in range(1, 20):\n  n in (9, 19) or signal.signal(n, signal.SIG_IGN)\nwhile True: pass",
         {"seconds": 0.5}, "time"),
    ],
    ids=["endless loop", "silence", "flood of lines", "flood without lines", "closed output", "ignored signals"],
)  # fmt: skip
def test_every_limit_ends_it(
    sandbox: Sandbox, tmp_path: Path, code: str, limits: dict[str, float], killed: str
) -> None:
    began = time.monotonic()
    lines, exit = run(sandbox, python(tmp_path, code, **limits))
    assert exit.killed == killed
    assert sum(map(len, lines)) <= 100_000
    assert time.monotonic() - began < 10


def test_a_workspace_that_grows_too_large_ends_it(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runners.sandboxes.weighing.PAUSE", 0.1)
    deep = "import os\nfor _ in range(1500):\n  os.mkdir('deep'); os.chdir('deep')\n"
    grow = "while True: file.write(b'x' * 1_000_000); time.sleep(0.01)"  # not to the largest file that it may have
    code = f"{deep}import time\nfile = open('large', 'wb')\n{grow}"
    _, exit = run(sandbox, python(tmp_path, code, tree_bytes=20_000_000))
    # Deeper than Python's stack: pytest would fail to remove it, at the end of every later session too.
    subprocess.run(["rm", "-rf", str(tmp_path / "deep")], check=True)
    assert exit.killed == "disk"


def test_a_workspace_of_holes_is_not_large(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners.sandboxes.weighing.PAUSE", 0.05)
    code = "import time\nopen('holes', 'wb').truncate(1_000_000_000)\ntime.sleep(0.5)"
    assert run(sandbox, python(tmp_path, code, tree_bytes=20_000_000))[1] == Exit(0)


def test_a_process_that_closes_its_output_is_waited_for(sandbox: Sandbox, tmp_path: Path) -> None:
    _, exit = run(sandbox, python(tmp_path, "import os, time; os.close(1); os.close(2); time.sleep(0.3); os._exit(3)"))
    assert exit == Exit(3)


@pytest.mark.parametrize("streams", ["", "stdin=-3, stdout=-3, stderr=-3"], ids=["holding the output", "silent"])
def test_a_daemon_that_forked_twice_dies_with_a_kill(sandbox: Sandbox, tmp_path: Path, streams: str) -> None:
    token = uuid4().hex
    process = sandbox.start(
        python(tmp_path, DAEMON.format(token=token, streams=streams, then="import time; time.sleep(600)"))
    )
    assert next(line for line in process.lines(1) if line) == "ready"
    assert eventually(lambda: alive(token))
    process.kill("cancelled")
    process.wait()
    assert eventually(lambda: not alive(token))


def test_a_daemon_that_forked_twice_dies_with_the_command(sandbox: Sandbox, tmp_path: Path) -> None:
    token = uuid4().hex
    lines, exit = run(sandbox, python(tmp_path, DAEMON.format(token=token, streams="", then="")))
    assert (lines, exit) == (["ready"], Exit(0))
    assert eventually(lambda: not alive(token))


WORKER = """
import sys
from pathlib import Path
from runners.sandboxes.interface import Errand
from tests.sandboxes.running import usable
process = usable(sys.argv[1]).start(Errand(["sleep", "600"], Path(sys.argv[2]), label=sys.argv[3]))
sys.stdout.write("started\\n")
sys.stdout.flush()
for _ in process.lines(1):
    pass
"""


# Opens its own output for reading, and takes back what it wrote: whoever heard that something is there finds nothing.
THIEF = """
import os, time
mine = os.open('/proc/self/fd/1', os.O_RDONLY | os.O_NONBLOCK)
for _ in range(3000):
    os.write(1, b'x')
    try:
        os.read(mine, 1)
    except OSError:
        pass
time.sleep(600)
"""


def test_an_agent_that_takes_back_what_it_said_is_bounded_all_the_same(sandbox: Sandbox, tmp_path: Path) -> None:
    for _ in range(ROUNDS):
        began = time.monotonic()
        _, exit = run(sandbox, python(tmp_path, THIEF, seconds=1))
        assert exit.killed == "time" or exit.code, exit  # where its output is no pipe of ours, it can't even open it
        assert time.monotonic() - began < 20


def test_what_fills_the_disk_is_ended_whatever_its_folder_weighs(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weighing, "LEFT_BYTES", 2**62)
    _, exit = run(sandbox, python(tmp_path, "import time; time.sleep(60)"))
    assert exit.killed == "disk"


def test_nothing_outlives_a_killed_worker(sandbox: Sandbox, tmp_path: Path) -> None:
    token = uuid4().hex
    argv = [sys.executable, "-c", WORKER, sandbox.name, str(tmp_path), f"run/{token}"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as worker:
        assert worker.stdout is not None and worker.stdout.readline() == "started\n"
        # The label stands in the command line of what the worker started, besides the worker's own.
        assert eventually(lambda: set(alive(f"run/{token}")) - {worker.pid})
        worker.send_signal(signal.SIGKILL)
    assert eventually(lambda: not alive(token))
    sandbox.sweep(set, tmp_path)


# Dies while its sandbox is being made, so many milliseconds after it was begun.
DYING = (
    WORKER.partition("sys.stdout")[0]
    + "import os, time\ntime.sleep(int(sys.argv[4]) / 1000)\nos.kill(os.getpid(), 9)\n"
)


def test_nothing_outlives_a_worker_that_is_killed_while_its_sandbox_is_made(sandbox: Sandbox, tmp_path: Path) -> None:
    tokens = [uuid4().hex for _ in range(24)]
    for number, token in enumerate(tokens):
        argv = [sys.executable, "-c", DYING, sandbox.name, str(tmp_path), f"run/{token}", str(2 * number)]
        subprocess.run(argv, cwd=Path(__file__).parents[2], check=False)
    assert eventually(lambda: not any(map(alive, tokens)))
    sandbox.sweep(set, tmp_path)


def test_no_descriptor_no_zombie_and_no_folder_stays(sandbox: Sandbox, tmp_path: Path) -> None:
    def left() -> tuple[int, str, set[str]]:
        children = Path(f"/proc/{os.getpid()}/task/{threading.get_native_id()}/children").read_text()
        homes = {path.name for path in Path(tempfile.gettempdir()).glob("async-code-*")}
        return len(list(Path("/proc/self/fd").iterdir())), children, homes

    def work() -> str:
        process = sandbox.start(Errand(["sleep", "600"], tmp_path))
        process.kill("cancelled")
        process.wait()
        return run(sandbox, Errand(["sh", "-c", 'echo "$HOME"'], tmp_path, stdin="x", files={"a/b": "c"}))[0][0]

    before, home, after = left(), work(), left()
    for _ in range(ROUNDS):  # a few lines to an engine are opened and kept; what leaks grows with each round
        if after[:2] == before[:2]:
            break
        before, home, after = after, work(), left()
    assert after[:2] == before[:2]
    assert Path(home).name not in after[2]


def test_placeholders_become_the_sandboxs_own(sandbox: Sandbox, tmp_path: Path) -> None:
    lines, _ = run(sandbox, Errand(["{python}", "-c", "import sys; print(sys.argv[1])", "{programs}/run.py"], tmp_path))
    assert lines[0].endswith("/programs/run.py")
