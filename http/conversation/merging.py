"""What follows when two conversations were decided to be one: the merged one hears of it, then the survivor takes it.

Done at once by the request that asked for it, and by the outbox in any case. Every step may be done again, by both at
the same time or after a crash between any two: each actor answers the second time with nothing.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from plixa.actors.contacts.joining import DropMerge
from plixa.actors.contacts.state import address_book
from plixa.actors.conversation import commands as cmd
from plixa.actors.conversation.state import Conversation
from plixa.engine.errors import NotFound
from plixa.engine.ports import Address
from plixa.engine.registry import Registry
from plixa.storage.conversation import merges
from plixa.storage.conversation.merges import Merge
from plixa.storage.postgres.bridge import Database


class Joining:
    """For one workspace. `cause`: what led to it."""

    def __init__(self, database: Database, bus: Registry, tenant: int, cause: str) -> None:
        self._database = database
        self._bus = bus
        self._tenant = tenant
        self._cause = cause

    async def finish(self, from_id: int) -> None:
        """Make the merge of this conversation true, those into it first."""
        run = self._database.run
        for earlier in await run(merges.into, self._tenant, from_id):
            await self.finish(earlier)
        merge = await run(merges.of, self._tenant, from_id)
        if merge is not None and not await self._is_void(merge):
            await self._join(merge)

    async def _is_void(self, merge: Merge) -> bool:
        """Whether one of the two was erased before it heard of it; then the other one stays as it is."""
        one, other = await self._state(merge.from_id), await self._state(merge.into_id)
        void = one.deleted or (other.deleted and one.merged_into is None)
        if void:
            dropped = DropMerge(from_id=merge.from_id, merge_id=merge.id)
            await self._bus.ask(address_book(self._tenant), dropped, actor="system", cause=self._cause)
        return void

    async def _join(self, merge: Merge) -> None:
        away = cmd.MergeAway(into_id=merge.into_id, merge_id=merge.id, by=merge.user_id)
        with suppress(NotFound):  # erased in this moment
            part: Conversation = (await self._ask(merge.from_id, away)).state
            for id_ in part.parts:
                with suppress(NotFound):
                    await self._ask(id_, away)
            await self._absorb(merge, part)

    async def _absorb(self, merge: Merge, part: Conversation) -> None:
        try:
            await self._ask(merge.into_id, cmd.Absorb(part=part, merge_id=merge.id, by=merge.user_id))
        except NotFound:  # the survivor was erased since: this was a part of it
            await self.erase((part.id, *part.parts))

    async def erase(self, parts: tuple[int, ...]) -> None:
        """These were parts of a conversation that is erased."""
        for id_ in parts:
            with suppress(NotFound):
                await self._ask(id_, cmd.Delete(as_part=True))

    async def _state(self, conversation_id: int) -> Conversation:
        state: Conversation = await self._bus.state(Address(self._tenant, "conversation", conversation_id))
        return state

    async def _ask(self, conversation_id: int, command: Any) -> Any:
        address = Address(self._tenant, "conversation", conversation_id)
        return await self._bus.ask(address, command, actor="system", cause=self._cause)
