"""Which hosts an address may name: what is plain from its spelling, before anything is resolved or asked.

Whoever takes an address (a webhook, a browser's push service, a file of a flow) and whoever calls it agree: what
would be refused when it is used is refused when it is given.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
"""The last part of what resolvers take for an IPv4 address, however it is written: `127.1`, `0x7f000001`."""
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_PRIVATE_ZONES = (".local", ".localhost", ".internal", ".intranet", ".lan", ".home", ".corp", ".home.arpa", ".onion")
_UNICAST_V6 = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")
_NOT_PUBLIC = tuple(
    ip_network(each)
    for each in (
        "192.0.0.0/24",  # protocol assignments; some clouds keep their metadata there
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # public by its number, the virtual machine's host on Azure
        "2001::/23",
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",
    )
)
PRIVATE = "This URL leads into a private network. Give one that is reachable from the internet."


def is_public(address: str) -> bool:
    """Whether a numeric address belongs to the public internet; false for what is no address at all."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed in _NAT64:
        parsed = IPv4Address(int(parsed) & 0xFFFF_FFFF)
    if isinstance(parsed, IPv6Address) and parsed not in _UNICAST_V6:
        return False
    usual = parsed.is_global and not parsed.is_multicast and not parsed.is_reserved
    return usual and not any(parsed in network for network in _NOT_PUBLIC)


def is_loopback(host: str) -> bool:
    """By its spelling: `localhost`, or an address that is one."""
    return host == "localhost" or (is_numeric(host) and ip_address(host).is_loopback)


def host_problem(host: str) -> str | None:
    """What is wrong with a host in its ASCII form, without brackets, for people, or None."""
    if is_loopback(host):
        return PRIVATE
    if is_numeric(host):
        return None if is_public(host) else PRIVATE
    *_, zone = labels = host.rstrip(".").lower().split(".")
    if _NUMBER.fullmatch(zone):
        return "This URL's host is a number in disguise. Give the name of a host."
    if not all(map(_is_readable, labels)):
        return "This URL's host is no name. Give the name of a host."
    if len(labels) == 1 or host.rstrip(".").lower().endswith(_PRIVATE_ZONES):
        return "This URL names a host of a private network. Give one that is reachable from the internet."
    return None


def _is_readable(label: str) -> bool:
    """Whether a part of a host's name is one, also where it stands for letters beyond ASCII (`xn--…`)."""
    if not _LABEL.fullmatch(label):
        return False
    if not label.startswith("xn--"):
        return True
    try:
        return bool(label[4:].encode("ascii").decode("punycode"))
    except UnicodeError:
        return False


def is_numeric(host: str) -> bool:
    """Whether it is an address by its number, as standards write one."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
