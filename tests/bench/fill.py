"""Fills a site's log, as if customers had been writing for a while: through the actors' own decisions and the real
writer, so that every row, key and sealed text is what a running server leaves. Only HTTP is left out, and a customer's
burst of a few messages is one commit instead of one each.

Customers write in turns, so that their conversations lie interleaved in the log. Each conversation ends as one that has
been idle: with a snapshot, and after it the 0 to 9 events that are not worth another one.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import trio
from msgspec import Struct

from plixa.actors.contacts.actor import CONTACTS, Contacts, PeerRouted, Resolve
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.conversation.commands import TakeMessage
from plixa.actors.conversation.state import Conversation
from plixa.actors.whatsapp.gateway import MessageSeen
from plixa.engine.actor import Moment
from plixa.engine.events import Event
from plixa.engine.ids import Ids
from plixa.engine.ports import Address, Commit, TenantHead
from plixa.http.whatsapp.evolution.webhook import decode, translate
from plixa.storage.store import PostgresStore
from tests.bench.engine import open_engine
from tests.bench.messages import Messages
from tests.bench.processes import run_module
from tests.kinds import workspace

BURST = 4
AT_ONCE = 256
TAIL = 10
CONTACTS_A_COMMIT = 100
PACE = timedelta(seconds=1)


class Spec(Struct, frozen=True, kw_only=True):
    """How many conversations, with how many events each. `instance` is the number's name at the gateway."""

    url: str
    instance: str
    conversations: int
    events_each: int


@dataclass(slots=True)
class Thread:
    """One conversation being written."""

    first: MessageSeen
    contact_id: int
    address: Address
    state: Conversation
    revision: int = 0


class Filler:
    """Decides and commits for one tenant."""

    def __init__(self, store: PostgresStore, tenant: int, number: int, head: TenantHead, spec: Spec) -> None:
        self._store = store
        self._epoch = head.epoch
        self._tenant = tenant
        self._number = number
        self._ids = Ids(head.last_id)
        self._spec = spec
        self._keys = itertools.count(1)
        self._clock = datetime.now(UTC) - timedelta(days=1)

    def _moment(self) -> Moment:
        return Moment(self._clock, self._ids, workspace(id=self._tenant))

    async def _commit(
        self, address: Address, revision: int, states: tuple[object, object], events: Sequence[Event], *, snapshot: bool
    ) -> None:
        before, after = states
        commit = Commit(
            address=address,
            revision=revision,
            before=before,
            after=after,
            events=events,
            at=self._clock,
            actor="contact",
            cause="webhook",
            epoch=self._epoch,
            last_id=self._ids.last,
            snapshot=snapshot,
        )
        await self._store.commit(commit)

    async def meet(self) -> list[Thread]:
        """Make all contacts, with the conversations that they lead to."""
        messages = Messages(self._spec.instance, self._spec.conversations, "f111")
        address = Address(self._tenant, "contacts", 1)
        loaded = await self._store.load(address)
        revision, threads = loaded.revision + len(loaded.events), list[Thread]()
        seen = [self._seen(messages.next(0)) for _ in range(self._spec.conversations)]
        for start in range(0, len(seen), CONTACTS_A_COMMIT):
            events: list[Event] = []
            for each in seen[start : start + CONTACTS_A_COMMIT]:
                resolved = self._resolve(each)
                events += resolved
                threads.append(self._thread(each, resolved[-1]))
            await self._commit(address, revision, (Contacts(1), Contacts(1)), events, snapshot=False)
            revision += len(events)
        return threads

    def _seen(self, body: bytes) -> MessageSeen:
        (seen,) = translate(decode(body), now=self._clock)
        assert isinstance(seen, MessageSeen)
        return seen

    def _resolve(self, seen: MessageSeen) -> Sequence[Event]:
        command = Resolve(number_id=self._number, peer=seen.peer, name=seen.push_name)
        return CONTACTS.decide(Contacts(1), command, self._moment())

    def _thread(self, first: MessageSeen, routed: Event) -> Thread:
        assert isinstance(routed, PeerRouted)
        address = Address(self._tenant, "conversation", routed.conversation_id)
        return Thread(first, routed.contact_id, address, Conversation(id=address.id))

    async def talk(self, threads: Sequence[Thread]) -> None:
        """Write all events, a burst from each customer in turn, many of them at once."""
        limiter = trio.Semaphore(AT_ONCE)
        for upto in self._rounds():
            async with trio.open_nursery() as nursery:
                for number, thread in enumerate(threads):
                    await limiter.acquire()
                    nursery.start_soon(self._burst, thread, upto, number % TAIL, limiter)

    def _rounds(self) -> Iterator[int]:
        """Up to which revision the conversations go, round by round."""
        yield from range(BURST, self._spec.events_each, BURST)
        yield self._spec.events_each

    async def _burst(self, thread: Thread, upto: int, tail: int, limiter: trio.Semaphore) -> None:
        """Some more messages; with a snapshot where that leaves just the tail to be read after it."""
        try:
            rest = max(thread.revision, self._spec.events_each - tail)
            for end in (rest, upto) if rest < upto else (upto,):
                if end > thread.revision:
                    await self._write(thread, end, snapshot=end == rest)
        finally:
            limiter.release()

    async def _write(self, thread: Thread, upto: int, *, snapshot: bool) -> None:
        self._clock += PACE
        before, events = thread.state, list[Event]()
        while thread.revision + len(events) < upto:
            for event in CONVERSATION.decide(thread.state, self._next(thread), self._moment()):
                events.append(event)
                thread.state = CONVERSATION.evolve(thread.state, event)
        revision, thread.revision = thread.revision, thread.revision + len(events)
        await self._commit(thread.address, revision, (before, thread.state), events, snapshot=snapshot)

    def _next(self, thread: Thread) -> TakeMessage:
        key_id = f"F111F111{next(self._keys):024X}"
        seen = msgspec.structs.replace(thread.first, key_id=key_id, sent_at=self._clock)
        return TakeMessage(seen=seen, contact_id=thread.contact_id, number_id=self._number)


async def main(spec: Spec) -> None:
    """Fill, and say how many events the log has now."""
    async with open_engine(spec.url) as engine:
        tenant, number = await engine.only_number()
        head = await engine.store.own(tenant)
        filler = Filler(engine.store, tenant, number, head, spec)
        await filler.talk(await filler.meet())
        print(await engine.store.head(tenant))


def fill(spec: Spec) -> int:
    """Fill in a process of its own; returns the log's length."""
    return int(run_module("fill", msgspec.json.encode(spec)))


if __name__ == "__main__":
    trio.run(main, msgspec.json.decode(sys.stdin.readline(), type=Spec))
