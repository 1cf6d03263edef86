"""A tenant's events as one reader sees them: from memory while it keeps up, from the log while it does not.

A reader holds an offset and nothing else. What it gets is in order, each event once, with none left out but those that
are not for showing, or not for this reader; the offset moves past those too.

An agent who may see only their own conversations reads the log, event by event, and is told of a conversation by what
holds when it is read: one that is somebody else's by then is left out, and said to be gone if it has just become so.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NamedTuple

from plixa.actors.conversation import events as ev
from plixa.actors.workspace.state import Workspace
from plixa.engine.events import Recorded
from plixa.engine.fanout import Tap
from plixa.engine.ports import Address, address_of
from plixa.http.api import Caller
from plixa.http.services import Services
from plixa.http.shown_events import encoded, view
from plixa.http.visible import is_rating, may_see, restricted_to, sees_ratings
from plixa.storage.reads.inbox import assignees, former_assignees


class Chunk(NamedTuple):
    """Some events, their JSON objects joined by commas; how far they reach; how many they are."""

    events: bytes
    upto: int
    shown: int


class Feed:
    """One reader of a tenant's events."""

    def __init__(self, services: Services, tap: Tap, caller: Caller, after: int) -> None:
        self._services = services
        self._caller = caller
        self.tap = tap
        self.after = after

    @classmethod
    @asynccontextmanager
    async def open(cls, services: Services, caller: Caller, after: int | None = None) -> AsyncGenerator[Feed]:
        """A reader that has seen everything up to `after`; None is from now on."""
        tap = await services.fanout.open(caller.tenant)
        try:
            yield cls(services, tap, caller, tap.head if after is None else after)
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
        house = await self._house()
        if house is not None:
            chunk = await self._for_one(house, limit)
        else:
            chunk = self._from_memory(limit) if self.tap.covers(self.after) else await self._from_log(limit)
        self.after = chunk.upto
        return chunk

    async def sees(self, conversation_id: int) -> bool:
        """Whether this reader may hear of a conversation at this moment."""
        house = await self._house()
        if house is None:
            return True
        holders = await self._services.database.run(assignees, self.tap.tenant, [conversation_id])
        return conversation_id in holders and may_see(house, self._caller, holders[conversation_id])

    async def _house(self) -> Workspace | None:
        """The workspace, if this reader may not see everything in it."""
        if self._caller.role == "owner":
            return None
        house: Workspace = await self._services.bus.house(self.tap.tenant)
        whole = restricted_to(house, self._caller) is None and sees_ratings(house, self._caller)
        return None if whole else house

    def _from_memory(self, limit: int) -> Chunk:
        body, upto, count = self.tap.since(self.after, limit, self._caller.user_id)
        return Chunk(body, upto, count)

    async def _from_log(self, limit: int) -> Chunk:
        recorded = await self._services.store.read_range(self.tap.tenant, self.after, limit)
        return self._chunk(recorded, [body for body in map(self._seen, recorded) if body is not None])

    async def _for_one(self, house: Workspace, limit: int) -> Chunk:
        recorded = await self._services.store.read_range(self.tap.tenant, self.after, limit)
        ids = {_shown_in(each) for each in recorded if _address(each).kind == "conversation"}
        holders = await self._services.database.run(assignees, self.tap.tenant, list(ids))
        shown = {each.position: self._visible(house, each, holders) for each in recorded}
        left_out = [each for each in recorded if shown[each.position] is None and _shown_in(each) in holders]
        await self._say_gone(house, [each for each in left_out if _assigns(each)], shown)
        bodies = [shown[each.position] for each in recorded]
        return self._chunk(recorded, [body for body in bodies if body is not None])

    def _visible(self, house: Workspace, recorded: Recorded, holders: dict[int, int | None]) -> bytes | None:
        address = _address(recorded)
        if address.kind != "conversation":
            return self._seen(recorded)
        if is_rating(recorded.event) and not sees_ratings(house, self._caller):
            return None
        if isinstance(recorded.event, ev.ConversationDeleted):
            return self._seen(recorded)
        where = _shown_in(recorded)
        # Deleted by now: nobody can tell any more whose it was.
        seen = where in holders and may_see(house, self._caller, holders[where])
        if isinstance(recorded.event, ev.ConversationMerged) and not seen:
            return _gone(recorded)  # and not where to
        return self._seen(recorded) if seen else None

    def _seen(self, recorded: Recorded) -> bytes | None:
        return view(recorded).to(self._caller.user_id)

    async def _say_gone(self, house: Workspace, assigned: list[Recorded], shown: dict[int, bytes | None]) -> None:
        """A conversation that this reader could see until it was given to somebody else is gone for them."""
        if not assigned:
            return
        places = [(each.stream, each.position) for each in assigned]
        former = await self._services.database.run(former_assignees, self.tap.tenant, places)
        for each in assigned:
            if may_see(house, self._caller, former[each.position]):
                shown[each.position] = _gone(each)

    def _chunk(self, recorded: list[Recorded], bodies: list[bytes]) -> Chunk:
        return Chunk(b",".join(bodies), recorded[-1].position if recorded else self.after, len(bodies))


def _assigns(recorded: Recorded) -> bool:
    return isinstance(recorded.event, ev.ConversationAssigned)


def _gone(recorded: Recorded) -> bytes:
    """That the event's conversation is not there any more."""
    id_ = _address(recorded).id
    return encoded(recorded, {"conversation_id": id_, "conversation": {"id": id_, "deleted": True}})


def _shown_in(recorded: Recorded) -> int:
    """The conversation whose sight decides who may hear of it."""
    return ev.home_of(recorded.event, _address(recorded).id)


def _address(recorded: Recorded) -> Address:
    return address_of(recorded.tenant, recorded.stream)
