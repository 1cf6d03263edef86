"""A tenant's events as one reader sees them: from memory while it keeps up, from the log while it does not.

A reader holds an offset and nothing else. What it gets is in order, each event once, with none left out but those that
are not for showing; the offset moves past those too.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import msgspec

from plixa.actors.conversation.view import iso, show
from plixa.actors.number import actor as number
from plixa.actors.workspace import events as ws
from plixa.engine.events import Recorded
from plixa.engine.fanout import Tap
from plixa.engine.ports import address_of
from plixa.http.services import Services

_encode = msgspec.json.Encoder().encode


class Chunk(NamedTuple):
    """Some events, their JSON objects joined by commas; how far they reach; how many they are."""

    events: bytes
    upto: int
    shown: int


class Feed:
    """One reader of a tenant's events."""

    def __init__(self, services: Services, tap: Tap, after: int) -> None:
        self._services = services
        self.tap = tap
        self.after = after

    @classmethod
    @asynccontextmanager
    async def open(cls, services: Services, tenant: int, after: int | None = None) -> AsyncGenerator[Feed]:
        """A reader that has seen everything up to `after`; None is from now on."""
        tap = await services.fanout.open(tenant)
        try:
            yield cls(services, tap, tap.head if after is None else after)
        finally:
            services.fanout.close(tap)

    @property
    def behind(self) -> int:
        """How many events are waiting."""
        return max(0, self.tap.head - self.after)

    async def ready(self) -> None:
        """Wait until there is something to read."""
        await self.tap.moved(self.after)

    async def read(self, limit: int) -> Chunk:
        """The next events, up to `limit`; the reader's offset moves past them."""
        if not self.behind:
            return Chunk(b"", self.after, 0)
        chunk = self._from_memory(limit) if self.tap.covers(self.after) else await self._from_log(limit)
        self.after = chunk.upto
        return chunk

    def _from_memory(self, limit: int) -> Chunk:
        body, upto, count = self.tap.since(self.after, limit)
        return Chunk(body, upto, count)

    async def _from_log(self, limit: int) -> Chunk:
        recorded = await self._services.store.read_range(self.tap.tenant, self.after, limit)
        bodies = [body for body in map(view, recorded) if body is not None]
        return Chunk(b",".join(bodies), recorded[-1].position if recorded else self.after, len(bodies))


def view(recorded: Recorded) -> bytes | None:
    """An event as `{"offset", "type", "at", "data"}`, or None when it is not for showing."""
    data = _data(recorded)
    if data is None:
        return None
    event = {"offset": recorded.position, "type": recorded.event.type, "at": iso(recorded.at), "data": data}
    return _encode(event)


def _data(recorded: Recorded) -> dict[str, Any] | None:
    address = address_of(recorded.tenant, recorded.stream)
    match address.kind:
        case "conversation":
            return show(recorded)
        case "number":
            return _number(recorded.event, address.id)
        case "workspace":
            return _workspace(recorded.event)
        case _:
            return None


def _number(event: object, number_id: int) -> dict[str, Any] | None:
    match event:
        case number.NumberStatus():
            shown = {"id": number_id, "status": event.status, "phone": event.phone, "name": event.name}
            return {"phone_instance": {**shown, "status_reason": event.reason}}
        case number.NumberLookingBack():
            span = {"from": iso(event.blind_from), "to": iso(event.blind_to), "why": event.why}
            return {"phone_instance": {"id": number_id}, "look_back": span}
        case number.NumberBackfilled():
            span = {"from": iso(event.blind_from), "to": iso(event.blind_to)}
            found = {"seen": event.seen, "recovered": event.recovered, "text": _blind(event)}
            return {"phone_instance": {"id": number_id}, "look_back": {**span, **found}}
        case _:
            return None


def _blind(event: number.NumberBackfilled) -> str:
    return f"blind from {event.blind_from:%H:%M} to {event.blind_to:%H:%M} UTC, {event.recovered} recovered"


def _workspace(event: object) -> dict[str, Any] | None:
    match event:
        case ws.MemberJoined() | ws.MemberChanged():
            return {"user": {"id": event.user_id, "name": event.name}}
        case ws.NumberAdded():
            return {"phone_instance": {"id": event.number_id, "status": "pending_qr", "name": event.name}}
        case _:
            return None
