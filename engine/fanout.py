"""From the log to whoever watches: one tap a tenant, no queue a socket.

A tap keeps the last events of a tenant, already encoded, for as long as somebody watches. A watcher holds an offset
and reads on from there; one that is behind the tap reads the log itself. Publishing is called in commit order, right
after the commit, and never waits for anybody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice

import trio
from msgspec import Struct

from plixa.engine.events import Recorded

KEEP = 4096


class Shown(Struct, frozen=True):
    """An event as the outside sees it: `body` is its JSON object; None when it is not for showing.

    `member`, if not 0, sees `own` instead.
    """

    position: int
    body: bytes | None
    member: int = 0
    own: bytes | None = None

    def to(self, user_id: int) -> bytes | None:
        """What this member sees of it."""
        return self.own if self.member and user_id == self.member else self.body


View = Callable[[Recorded], Shown]
ReadHead = Callable[[int], Awaitable[int]]
Hear = Callable[[bytes, int | None], None]


class Tap:
    """A tenant's recent events. `start`: everything after this position is in here."""

    def __init__(self, tenant: int) -> None:
        self.tenant = tenant
        self.watchers = 0
        self.start = -1
        self.head = -1
        self._shown: deque[Shown] = deque()
        self._moved = trio.Event()
        self._ephemeral: list[Hear] = []
        self._personal = -1
        self._joined: dict[tuple[int, int, int], tuple[bytes, int]] = {}

    def publish(self, shown: Sequence[Shown]) -> None:
        """Append; what is here already is skipped."""
        for each in shown:
            if each.position <= self.head:
                continue
            if self.start < 0 or each.position != self.head + 1:
                # A gap: something was committed without being published. Whoever is behind reads the log.
                self._shown.clear()
                self.start = each.position - 1
            self._shown.append(each)
            self.head = each.position
            if each.member:
                self._personal = each.position
            if len(self._shown) > KEEP:
                self.start = self._shown.popleft().position
        self._joined.clear()
        self._moved.set()
        self._moved = trio.Event()

    def skip_to(self, head: int) -> None:
        """The log has come this far without being published: whoever is behind reads it."""
        self.head = max(self.head, head)
        self.forget()
        self._moved.set()
        self._moved = trio.Event()

    def forget(self) -> None:
        """Keep none of what was published so far: whoever is behind reads the log."""
        self._shown.clear()
        self._joined.clear()
        self.start = self.head

    def settle(self, head: int) -> None:
        """The head as the log has it, read after the tap was opened."""
        if self.start < 0:
            self.start = self.head = head

    def covers(self, after: int) -> bool:
        """Whether everything after this position is in memory."""
        return 0 <= self.start <= after

    def since(self, after: int, limit: int, user_id: int) -> tuple[bytes, int, int]:
        """The events after a position as this member sees them, joined by commas, up to `limit`; the last position; how
        many.

        Watchers at the same offset share the joined bytes: that is what makes a thousand sockets cheap. Only where
        there is something that one member sees otherwise, each member has bytes of their own.
        """
        key = (after, limit, user_id if after < self._personal else 0)
        known = self._joined.get(key)
        if known is None:
            first = len(self._shown) - (self.head - after)
            chosen = list(islice(self._shown, max(0, first), max(0, first) + limit))
            bodies = [body for each in chosen if (body := each.to(user_id)) is not None]
            known = self._joined[key] = (b",".join(bodies), len(bodies))
        body, count = known
        return body, min(self.head, after + limit), count

    async def moved(self, after: int) -> None:
        """Wait until there is something after this position."""
        while self.head <= after:
            await self._moved.wait()

    def listen(self, receive: Hear) -> None:
        """Ask for ephemeral frames."""
        self._ephemeral.append(receive)

    def unlisten(self, receive: Hear) -> None:
        """No more of them."""
        self._ephemeral.remove(receive)

    def whisper(self, frame: bytes, about: int | None) -> None:
        """Give an ephemeral frame to all who listen. It is in no log and nobody waits for it.

        about: the conversation that it tells of, for those who may not hear of all.
        """
        for receive in self._ephemeral:
            receive(frame, about)


class Fanout:
    """The taps of all tenants that are being watched."""

    def __init__(self, view: View, read_head: ReadHead) -> None:
        self._view = view
        self._read_head = read_head
        self._taps: dict[int, Tap] = {}

    def publish(self, tenant: int, recorded: Sequence[Recorded]) -> None:
        """Called in commit order. Costs nothing when nobody watches. What cannot be shown costs a re-read."""
        tap = self._taps.get(tenant)
        if tap is None:
            return
        try:
            tap.publish([self._view(each) for each in recorded])
        except Exception:
            tap.skip_to(recorded[-1].position)
            raise

    def forget(self, tenant: int) -> None:
        """Something in the log was erased: what is in memory may still say it."""
        if tenant in self._taps:
            self._taps[tenant].forget()

    def tap(self, tenant: int) -> Tap | None:
        """The tap of a tenant, if anybody watches it."""
        return self._taps.get(tenant)

    async def open(self, tenant: int) -> Tap:
        """Watch a tenant; `close` when done."""
        tap = self._taps.get(tenant)
        if tap is None:
            tap = self._taps[tenant] = Tap(tenant)
        tap.watchers += 1
        if tap.start < 0:
            try:
                tap.settle(await self._read_head(tenant))
            except BaseException:  # also a cancelled watcher is no watcher
                self.close(tap)
                raise
        return tap

    def close(self, tap: Tap) -> None:
        """Watch no more; the last one out takes the tap along."""
        tap.watchers -= 1
        if tap.watchers == 0 and self._taps.get(tap.tenant) is tap:
            del self._taps[tap.tenant]
