"""What an e-mail address is: one that mail can be sent to. Whoever takes one and whoever sends to one agree on it."""

from __future__ import annotations

import re

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def address_problem(address: str) -> str | None:
    """What is wrong with a bare address, for people, or None. Quoted local parts and address literals are refused:
    nobody has one who is not testing us."""
    local, at, domain = address.rpartition("@")
    if not at or len(address) > 254 or len(local) > 64:
        return "Expected an e-mail address like ana@example.com."
    if not _LOCAL.fullmatch(local):
        return "The part before the @ holds characters that cannot be delivered to."
    labels = ascii_domain(domain).split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return "The part after the @ is not a domain name."
    return None


def ascii_domain(domain: str) -> str:
    """An international domain name in its ASCII form; "" for what is none."""
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
