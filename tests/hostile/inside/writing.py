"""Writing where others would read or run it, and undoing bounds of its own."""

import os
import resource
import socket
from collections.abc import Callable
from pathlib import Path

from .facts import Action, Facts, Table, any_of, named

# Opened for writing and never written: a sandbox that allows it must not cost the machine anything.
PLACES = {
    "users": ("/etc/passwd", "/etc/sudoers.d/agent", "/etc/ld.so.preload", "/etc/ssl/certs/ca-certificates.crt"),
    "programs_of_the_system": ("/usr/bin/git", "/usr/local/bin/git", "/bin/sh", "/usr/lib/agent.so"),
    "the_program_of_the_sandbox": ("/proc/1/exe", "/proc/self/exe"),
    "core_pattern": ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hotplug"),
    "settings_of_the_kernel": ("/proc/sys/vm/drop_caches", "/proc/sys/kernel/yama/ptrace_scope"),
    "sysrq": ("/proc/sysrq-trigger", "/proc/sys/kernel/sysrq"),
    "release_agent": ("/sys/fs/cgroup/release_agent", "/sys/fs/cgroup/memory/release_agent"),
    "devices": ("/dev/sda", "/dev/mem", "/dev/kmsg", "/dev/x", "/dev/console"),
    "start_up": ("/etc/cron.d/agent", "/etc/systemd/system/agent.service", "/etc/profile.d/agent.sh"),
    "the_root": ("/x", "/var/x", "/run/x", "/opt/x", "/srv/x", "/mnt/x"),
}


def openable(path: str) -> str:
    """Opens it for writing."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK))
    return "opened"


def of_places(name: str, places: tuple[str, ...]) -> Action:
    """Any of these files."""
    return named(lambda _facts: any_of(places, openable), f"write_{name}")


def write_installed_agents(facts: Facts) -> object:
    """The next run would start what lies there."""
    return any_of([f"{facts['tools']}/agent", f"{facts['tools']}/x"], openable)


def change_lent_objects(facts: Facts) -> object:
    """Every later run of the repository would have others."""
    places = [f"{facts['objects']}/pack", f"{facts['objects']}/x"]
    return any_of(places, openable) or any_of(places[:1], os.unlink) or any_of([facts["objects"]], os.rmdir)


def write_files_of_the_host(facts: Facts) -> object:
    return any_of([facts["secret"], f"{facts['host_folder']}/x", f"{facts['other_tree']}/x"], openable)


def remove_the_gateway_s_sockets(_facts: Facts) -> object:
    """Every other run would be without one."""
    return any_of(["/gateway/models.sock", "/gateway/tunnels.sock"], lambda path: os.rename(path, f"{path}.old"))


def stand_in_for_the_gateway(_facts: Facts) -> object:
    """Other runs would show it their credentials."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("/gateway/other.sock")
    return "bound"


def make_devices(_facts: Facts) -> object:
    return any_of(
        ["/workspace/mem", "/tmp/mem", "/dev/shm/mem"], lambda path: os.mknod(path, 0o600 | 0o020000, os.makedev(1, 1))
    )


def change_modes_of_devices(_facts: Facts) -> object:
    return any_of(["/dev/null", "/dev/zero", "/dev/urandom"], lambda path: os.chmod(path, 0o666))


def become_root_by_a_file(_facts: Facts) -> object:
    """A file of root's that runs as root."""
    Path("sh").write_bytes(Path("/bin/sh").read_bytes())
    os.chown("sh", 0, 0)
    os.chmod("sh", 0o4755)
    return os.stat("sh").st_uid == 0 or None


def be_another_outside(_facts: Facts) -> object:
    """Who it is outside of its namespace."""
    return any_of(["/proc/self/uid_map", "/proc/self/gid_map"], lambda path: Path(path).write_text("0 0 1\n"))


def raise_limits(_facts: Facts) -> object:
    """Each by one."""

    def raised(limit: int) -> object:
        soft, hard = resource.getrlimit(limit)
        if hard == resource.RLIM_INFINITY:
            return "there is none"
        try:
            resource.setrlimit(limit, (soft, hard + 1))
        except ValueError:
            return None
        return "raised"

    limits = (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC)
    return {limit: how for limit in limits if (how := raised(limit))} or None


def be_nicer_to_itself(_facts: Facts) -> object:
    os.setpriority(os.PRIO_PROCESS, 0, -20)
    return "first in line"


def outlive_the_want_of_memory(_facts: Facts) -> object:
    """Another process would be killed in its place."""
    Path("/proc/self/oom_score_adj").write_text("-1000")
    return "outlives"


def be_spared_when_memory_runs_out(_facts: Facts) -> object:
    """Others would go before it."""
    score = Path("/proc/self/oom_score_adj").read_text().strip()
    return None if score == "1000" else score


def make_a_group_of_its_own(_facts: Facts) -> object:
    """A control group with bounds of its own choice."""
    folders = ("/sys/fs/cgroup/x", "/sys/fs/cgroup/memory/x", "/sys/fs/cgroup/pids/x")
    return any_of(folders, os.mkdir)


def run_in_real_time(_facts: Facts) -> object:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    return "nobody else runs"


REMAINS: tuple[tuple[str, Callable[[], Path]], ...] = (
    ("home", lambda: Path.home() / "remains"),
    ("tmp", lambda: Path("/tmp/remains")),
    ("shared_memory", lambda: Path("/dev/shm/remains")),
    ("programs", lambda: Path("/programs/remains")),
    ("launchers", lambda: Path("/launchers/remains")),
)


def of_remains(name: str, place: Callable[[], Path]) -> Action:
    """What an earlier run left, and what is left for a later one."""

    def action(_facts: Facts) -> object:
        found = place().exists() or None
        place().write_text("x")
        return found

    return named(action, f"meet_an_earlier_run_in_its_{name}")


ACTIONS: Table = {
    "all but its workspace and folders in memory is read-only": (
        *(of_places(*words) for words in PLACES.items()),
        write_installed_agents,
        write_files_of_the_host,
        change_lent_objects,
        remove_the_gateway_s_sockets,
        stand_in_for_the_gateway,
    ),
    "it is an unprivileged user of the host, and may make nobody more": (
        make_devices,
        change_modes_of_devices,
        become_root_by_a_file,
        be_another_outside,
    ),
    "its limits are hard, and its place is behind all others": (
        raise_limits,
        be_nicer_to_itself,
        outlive_the_want_of_memory,
        be_spared_when_memory_runs_out,
        make_a_group_of_its_own,
        run_in_real_time,
    ),
    "its home, its folders in memory and its copies of programs end with it": tuple(
        of_remains(*words) for words in REMAINS
    ),
}
