"""What a hijacked agent meets in a container, and what the engine says of it."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import runners.sandboxes.docker
from config.settings import load
from runners.sandboxes.container import LABEL, is_left
from runners.sandboxes.docker import Docker
from runners.sandboxes.engine import EngineError
from runners.sandboxes.inside import PROCESSES, UNPRIVILEGED
from runners.sandboxes.interface import Errand, Sandbox
from tests.sandboxes.running import eventually, facts, run, usable

MEBIBYTE = 1024**2
SECONDS_TO_END = 5.0


@pytest.fixture
def docker() -> Sandbox:
    return usable("docker")


@contextmanager
def at_work(docker: Sandbox, errand: Errand) -> Iterator[dict[str, Any]]:
    """What the engine says of the errand's container while it works."""
    process = docker.start(errand)
    try:
        [found] = containers(errand.label)
        yield found
    finally:
        process.kill("lost")
        process.wait()


def containers(label: str) -> list[dict[str, Any]]:
    """As the engine describes them; asked of the tool that an operator would use."""
    ids = output("docker", "ps", "--all", "--quiet", "--filter", f"label={LABEL}={label}").split()
    return json.loads(output("docker", "inspect", *ids)) if ids else []


def output(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def test_every_bound_is_the_engines(docker: Sandbox, tmp_path: Path) -> None:
    errand = Errand(
        ["sleep", "600"], tmp_path, label=f"run-{uuid4().hex}-3", memory_bytes=256 * MEBIBYTE, cpus=1.5, seconds=100
    )
    with at_work(docker, errand) as found:
        host, config = found["HostConfig"], found["Config"]
        owner = UNPRIVILEGED if os.geteuid() == 0 else os.geteuid()
        group = UNPRIVILEGED if os.geteuid() == 0 else os.getegid()
        assert config["User"] == f"{owner}:{group}"
        assert (host["ReadonlyRootfs"], host["Privileged"], host["CapDrop"], host["CapAdd"]) == (
            True,
            False,
            ["ALL"],
            None,
        )
        assert host["SecurityOpt"] == ["no-new-privileges:true"]  # and with no seccomp of ours, the engine's own
        assert (host["NetworkMode"], list(found["NetworkSettings"]["Networks"])) == ("none", ["none"])
        assert (host["IpcMode"], host["PidMode"], host["UTSMode"], host["UsernsMode"]) == ("private", "", "", "")
        assert (host["Memory"], host["MemorySwap"], host["NanoCpus"]) == (256 * MEBIBYTE, 256 * MEBIBYTE, 1_500_000_000)
        assert (host["PidsLimit"], host["OomKillDisable"] or False) == (PROCESSES, False)
        assert {one["Name"]: (one["Soft"], one["Hard"]) for one in host["Ulimits"]} == {
            "nofile": (4096, 4096), "core": (0, 0), "fsize": (2 * 1024**3, 2 * 1024**3)
        }  # fmt: skip
        assert (host["LogConfig"]["Type"], host["AutoRemove"], host["RestartPolicy"]["Name"]) == ("none", False, "")
        assert host["Devices"] in (None, []) and not host["Binds"]
        binds = {one["Destination"]: one for one in found["Mounts"] if one["Type"] == "bind"}
        assert {place: one["RW"] for place, one in binds.items()} == {"/workspace": True, "/etc/passwd": False}
        assert binds["/workspace"]["Source"] == str(tmp_path)
        assert all(
            "size=" in options and "nosuid" in options and "nodev" in options for options in host["Tmpfs"].values()
        )
        assert found["Image"].startswith("sha256:") and config["Image"] == found["Image"]  # by content, not by name
        run_id, _, fence = errand.label.rpartition("-")
        assert (config["Labels"][f"{LABEL}.run"], config["Labels"][f"{LABEL}.fence"]) == (run_id, fence)
        assert 90 < float(config["Labels"][f"{LABEL}.deadline"]) - time.time() <= 101
    assert containers(errand.label) == []


def test_no_secret_and_nobodys_words_are_in_its_description(docker: Sandbox, tmp_path: Path) -> None:
    canary = uuid4().hex
    errand = Errand(
        ["sh", "-c", "cat; cat $HOME/key; echo $KEY; sleep 600"], tmp_path, label=f"run-{uuid4().hex}-1",
        stdin=f"please {canary}\n", env={"KEY": canary}, files={"key": canary},
    )  # fmt: skip
    with at_work(docker, errand) as found:
        assert canary not in json.dumps(found)


def test_it_is_nobody_with_no_rights(docker: Sandbox, tmp_path: Path) -> None:
    code = "found = dict(line.split(':\\t', 1) for line in open('/proc/self/status') if ':\\t' in line)"
    status = facts(docker, tmp_path, code)
    assert status["Uid"].split() == [str(UNPRIVILEGED if os.geteuid() == 0 else os.geteuid())] * 4
    assert {status[name].strip() for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"].strip(), status["Seccomp"].strip()) == ("1", "2")
    assert int(status["Seccomp_filters"]) == 2  # the engine's, and ours


def test_there_is_no_network(docker: Sandbox, tmp_path: Path) -> None:
    code = "import socket\nfound = [name for _, name in socket.if_nameindex()]"
    assert facts(docker, tmp_path, code) == ["lo"]


MOUNTED = """
disks = ('ext4', 'xfs', 'btrfs')
lines = open('/proc/self/mountinfo').readlines()
found = [line.split()[4] for line in lines if line.split(' - ')[1].split()[0] in disks]
"""


def test_of_the_host_only_the_workspace_is_there(docker: Sandbox, tmp_path: Path) -> None:
    assert set(facts(docker, tmp_path, MOUNTED)) <= {
        "/workspace", "/etc/passwd", "/etc/resolv.conf", "/etc/hostname", "/etc/hosts"  # ours and three of the engine's
    }  # fmt: skip


def test_want_of_memory_is_told_apart_from_the_exit_code(docker: Sandbox, tmp_path: Path) -> None:
    greedy = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'bytearray(200 * 1024**2)']); print('on')"
    errand = Errand(["{python}", "-c", greedy], tmp_path, memory_bytes=64 * MEBIBYTE)
    lines, exit = run(docker, errand)
    assert (lines[-1], exit.code, exit.killed, exit.out_of_memory) == ("on", 0, None, True)
    assert not run(docker, Errand(["true"], tmp_path))[1].out_of_memory


STUBBORN = """
import signal, time
for number in set(range(1, 32)) - {9, 19}:
    signal.signal(number, signal.SIG_IGN)
print('deaf', flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize(
    ("labels", "left"),
    [
        ({}, False),
        ({f"{LABEL}.deadline": "0"}, False),
        ({f"{LABEL}.deadline": "0", f"{LABEL}.workspace": "/elsewhere"}, True),
        ({f"{LABEL}.deadline": "9999", f"{LABEL}.workspace": "/elsewhere"}, False),
        ({f"{LABEL}.deadline": "9999", f"{LABEL}.workspace": "{real}/r1-1"}, True),
    ],
)
def test_whose_a_container_is_stands_on_its_labels(tmp_path: Path, labels: dict[str, str], left: bool) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "workspaces").symlink_to(tmp_path / "real")
    told = {name: value.format(real=tmp_path / "real") for name, value in labels.items()} | {LABEL: "r1-1"}
    assert is_left(told, frozenset(), tmp_path / "workspaces", now=1000.0) is left


def test_an_engine_that_was_away_is_found_again(
    docker: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = load(_env_file=None).sandbox_image
    there = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    monkeypatch.setattr(runners.sandboxes.docker, "LOOK_AGAIN", 0)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    again = Docker(image, "", tmp_path / "probes")
    assert "/nowhere.sock" in str(again.unusable())
    monkeypatch.setenv("DOCKER_HOST", there)
    assert again.unusable() is None


def test_it_ends_within_seconds_and_nothing_is_left(docker: Sandbox, tmp_path: Path) -> None:
    errand = Errand(["{python}", "-c", STUBBORN], tmp_path, label=f"run-{uuid4().hex}-1")
    process = docker.start(errand)
    assert next(line for line in process.lines(1) if line) == "deaf"
    asked = time.monotonic()
    process.kill("cancelled")
    process.wait()
    assert time.monotonic() - asked < SECONDS_TO_END
    assert containers(errand.label) == []


def test_what_killed_workers_left_is_swept_and_nobody_elses(docker: Sandbox, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    labels = {name: f"run-{uuid4().hex}-1" for name in ("left", "living", "foreign", "late")}
    for tree in (ours, theirs):
        tree.mkdir()
    errands = [
        Errand(["sleep", "600"], ours, label=labels["left"]),
        Errand(["sleep", "600"], ours, label=labels["living"]),
        Errand(["sleep", "600"], theirs, label=labels["foreign"]),
        Errand(["sleep", "600"], theirs, label=labels["late"], seconds=-100),
    ]
    processes = [docker.start(errand) for errand in errands]
    docker.sweep(lambda: {labels["living"]}, ours)
    assert eventually(lambda: [name for name, label in labels.items() if containers(label)] == ["living", "foreign"])
    for process in processes:
        process.kill("lost")
        with suppress(EngineError):  # removed under it
            process.wait()


def test_no_engine_and_no_image_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usable("docker")
    assert "no image `nobody/built-it`" in str(Docker("nobody/built-it", "", tmp_path).unusable())
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nowhere.sock")
    assert "no container engine answers" in str(Docker("x", "", tmp_path).unusable())


def test_a_runtime_that_is_not_there_is_said(docker: Sandbox, tmp_path: Path) -> None:
    assert "no-such-runtime" in str(Docker("async-code-agents", "no-such-runtime", tmp_path).unusable())
