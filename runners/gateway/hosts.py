"""Which addresses are nobody's internal network. Pure."""

from ipaddress import IPv4Address, IPv6Address, ip_network

# Not all of what `is_global` calls global is: clouds answer their machines at addresses that look public, NAT64 and
# 6to4 lead to any IPv4 address.
NOT_PUBLIC = [ip_network(block) for block in ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24")]
ROUTED = ip_network("2000::/3")
NOT_ROUTED = [ip_network(block) for block in ("2001::/23", "2002::/16", "2001:db8::/32", "3fff::/20")]


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether this address is on the internet and nowhere else."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and not any(address in block for block in NOT_PUBLIC)
    return address in ROUTED and not any(address in block for block in NOT_ROUTED)
