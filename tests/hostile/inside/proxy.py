"""Asking the proxy for tunnels to where none may lead. `allowed.example` is listed, and all below `listed.example`."""

import base64
import socket

from .facts import Action, Facts, Table, named

PROXY = ("127.0.0.1", 4101)
SECONDS = 10
# `{}` is a port of the host at which somebody listens.
TARGETS = {
    "loopback": "127.0.0.1:{}",
    "localhost": "localhost:{}",
    "loopback_by_https": "127.0.0.1:443",
    "metadata": "169.254.169.254:443",
    "metadata_by_name": "metadata.google.internal:443",
    "metadata_mapped": "[::ffff:169.254.169.254]:443",
    "metadata_by_nat64": "[64:ff9b::a9fe:a9fe]:443",
    "a_private_network": "10.0.0.1:443",
    "ipv6_loopback": "[::1]:443",
    "link_local": "[fe80::1]:443",
    "a_decimal_address": "2130706433:443",
    "a_hexadecimal_address": "0x7f000001:443",
    "an_octal_address": "0177.0.0.1:443",
    "a_short_address": "127.1:443",
    "circled_digits": "①②⑦.⓪.⓪.①:443",
    "no_address": "0.0.0.0:443",
    "another_host": "evil.example:443",
    "a_name_that_ends_alike": "notallowed.example:443",
    "a_name_that_begins_alike": "allowed.example.evil.example:443",
    "a_name_with_a_user": "allowed.example@evil.example:443",
    "a_name_with_a_path": "evil.example/allowed.example:443",
    "a_name_with_a_nul": "evil.example\0.allowed.example:443",
    "a_name_with_a_blank": "evil.example allowed.example:443",
    "a_name_in_two_lines": "allowed.example\r\nHost: evil.example:443",
    "an_address_that_looks_listed": "10.0.0.1.listed.example.:443",
    "another_port": "allowed.example:22",
    "another_port_of_the_host": "allowed.example:{}",
    "a_port_without_end": "allowed.example:443443443443",
    "a_negative_port": "allowed.example:-443",
    "two_ports": "allowed.example:443:{}",
    "a_name_that_was_bound_anew": "allowed.example:443",
    "a_name_of_the_host_s_own": "host.listed.example:443",
    "a_name_of_many_addresses": "both.listed.example:443",
}  # fmt: skip


def asked(head: bytes) -> bytes:
    """What the proxy answers."""
    with socket.create_connection(PROXY, SECONDS) as made:
        made.settimeout(SECONDS)
        made.sendall(head)
        return b"".join(iter(lambda: made.recv(65536), b""))


def shown(credential: str) -> bytes:
    """The header by which the gateway knows a run."""
    return b"Proxy-Authorization: Basic " + base64.b64encode(f"run:{credential}".encode()) + b"\r\n"


def tunnel(answer: bytes) -> bytes | None:
    """The answer, if there was a tunnel."""
    lines = answer.split(b"\r\n")
    return answer[:200] if any(line.startswith(b"HTTP/1.") and b" 200" in line[:13] for line in lines) else None


def of_target(name: str, target: str) -> Action:
    """A tunnel to it."""

    def action(facts: Facts) -> object:
        to = target.format(facts["port"]).encode()
        return tunnel(asked(b"CONNECT " + to + b" HTTP/1.1\r\nHost: x\r\n" + shown(facts["credential"]) + b"\r\n"))

    return named(action, f"tunnel_to_{name}")


HEAD = b"CONNECT allowed.example:{port} HTTP/1.1\r\nHost: allowed.example\r\n"
REFUSED = b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n{shown}"
NEXT = b"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n{shown}\r\n"
# What else may be said to a proxy.
SAYINGS = {
    "without_a_credential": HEAD + b"\r\n",
    "with_the_credential_of_an_ended_run": HEAD + b"{ended}\r\n",
    "with_a_guessed_credential": HEAD + b"{guessed}\r\n",
    "with_two_credentials": HEAD + b"{guessed}{shown}\r\n",
    "with_a_credential_for_a_bearer": HEAD + b"Proxy-Authorization: Bearer x\r\n\r\n",
    "behind_a_refused_one": HEAD + b"\r\n" + NEXT,
    "in_the_body_of_another": REFUSED + b"Content-Length: 9999\r\n\r\n" + NEXT,
    "in_chunks": REFUSED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + NEXT,
    "by_an_absolute_address": b"GET http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: x\r\n{shown}\r\n",
    "by_a_post": b"POST http://169.254.169.254/token HTTP/1.1\r\nHost: x\r\n{shown}Content-Length: 0\r\n\r\n",
    "in_small_letters": b"connect 127.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n{shown}\r\n",
    "of_an_old_version": b"CONNECT 127.0.0.1:{port} HTTP/1.0\r\n{shown}\r\n",
    "of_the_newer_version": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "with_a_bare_newline": b"CONNECT allowed.example:443\n" + NEXT,
    "of_another_protocol": b"\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x16",
}  # fmt: skip


def of_saying(name: str, saying: bytes) -> Action:
    """Whatever it is, said to the proxy."""

    def action(facts: Facts) -> object:
        words = {
            b"{port}": str(facts["port"]).encode(),
            b"{shown}": shown(facts["credential"]),
            b"{ended}": shown(facts["ended_credential"]),
            b"{guessed}": shown("guessed"),
        }
        said = saying
        for word, meaning in words.items():
            said = said.replace(word, meaning)
        return tunnel(asked(said))

    return named(action, f"tunnel_{name}")


def head_without_end(_facts: Facts) -> object:
    """A megabyte of names."""
    return tunnel(asked(b"CONNECT allowed.example:443 HTTP/1.1\r\n" + b"X: y\r\n" * 200_000))


ACTIONS: Table = {
    "the proxy makes tunnels to listed names, on one port, and to public addresses only": tuple(
        of_target(*words) for words in TARGETS.items()
    ),
    "the proxy reads one CONNECT of a run that is at work, and nothing else": (
        *(of_saying(*words) for words in SAYINGS.items()),
        head_without_end,
    ),
}
