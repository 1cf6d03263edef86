"""From the log to whoever watches: one channel a tenant, no queue a socket.

A channel keeps the last events of a tenant, already encoded, for as long as somebody watches. A watcher holds an offset
and reads on from there; one that is behind the channel reads the log itself. Publishing is called in commit order,
right after the commit, and never waits for anybody.

Beside the events a channel knows facts: what holds by now of the things that the events are about, as their commits
left them. So whether somebody may see an event is decided in memory; where a fact is missing, the log is read instead.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, Protocol

import trio
from msgspec import Struct

from plixa.engine.errors import Fenced
from plixa.engine.events import Recorded
from plixa.engine.ports import Commit

KEEP = 4096
FACTS = 3 * KEEP
"""More than there can be things in a channel's events: those, and others that were asked about."""


class Unknown(Exception):
    """A fact that this channel does not have: look it up."""


class Facts:
    """What holds by now, by id; what was noted longest ago is forgotten."""

    def __init__(self, known: Mapping[int, Any] | None = None) -> None:
        self._known = OrderedDict[int, Any](known or {})

    def note(self, id_: int, fact: Any) -> None:
        """It is so from now on."""
        self._known[id_] = fact
        self._known.move_to_end(id_)
        if len(self._known) > FACTS:
            self._known.popitem(last=False)

    def look_up(self, id_: int, fact: Any) -> None:
        """It was so when it was looked up: what was noted meanwhile is newer."""
        if id_ not in self._known:
            self.note(id_, fact)

    def of(self, id_: int) -> Any:
        """What holds of it. Raises `Unknown`."""
        try:
            return self._known[id_]
        except KeyError:
            raise Unknown from None


class ShownEvent(Struct, frozen=True):
    """An event as the outside sees it: `body` is its JSON object; None when it is not for showing.

    `member`, if not 0, sees `own` instead. about: what decides who else may not see it; None where all may.
    """

    position: int
    body: bytes | None
    member: int = 0
    own: bytes | None = None
    about: Any = None

    def to(self, user_id: int) -> bytes | None:
        """What this member sees of it."""
        return self.own if self.member and user_id == self.member else self.body


class Sight(Hashable, Protocol):
    """What is left out for whoever has it. Equal sights leave out the same, so their readers share the bytes."""

    def __call__(self, shown: ShownEvent, facts: Facts) -> bytes | None:
        """What is seen of an event that is about something. Raises `Unknown`."""
        ...


class Eyes(NamedTuple):
    """How a reader sees events: what is `user_id`'s own, and what their sight (None: the whole) leaves."""

    user_id: int
    sight: Sight | None = None

    def see(self, shown: ShownEvent, facts: Facts) -> bytes | None:
        """What they see of an event. Raises `Unknown`."""
        if shown.about is None or self.sight is None:
            return shown.to(self.user_id)
        return self.sight(shown, facts)


class Joined(NamedTuple):
    """Some events, their JSON objects joined by commas; how far they reach; how many they are."""

    events: bytes
    upto: int
    shown: int


View = Callable[[Commit, Sequence[Recorded]], tuple[Sequence[ShownEvent], Mapping[int, Any]]]
"""A commit's events as the outside sees them, and the facts that it leaves."""
ReadHead = Callable[[int], Awaitable[int]]
EphemeralSubscriber = Callable[[bytes, int | None], None]


class Channel:
    """A tenant's recent events. `start`: everything after this position is in here."""

    def __init__(self, tenant: int) -> None:
        self.tenant = tenant
        self.watchers = 0
        self.start = -1
        self.head = -1
        self.left = False
        """Another node has the tenant: whoever watches goes there."""
        self.facts = Facts()
        self._shown: deque[ShownEvent] = deque()
        self._moved = trio.Event()
        self._ephemeral: list[EphemeralSubscriber] = []
        self._personal = -1
        self._joined: dict[Hashable, Joined] = {}

    def publish(self, shown: Sequence[ShownEvent], facts: Mapping[int, Any]) -> None:
        """Append; what is here already is skipped."""
        for each in shown:
            if each.position <= self.head:
                continue
            if self.start < 0 or each.position != self.head + 1:
                # A gap: something was committed without being published. Whoever is behind reads the log.
                self.head = each.position - 1
                self.forget()
            self._shown.append(each)
            self.head = each.position
            if each.member:
                self._personal = each.position
            if len(self._shown) > KEEP:
                self.start = self._shown.popleft().position
        for id_, fact in facts.items():
            self.facts.note(id_, fact)
        self._joined.clear()
        self._move()

    def skip_to(self, head: int) -> None:
        """The log has come this far without being published: whoever is behind reads it."""
        self.head = max(self.head, head)
        self.forget()
        self._move()

    def _move(self) -> None:
        self._moved.set()
        self._moved = trio.Event()

    def forget(self) -> None:
        """Keep none of what was published so far: whoever is behind reads the log.

        A look-up that is under way notes what it finds in the facts that it began with.
        """
        self._shown.clear()
        self._joined.clear()
        self.facts = Facts()
        self.start = self.head

    def settle(self, head: int) -> None:
        """The head as the log has it, read after the channel was opened."""
        if self.start < 0:
            self.start = self.head = head

    def covers(self, after: int) -> bool:
        """Whether everything after this position is in memory."""
        return 0 <= self.start <= after

    def since(self, after: int, limit: int, eyes: Eyes) -> Joined:
        """The events after a position as these eyes see them, up to `limit`. Raises `Unknown`: then read the log.

        Watchers at the same offset share the joined bytes: that is what makes a thousand sockets cheap. Only who sees
        less, and all where there is something that one member sees otherwise, have bytes of their own.
        """
        key = (after, limit, eyes.user_id if after < self._personal else 0, eyes.sight)
        known = self._joined.get(key)
        if known is None:
            known = self._joined[key] = self._join(after, limit, eyes)
        return known

    def _join(self, after: int, limit: int, eyes: Eyes) -> Joined:
        first = max(0, len(self._shown) - (self.head - after))
        chosen = islice(self._shown, first, first + limit)
        bodies = [body for each in chosen if (body := eyes.see(each, self.facts)) is not None]
        return Joined(b",".join(bodies), min(self.head, after + limit), len(bodies))

    async def moved(self, after: int) -> None:
        """Wait until there is something after this position. Raises `Fenced` once another node has the tenant."""
        while self.head <= after:
            self.must_be_here()
            await self._moved.wait()

    def leave(self) -> None:
        """Another node has the tenant now, and its log goes on there."""
        self.left = True
        self._move()

    def must_be_here(self) -> None:
        """Raises `Fenced` once another node has the tenant."""
        if self.left:
            raise Fenced(self.tenant)

    def listen(self, receive: EphemeralSubscriber) -> None:
        """Ask for ephemeral frames."""
        self._ephemeral.append(receive)

    def unlisten(self, receive: EphemeralSubscriber) -> None:
        """No more of them."""
        self._ephemeral.remove(receive)

    def publish_ephemeral(self, frame: bytes, about: int | None) -> None:
        """Give an ephemeral frame to all who listen. It is in no log and nobody waits for it.

        about: the conversation that it tells of, for those who may not hear of all.
        """
        for receive in self._ephemeral:
            receive(frame, about)


class Fanout:
    """The channels of all tenants that are being watched."""

    def __init__(self, view: View, read_head: ReadHead) -> None:
        self._view = view
        self._read_head = read_head
        self._channels: dict[int, Channel] = {}

    def publish(self, commit: Commit, recorded: Sequence[Recorded]) -> None:
        """Called in commit order. Costs nothing when nobody watches. What cannot be shown costs a re-read."""
        channel = self._channels.get(commit.address.tenant)
        if channel is None:
            return
        try:
            channel.publish(*self._view(commit, recorded))
        except Exception:
            channel.skip_to(recorded[-1].position)
            raise

    def forget(self, tenant: int) -> None:
        """Something in the log was erased: what is in memory may still say it."""
        if tenant in self._channels:
            self._channels[tenant].forget()

    def leave(self, tenant: int) -> None:
        """Another node has the tenant: whoever watches it here is told so, and whoever comes begins anew."""
        channel = self._channels.pop(tenant, None)
        if channel is not None:
            channel.leave()

    def leave_all(self) -> None:
        """The same for all tenants: nobody knows here whose they are."""
        for tenant in list(self._channels):
            self.leave(tenant)

    def channel(self, tenant: int) -> Channel | None:
        """The channel of a tenant, if anybody watches it."""
        return self._channels.get(tenant)

    async def open(self, tenant: int) -> Channel:
        """Watch a tenant; `close` when done."""
        channel = self._channels.get(tenant)
        if channel is None:
            channel = self._channels[tenant] = Channel(tenant)
        channel.watchers += 1
        if channel.start < 0:
            try:
                channel.settle(await self._read_head(tenant))
            except BaseException:  # also a cancelled watcher is no watcher
                self.close(channel)
                raise
        return channel

    def close(self, channel: Channel) -> None:
        """Watch no more; the last one out takes the channel along."""
        channel.watchers -= 1
        if channel.watchers == 0 and self._channels.get(channel.tenant) is channel:
            del self._channels[channel.tenant]
