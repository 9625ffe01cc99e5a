"""Reaching anybody but the gateway: every family of sockets, every address that leads somewhere, names."""

import socket
import struct
from pathlib import Path

from .facts import Action, Facts, Table, any_of, named

SECONDS = 3
# Addresses of the cloud's metadata, of networks nearby, and of documentation, which stand for the internet.
ADDRESSES = {
    "metadata": ("169.254.169.254", 80),
    "metadata_of_containers": ("169.254.170.2", 80),
    "metadata_by_ipv6": ("fd00:ec2::254", 80),
    "metadata_of_azure": ("168.63.129.16", 80),
    "metadata_of_alibaba": ("100.100.100.200", 80),
    "docker_s_bridge": ("172.17.0.1", 2375),
    "a_private_network": ("10.0.0.1", 443),
    "a_home_network": ("192.168.0.1", 80),
    "the_internet": ("192.0.2.1", 443),
    "the_internet_by_ipv6": ("2001:db8::1", 443),
    "loopback_by_ipv6": ("::1", 22),
    "a_mapped_address": ("::ffff:169.254.169.254", 80),
}
# By their numbers: the headers of few systems name all of them.
FAMILIES = {
    "packets": (17, 3),
    "vsock": (40, 1),
    "bluetooth": (31, 3),
    "kernel_crypto": (38, 5),
    "express_data_path": (44, 3),
    "tipc": (30, 1),
    "can": (29, 3),
    "keys_of_ipsec": (15, 3),
    "x25": (9, 5),
    "appletalk": (5, 2),
    "infrared": (23, 1),
    "reliable_datagrams": (21, 5),
    "phonet": (35, 2),
    "nfc": (39, 5),
}


def of_address(name: str, address: tuple[str, int]) -> Action:
    """A connection to it."""

    def action(_facts: Facts) -> object:
        socket.create_connection(address, SECONDS).close()
        return "connected"

    return named(action, f"connect_to_{name}")


def of_family(name: str, family: int, kind: int) -> Action:
    """A socket of it."""

    def action(_facts: Facts) -> object:
        socket.socket(family, kind).close()
        return "made"

    return named(action, f"socket_of_{name}")


def connect_to_the_host(facts: Facts) -> object:
    for host, port in facts["listeners"]:
        try:
            socket.create_connection((host, port), SECONDS).close()
        except OSError:
            continue
        return f"connected to {host}"
    return None


def raw_packets(_facts: Facts) -> object:
    for kind in (socket.IPPROTO_ICMP, socket.IPPROTO_RAW, socket.IPPROTO_TCP):
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, kind):
            return "made"
    return None


def datagrams(facts: Facts) -> object:
    """To everybody, to a name server, to the host."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        targets = ("255.255.255.255", "224.0.0.1", "192.0.2.53", "172.17.0.1", facts["host_address"])
        return any_of(targets, lambda target: made.sendto(b"canary", (target, 53)))


def name_by_the_resolver(_facts: Facts) -> object:
    try:
        return socket.getaddrinfo("canary.example.org", 443)
    except socket.gaierror as error:
        raise OSError(error.errno, "no name") from None


def name_by_tcp(_facts: Facts) -> object:
    for server in ("127.0.0.1", "127.0.0.53", "192.0.2.53"):
        try:
            socket.create_connection((server, 53), SECONDS).close()
        except OSError:
            continue
        return server
    return None


def make_an_interface(_facts: Facts) -> object:
    """A dummy one, by netlink."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as made:
        name = struct.pack("HH", 8, 3) + b"x0\0\0"
        body = struct.pack("BxHiII", 0, 0, 0, 0, 0) + name
        made.send(struct.pack("IHHII", 16 + len(body), 16, 0x601 | 4, 1, 0) + body)
        (code,) = struct.unpack_from("i", made.recv(4096), 16)
    return None if code else "made"


def other_interfaces(_facts: Facts) -> object:
    return [name for _, name in socket.if_nameindex() if name != "lo"] or None


def ports_of_others(_facts: Facts) -> object:
    """Whatever listens on this loopback besides the gateway's two ports."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ports = {int(line[1].rpartition(":")[2], 16) for line in lines if line[3] == "0A"}
    return ports - {4100, 4101} or None


ACTIONS: Table = {
    "a network of its own, without any interface": (
        *(of_address(*words) for words in ADDRESSES.items()),
        connect_to_the_host,
        datagrams,
        name_by_the_resolver,
        name_by_tcp,
        other_interfaces,
        ports_of_others,
    ),
    "no socket but of the families that a network namespace holds, and no right to raw ones": (
        *(of_family(name, *words) for name, words in FAMILIES.items()),
        raw_packets,
        make_an_interface,
    ),
}
