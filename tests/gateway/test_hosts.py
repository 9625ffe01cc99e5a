"""Names that are listed and addresses that are public: tables and properties."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.gateway.hosts import is_public
from runners.reach import listed

ALLOWED = frozenset({"example.org", ".example.net", "127.0.0.1", "localhost"})


@pytest.mark.parametrize("host", ["example.org", "a.example.net", "b.a.example.net"])
def test_a_listed_host(host: str) -> None:
    assert listed(host, ALLOWED)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "example.net",  # `.example.net` is what is below it
        "a.example.org",
        "example.org.evil.example",
        "evilexample.org",
        "example.org\0.evil.example",
        "example.org/..",
        "example.org ",
        "EXAMPLE.ORG",  # the proxy lowers it first
        "xn--example.org",
        "127.0.0.1",
        "localhost",
        "0x7f000001",
        "2130706433",
        "[::1]",
        "::1",
        "①②⑦.⓪.⓪.①",
        "a" * 64 + ".example.net",
        "-a.example.net",
        "a..example.net",
    ],
)
def test_a_host_that_is_not(host: str) -> None:
    assert not listed(host, ALLOWED)


@given(st.text(max_size=40))
def test_no_text_breaks_it_and_none_but_a_name_passes(text: str) -> None:
    if listed(text, ALLOWED):
        assert text.isascii() and text.endswith(("example.org", ".example.net"))


@pytest.mark.parametrize("address", ["1.1.1.1", "140.82.112.3", "2606:4700:4700::1111", "2a00:1450::1"])
def test_a_public_address(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 - nobody listens on it
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.1.2.3",
        "169.254.169.254",
        "168.63.129.16",
        "192.0.0.192",
        "192.88.99.1",
        "172.16.0.1",
        "172.17.0.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_of_somebody_s_own_network(address: str) -> None:
    assert not is_public(ip_address(address))
