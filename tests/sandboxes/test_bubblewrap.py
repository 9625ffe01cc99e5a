"""What a hijacked agent meets inside bubblewrap. Every attack here is one that would do no harm if it worked."""

import json
import os
import socket
from pathlib import Path
from uuid import uuid4

import pytest

from runners.agents.adapter import Exit
from runners.sandboxes import memory
from runners.sandboxes.bubblewrap import Bubblewrap
from runners.sandboxes.inside import PROCESSES, UNPRIVILEGED, hand_over, owner
from runners.sandboxes.interface import Errand, Sandbox
from runners.surveys import survey
from runners.workspace import check_out, open_workspace
from tests.runners.ground import make_ground
from tests.sandboxes.running import alive, eventually, facts, python, run, usable, writable


def test_it_is_nobody_with_no_rights(bubblewrap: Sandbox, tmp_path: Path) -> None:
    status = facts(
        bubblewrap,
        tmp_path,
        "found = dict(line.split(':\\t', 1) for line in open('/proc/self/status') if ':\\t' in line)",
    )
    assert status["Uid"].split() == ["1000"] * 4 and status["Gid"].split() == ["1000"] * 4
    assert {status[name].strip() for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"].strip() == "1"


def test_it_is_never_root_outside(bubblewrap: Sandbox, tmp_path: Path) -> None:
    outside = facts(bubblewrap, tmp_path, "found = open('/proc/self/uid_map').read().split()")
    lines, _ = run(bubblewrap, Errand(["touch", "mine"], tmp_path))
    assert outside[0] == "1000" and lines == []
    assert (tmp_path / "mine").stat().st_uid == (UNPRIVILEGED if os.geteuid() == 0 else os.geteuid()) != 0


def test_what_it_is_shown_is_not_writable(bubblewrap: Sandbox, tmp_path: Path) -> None:
    assert writable(bubblewrap, tmp_path, ("/dev/x", "/programs/run.py", "/launchers/limits.py")) == []


def test_the_modes_of_devices_are_not_its_to_change(bubblewrap: Sandbox, tmp_path: Path) -> None:
    code = """
found = []
for device in ('/dev/null', '/dev/zero', '/dev/tty'):
    try:
        os.chmod(device, 0o666)
    except OSError:
        found.append(device)
"""
    assert facts(bubblewrap, tmp_path, code) == ["/dev/null", "/dev/zero", "/dev/tty"]


def test_files_of_the_host_are_not_there(bubblewrap: Sandbox, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tmp_path / "secret").write_text("canary")
    (tree / "link").symlink_to(tmp_path / "secret")
    (tree / "shadow").symlink_to("/etc/shadow")
    wanted = [str(tmp_path / "secret"), "/etc/shadow", "/etc/hostname", str(Path.home() / ".ssh"), "/var", "/run",
              "/sys", "/workspace/link", "/workspace/shadow", "/workspace/../secret", str(Path(__file__))]  # fmt: skip
    assert facts(bubblewrap, tree, f"found = [path for path in {wanted!r} if os.path.exists(path)]") == []


def test_no_canary_anywhere_that_it_can_read(
    bubblewrap: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_OF_THE_HOST", "canary-value")
    code = """
found = {}
for pid in filter(str.isdigit, os.listdir('/proc')):
    for name in ('environ', 'cmdline', 'mountinfo'):
        try:
            found[f'{pid}/{name}'] = open(f'/proc/{pid}/{name}').read()
        except OSError:
            pass
"""
    found = facts(bubblewrap, tmp_path, code)
    assert "1/cmdline" in found
    assert not [place for place, text in found.items() if "CANARY" in text or "canary-value" in text]


def test_no_other_process_is_seen_or_reached(bubblewrap: Sandbox, tmp_path: Path) -> None:
    found = facts(bubblewrap, tmp_path, "found = [int(pid) for pid in os.listdir('/proc') if pid.isdigit()]")
    assert len(found) <= 3 and max(found) < 100


def test_no_descriptor_of_ours_is_inherited(bubblewrap: Sandbox, tmp_path: Path) -> None:
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        assert facts(bubblewrap, tmp_path, "found = sorted(map(int, os.listdir('/proc/self/fd')))")[:3] == [0, 1, 2]
        links = facts(
            bubblewrap, tmp_path, "found = [os.path.basename(os.path.realpath(f'/dev/fd/{n}')) for n in range(3, 64)]"
        )
    assert "open" not in links


def test_there_is_no_network(bubblewrap: Sandbox, tmp_path: Path) -> None:
    abstract = f"\0async-code-{uuid4().hex}"
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(abstract)
        unix.listen()
        code = f"""
import socket
found = [[name for _, name in socket.if_nameindex()]]
for kind, address in ((socket.AF_INET, ('127.0.0.1', {tcp.getsockname()[1]})), (socket.AF_UNIX, {abstract!r})):
    try:
        socket.socket(kind).connect(address)
        found.append('connected')
    except OSError:
        found.append('refused')
"""
        assert facts(bubblewrap, tmp_path, code) == [["lo"], "refused", "refused"]


def test_namespaces_of_its_own_are_refused(bubblewrap: Sandbox, tmp_path: Path) -> None:
    code = "import ctypes\nfound = [ctypes.CDLL(None).unshare(flag) for flag in (0x10000000, 0x20000, 0x40000000)]"
    if "--disable-userns" not in Bubblewrap()._flags:
        pytest.skip("this bubblewrap can't forbid user namespaces (it needs 0.8)")
    assert facts(bubblewrap, tmp_path, code) == [-1, -1, -1]


def test_a_fork_bomb_meets_its_bound_and_ends(bubblewrap: Sandbox, tmp_path: Path) -> None:
    token = uuid4().hex
    code = f"""
import os, sys, time
made = 0
try:
    while made < 5000:
        if os.fork() == 0:
            time.sleep(600)
        made += 1
except BlockingIOError:
    print(made, flush=True)
time.sleep(600)
{token!r}
"""
    process = bubblewrap.start(python(tmp_path, code))
    made = int(next(line for line in process.lines(1) if line))
    assert 100 < made < PROCESSES
    process.kill("cancelled")
    process.wait()
    assert eventually(lambda: not alive(token))


def test_a_bomb_without_mercy_is_ended_by_time(bubblewrap: Sandbox, tmp_path: Path) -> None:
    token = uuid4().hex
    _, exit = run(
        bubblewrap, Errand(["sh", "-c", f": {token}; b() {{ b | b & }}; b; while :; do :; done"], tmp_path, seconds=1)
    )
    assert exit.killed == "time"
    assert eventually(lambda: not alive(token))


def test_memory_that_looks_like_files_is_bounded(bubblewrap: Sandbox, tmp_path: Path) -> None:
    code = """
found = {}
for place in ('/tmp', '/home/agent', '/dev/shm'):
    size = os.statvfs(place)
    found[place] = size.f_blocks * size.f_frsize
"""
    assert set(facts(bubblewrap, tmp_path, code).values()) == {512 * 1024**2}


GREEDY = """
import os, time
for _ in range(3):
    if not os.fork():
        held = bytearray(50 * 1024**2)
        time.sleep(600)
time.sleep(600)
"""
FRUGAL = """
import os, time
held = bytearray(60 * 1024**2)
for _ in range(4):
    if not os.fork():
        time.sleep(3)
        os._exit(0)
time.sleep(3)
"""


def test_memory_is_bounded_for_all_of_them_together(bubblewrap: Sandbox, tmp_path: Path) -> None:
    exit = run(bubblewrap, python(tmp_path, GREEDY, memory_bytes=100 * 1024**2))[1]
    assert (exit.killed, exit.out_of_memory) == ("memory", True)


def test_what_forks_share_is_counted_once(bubblewrap: Sandbox, tmp_path: Path) -> None:
    assert run(bubblewrap, python(tmp_path, FRUGAL, memory_bytes=200 * 1024**2))[1] == Exit(0)


def test_it_keeps_to_its_processors(bubblewrap: Sandbox, tmp_path: Path) -> None:
    code = """
found = [len(os.sched_getaffinity(0))]
try:
    os.sched_setaffinity(0, range(os.cpu_count()))
except PermissionError:
    found.append('kept')
"""
    lines, _ = run(bubblewrap, python(tmp_path, f"import json, os\n{code}\nprint(json.dumps(found))", cpus=1))
    assert json.loads(lines[-1]) == [1, "kept"]


def test_a_host_that_runs_short_of_memory_ends_it_whatever_is_seen_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "LEFT_TO_THE_HOST", 2**62)
    _, exit = run(usable("bubblewrap"), Errand(["sleep", "60"], tmp_path, seconds=30))
    assert (exit.killed, exit.out_of_memory) == ("memory", True)


def test_a_workspace_is_made_as_theirs_whose_it_is_to_be(tmp_path: Path) -> None:
    if owner() is None:
        pytest.skip("only root makes files that are another's, with setpriv")
    ground = make_ground(tmp_path, {"app.py": b"x\n", "deep/in/it.py": b"y\n"})
    with open_workspace(ground.settings, "r1-1", ground.mirror, ground.base_sha) as workspace:
        check_out(workspace, survey(workspace).index, owner())
        made = [workspace.tree, *workspace.tree.rglob("*")]
        assert len(made) > 10
        assert {path.lstat().st_uid for path in made} == {UNPRIVILEGED}
        assert {path.lstat().st_uid for path in (workspace.git, workspace.index)} == {0}


def test_a_file_with_another_name_elsewhere_is_not_handed_over(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root hands files over")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tmp_path / "mirror").write_text("shared")
    os.link(tmp_path / "mirror", tree / "shared")
    (tree / "own").write_text("own")
    (tree / "link").symlink_to(tmp_path / "mirror")
    hand_over(tree)
    owners = {path.name: path.lstat().st_uid for path in (tree, tree / "own", tree / "link", tmp_path / "mirror")}
    assert owners == {"tree": UNPRIVILEGED, "own": UNPRIVILEGED, "link": UNPRIVILEGED, "mirror": 0}
