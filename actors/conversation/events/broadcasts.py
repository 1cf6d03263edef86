"""A conversation's part in a broadcast: one of many got a message here."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from plixa.engine.events import Event, event

Progress = Literal["pending", "sent", "delivered", "read", "failed", "unknown", "left", "replied", "opted_out"]
"""left: nobody will know whether it went out. pending: it certainly did not, and goes out later."""


class OneOfMany(Struct, frozen=True, gc=False):
    """Which recipient of which broadcast a message is for. stranger: they had never written to this number."""

    broadcast_id: int
    place: int
    stranger: bool = False


class Broadcasted(Struct, frozen=True, gc=False, omit_defaults=True):
    """A broadcast's message in this conversation. told: what its broadcast has heard of it."""

    broadcast_id: int
    place: int
    message_id: int
    at: datetime
    state: Progress = "pending"
    replied: bool = False
    opted_out: bool = False
    told: tuple[Progress, ...] = ()


@event("conversation.broadcast_progressed")
class BroadcastProgressed(Event, frozen=True, kw_only=True):
    """What became of a broadcast's message, or that the customer answered it. tells: the broadcast is to hear of it."""

    broadcast_id: int
    place: int
    message_id: int
    what: Progress
    at: datetime
    reason: str | None = None
    tells: bool = False
