"""A tenant's events as one reader sees them: from memory while it keeps up, from the log while it does not.

A reader holds an offset and nothing else. What it gets is in order, each event once, with none left out but those that
are not for showing, or not for this reader; the offset moves past those too.

An agent who may see only their own conversations is told of a conversation by what holds when it is read: one that is
somebody else's by then is left out, and said to be gone if it has just become so. Memory and log give the same; only
the log costs queries, so it is read in turns, and not from too far behind.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager, suppress

from plixa.actors.conversation import events as ev
from plixa.actors.people.security import SECURITY
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import TooOld
from plixa.engine.events import Recorded
from plixa.engine.fanout import Channel, Eyes, Facts, Joined, Unknown
from plixa.http.api import Caller
from plixa.http.api.services import Services
from plixa.http.realtime.holders import GONE, Holder, holder_of, note_found
from plixa.http.realtime.live_sight import LiveSight, eyes_of
from plixa.storage.conversation.inbox import former_assignees, whereabouts


class SnapshotNeeded(TooOld):
    """Too far behind to resume: to fetch everything anew is less work for both sides."""

    code = "SNAPSHOT_NEEDED"

    def __init__(self, floor: int) -> None:
        super().__init__(
            f"This is more than {floor:,} events ago. Fetch what you show anew, beginning with the conversations, and "
            "go on from the `meta.head` of that answer."
        )


class Feed:
    """One reader of a tenant's events. `caller` may become another token of the same member, or of another role."""

    def __init__(self, services: Services, channel: Channel, caller: Caller, after: int) -> None:
        self._services = services
        self.caller = caller
        self.channel = channel
        self.after = after
        self.from_log = False
        """Whether what was read last came from there."""

    @classmethod
    @asynccontextmanager
    async def open(cls, services: Services, caller: Caller, after: int | None = None) -> AsyncGenerator[Feed]:
        """A reader that has seen everything up to `after`; None is from now on. Raises `SnapshotNeeded`."""
        channel = await services.fanout.open(caller.tenant)
        try:
            feed = cls(services, channel, caller, channel.head)
            if after is not None:
                feed.go_back(after)
            yield feed
        finally:
            services.fanout.close(channel)

    @property
    def behind(self) -> int:
        """How many events are waiting."""
        return max(0, self.channel.head - self.after)

    def go_back(self, after: int) -> None:
        """Read on from there. Raises `SnapshotNeeded`."""
        floor = self._services.settings.resume_floor
        if floor and self.channel.head - after > floor:
            raise SnapshotNeeded(floor)
        self.after = after

    async def ready(self) -> None:
        """Wait until there is something to read. Raises `Fenced` when that will be on another node."""
        await self.channel.moved(self.after)

    async def read(self, limit: int) -> Joined:
        """The next events, up to `limit`; the reader's offset moves past them. Raises `Fenced` where they go on."""
        self.channel.must_be_here()
        if not self.behind:
            return Joined(b"", self.after, 0)
        eyes = await self._eyes()
        chunk = self._from_memory(eyes, limit)
        self.from_log = chunk is None
        if chunk is None:
            async with self._services.turns.taken(self.caller.token_id):
                chunk = await self._from_log_as_of_now(limit)
        self.after = chunk.upto
        return chunk

    async def sees(self, conversation_id: int) -> bool:
        """Whether this reader may hear of a conversation at this moment."""
        workspace: Workspace = await self._services.bus.workspace(self.channel.tenant)
        if not SECURITY.of(workspace).agent_restricted_to_own_conversations:
            return True
        holder, sight = await self._holder(conversation_id), eyes_of(workspace, self.caller).sight
        return sight.sees(holder) if isinstance(sight, LiveSight) else holder != GONE

    async def _holder(self, conversation_id: int) -> Holder:
        """Looked up once for all who watch."""
        facts = self.channel.facts
        with suppress(Unknown):
            return holder_of(facts, conversation_id)
        found = await self._services.database.run(whereabouts, self.channel.tenant, [conversation_id])
        note_found(facts, conversation_id, found)
        with suppress(Unknown):
            return holder_of(facts, conversation_id)
        return GONE  # it was merged at this very moment

    async def _eyes(self) -> Eyes:
        if self.caller.role == "owner":
            return Eyes(self.caller.user_id)
        return eyes_of(await self._services.bus.workspace(self.channel.tenant), self.caller)

    def _from_memory(self, eyes: Eyes, limit: int) -> Joined | None:
        if not self.channel.covers(self.after):
            return None
        try:
            return self.channel.since(self.after, limit, eyes)
        except Unknown:
            return None

    async def _from_log_as_of_now(self, limit: int) -> Joined:
        """With the sight that holds when it has been read: what this reader may see may change meanwhile."""
        while True:
            eyes = await self._eyes()
            chunk = await self._from_log(eyes, limit)
            if await self._eyes() == eyes:
                return chunk

    async def _from_log(self, eyes: Eyes, limit: int) -> Joined:
        recorded = await self._services.store.read_range(self.channel.tenant, self.after, limit)
        facts, former = Facts(), dict[int, int | None]()
        if isinstance(eyes.sight, LiveSight) and eyes.sight.own_only is not None:
            facts = await self._facts(recorded)
            former = await self._former([each for each in recorded if self._left_out(each, eyes.sight, facts)])
        seen = [eyes.see(self._services.shown.shown_of(each, former.get(each.position)), facts) for each in recorded]
        bodies = [body for body in seen if body is not None]
        return Joined(b",".join(bodies), recorded[-1].position if recorded else self.after, len(bodies))

    async def _facts(self, recorded: Collection[Recorded]) -> Facts:
        """Who looks after the conversations of these events by now."""
        ids = set(filter(None, map(self._services.shown.conversation_of, recorded)))
        found = await self._services.database.run(whereabouts, self.channel.tenant, list(ids))
        return Facts({id_: found[id_].assigned_user_id if id_ in found else GONE for id_ in ids})

    async def _former(self, assigned: Sequence[Recorded]) -> dict[int, int | None]:
        """Who had what these events gave to somebody, by position."""
        if not assigned:
            return {}
        places = [(each.stream, each.position) for each in assigned]
        return await self._services.database.run(former_assignees, self.channel.tenant, places)

    def _left_out(self, recorded: Recorded, sight: LiveSight, facts: Facts) -> bool:
        """Whether it assigns a conversation that is not seen by now."""
        assigns = isinstance(recorded.event, ev.ConversationAssigned)
        home = self._services.shown.conversation_of(recorded)
        return assigns and home is not None and not sight.sees(holder_of(facts, home))
