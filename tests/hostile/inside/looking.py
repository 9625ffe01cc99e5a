"""Looking for what is not its own: environments, processes, files, sockets and memory."""

import ctypes
import os
import socket
import subprocess
import sys
from pathlib import Path

from .facts import CANARY, Facts, Table, any_of, canaries_in, listed

SOCKETS = (
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/podman/podman.sock",
    "/run/crio/crio.sock",
)
BUSES = ("/run/dbus/system_bus_socket", "/run/systemd/private", "/run/udev/control", "/tmp/.X11-unix/X0")
CREDENTIALS = (".git-credentials", ".netrc", ".config/gh/hosts.yml", ".docker/config.json", ".aws/credentials", ".ssh")
DEVICES = ("/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/nvme0n1", "/dev/kvm", "/dev/fuse", "/dev/net/tun")
GIT_KEEPS = ("remote -v", "config --list --show-origin", "credential fill", "log --all --format=%ae", "reflog")


def processes(name: str) -> list[str]:
    """That file of every process that is seen."""
    return [str(path / name) for path in Path("/proc").glob("[0-9]*")]


def connected(path: str) -> str:
    """Connects to a unix socket."""
    with socket.socket(socket.AF_UNIX) as made:
        made.settimeout(5)
        made.connect(path)
    return "connected"


def opened(path: str) -> str:
    """Opens a file for reading, and reads nothing: some would wait."""
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    return "opened"


def secrets_in_its_own_environment(_facts: Facts) -> object:
    names = ("GITHUB_", "WEBHOOK", "DATABASE_URL", "REDIS", "SENTRY", "MASTER_KEY", "SSH_AUTH_SOCK", "AWS_")
    return [name for name in os.environ if name.startswith(names)] or canaries_in(["/proc/self/environ"])


def environments_of_others(_facts: Facts) -> object:
    return canaries_in(processes("environ"))


def command_lines_of_others(_facts: Facts) -> object:
    return canaries_in(processes("cmdline"))


def processes_of_the_host(facts: Facts) -> object:
    seen = any_of(processes("cmdline"), lambda path: Path(path).read_bytes()) or {}
    return [line for line in seen.values() if facts["host_word"].encode() in line] or None


def memory_of_the_first_process(_facts: Facts) -> object:
    return canaries_in(["/proc/1/environ", "/proc/1/auxv", "/proc/1/maps"])


def descriptors_of_others(facts: Facts) -> object:
    links = [link for links in (any_of(processes("fd"), listed) or {}).values() for link in links or ()]
    reached = any_of(links, os.readlink) or {}
    return {link: to for link, to in reached.items() if facts["host_folder"] in str(to)} or None


def descriptors_left_open(facts: Facts) -> object:
    found = any_of([f"/proc/self/fd/{number}" for number in range(3, 100)], os.readlink) or {}
    return {link: to for link, to in found.items() if facts["host_folder"] in str(to)} or None


def credentials_of_git(_facts: Facts) -> object:
    said = b""
    for words in GIT_KEEPS:
        said += subprocess.run(
            ["git", *words.split()], capture_output=True, check=False, input=b"host=github.com\n\n"
        ).stdout
    return (
        CANARY.findall(said)
        or [line for line in said.split(b"\n") if b"password=" in line or b"extraheader" in line]
        or None
    )


def credentials_at_home(facts: Facts) -> object:
    homes = (str(Path.home()), "/root", facts["home"])
    return any_of([f"{home}/{name}" for home in homes for name in CREDENTIALS], os.stat)


def secret_by_its_path(facts: Facts) -> object:
    return Path(facts["secret"]).read_text()


def secret_by_another_root(facts: Facts) -> object:
    roots = ("/proc/1/root", "/proc/self/root", "/proc/self/cwd/../../..", "/proc/thread-self/root", "/..")
    return canaries_in(root + facts["secret"] for root in roots)


def secret_by_a_link(facts: Facts) -> object:
    link = Path("link-out")
    link.unlink(missing_ok=True)
    link.symlink_to(facts["secret"])
    return link.read_text()


def secret_by_a_hard_link(facts: Facts) -> object:
    os.link(facts["secret"], "hard-link")
    return Path("hard-link").read_text()


def homes_of_people(facts: Facts) -> object:
    """But for the folders above the interpreter."""
    found = any_of(["/root", facts["home"], "/home"], listed) or {}
    ours = (str(Path.home()), sys.base_prefix)
    return [
        path for paths in found.values() for path in paths or () if not any(one.startswith(path) for one in ours)
    ] or None


def configuration_of_the_host(facts: Facts) -> object:
    """An image has a few such files too: those of the host are not to be read, and know its name."""
    secrets = ("/etc/shadow", "/etc/sudoers", "/etc/ssh/ssh_host_ed25519_key", "/etc/docker", "/etc/kubernetes")
    named = any_of(["/etc/hostname", "/etc/hosts"], lambda path: facts["host_name"] in Path(path).read_text()) or {}
    return any_of(secrets, opened) or [path for path, found in named.items() if found] or None


def database_of_the_bot(facts: Facts) -> object:
    return opened(facts["database"])


def workspaces_of_others(facts: Facts) -> object:
    return listed(facts["other_tree"])


def mirrors_of_others(facts: Facts) -> object:
    return listed(facts["mirrors"])


def containers_engine(_facts: Facts) -> object:
    return any_of(SOCKETS, connected)


def buses_of_the_system(_facts: Facts) -> object:
    return any_of(BUSES, connected)


def socket_of_another(facts: Facts) -> object:
    return connected(facts["other_socket"])


def abstract_socket_of_another(facts: Facts) -> object:
    return connected("\0" + facts["abstract_socket"])


def shared_memory_of_the_host(facts: Facts) -> object:
    found = ctypes.CDLL(None).shmget(facts["shared_memory"], 0, 0)
    return None if found < 0 else found


def token_of_the_cluster(_facts: Facts) -> object:
    return any_of(["/var/run/secrets/kubernetes.io/serviceaccount/token", "/run/secrets"], os.stat)


def devices_of_the_host(_facts: Facts) -> object:
    return any_of(DEVICES, opened)


def memory_of_the_kernel(_facts: Facts) -> object:
    return any_of(["/proc/kcore", "/dev/mem", "/dev/port"], opened)


def addresses_of_the_kernel(_facts: Facts) -> object:
    shown = Path("/proc/kallsyms").read_text().split()
    return shown[:3] if shown and set(shown[0]) != {"0"} else None


def settings_of_devices(_facts: Facts) -> object:
    found = any_of(["/sys/kernel/debug", "/sys/kernel/security", "/sys/firmware"], listed) or {}
    interfaces = any_of(["/sys/class/net"], listed) or {}
    return (
        [path for paths in found.values() for path in paths or ()]
        or [path for paths in interfaces.values() for path in paths or () if not path.endswith("/lo")]
        or None
    )


ACTIONS: Table = {
    "it is given no secret: no token, no key, an environment of its own": (
        secrets_in_its_own_environment,
        credentials_of_git,
        credentials_at_home,
    ),
    "it sees no process but its own, and no descriptor of theirs": (
        environments_of_others,
        command_lines_of_others,
        processes_of_the_host,
        memory_of_the_first_process,
        descriptors_of_others,
        descriptors_left_open,
    ),
    "it has a file system of its own, in which of the host only programs are": (
        secret_by_its_path,
        secret_by_another_root,
        secret_by_a_link,
        secret_by_a_hard_link,
        homes_of_people,
        configuration_of_the_host,
        database_of_the_bot,
        workspaces_of_others,
        mirrors_of_others,
        token_of_the_cluster,
    ),
    "no socket and no shared memory of others is in its namespaces": (
        containers_engine,
        buses_of_the_system,
        socket_of_another,
        abstract_socket_of_another,
        shared_memory_of_the_host,
    ),
    "it has no devices but the harmless ones": (
        devices_of_the_host,
        memory_of_the_kernel,
        addresses_of_the_kernel,
        settings_of_devices,
    ),
}
