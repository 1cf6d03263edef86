"""Why a number is not connected: a code for programs, a sentence for people that says what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from plixa.actors.whatsapp.gateway import ConnectionSeen

Why = Literal[
    "not_paired",
    "reconnecting",
    "restarting",
    "logged_out",
    "disconnected_by_member",
    "not_scanned",
    "closed",
    "unknown_to_gateway",
    "setup_failed",
]
LOGGED_OUT = 401
SENTENCES: Mapping[Why, str] = {
    "not_paired": "It has not been paired yet: scan its QR code with WhatsApp.",
    "reconnecting": "The connection to WhatsApp was lost and is coming back by itself. What is missed is caught up on.",
    "restarting": "Its connection is being made anew; if a QR code is shown, scan it.",
    "logged_out": "WhatsApp has logged it out, on the phone or for its own reasons: scan a new QR code.",
    "disconnected_by_member": "It was disconnected here. Scan a new QR code to bring it back.",
    "not_scanned": "Nobody scanned the QR code in time: ask for a new one.",
    "closed": "WhatsApp has closed the connection: restart it, and scan a QR code if one is shown.",
    "unknown_to_gateway": "The WhatsApp gateway has lost this number: repair it and scan a new QR code.",
    "setup_failed": "The WhatsApp gateway refuses to set this number up: restart it, or ask whoever runs the server.",
}


def why_closed(seen: ConnectionSeen) -> Why:
    """What a closed connection means, by the gateway's state and code."""
    if seen.state == "refused":
        return "not_scanned"
    return "logged_out" if seen.reason == LOGGED_OUT else "closed"


def sentence(why: Why | None) -> str | None:
    """The sentence for people, or None where all is well."""
    return None if why is None else SENTENCES[why]
