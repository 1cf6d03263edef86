"""Whose a connection is: what address it comes from, and what counts as one source of many."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import IPv6Address, ip_address

from quart import Request, Websocket

LONGEST = 64


def client_address(came: Request | Websocket, proxies: int) -> str:
    """Who connects; behind so many proxies of ours, who they say it is."""
    forwarded = [part.strip() for part in came.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    address = forwarded[-proxies] if 0 < proxies <= len(forwarded) else came.remote_addr
    return (address or "unknown")[:LONGEST]


def source_of(address: str) -> str:
    """What counts as one source: an IPv4 address, or the /64 that a household has of IPv6; other text as it is."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return address
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return f"{IPv6Address(int(ip) >> 64 << 64)}/64"


def is_loopback(address: str) -> bool:
    """Whether it is this machine."""
    with suppress(ValueError):
        return ip_address(source_of(address).removesuffix("/64") if "." in address else address).is_loopback
    return False
