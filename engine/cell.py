"""The shell around one actor: it loads, asks `decide`, commits, evolves and replies, one envelope at a time.

A cell costs a task only while it has envelopes. What it holds in memory is always what the log says: a turn that fails
before its commit changes nothing, and after a crash the state is thrown away and read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import reduce
from typing import TYPE_CHECKING, Any

import trio

from plixa.engine.actor import ActorType, Outcome, TimerFired
from plixa.engine.brake import Work, at_work_on
from plixa.engine.errors import Fenced, PlixaError, Unavailable, UnknownHere
from plixa.engine.events import Event
from plixa.engine.mailbox import Envelope, Mailbox
from plixa.engine.ports import Address, Commit, Effect, EffectMark, Loaded
from plixa.engine.tracing import HERE, NOTHING

if TYPE_CHECKING:
    from plixa.engine.supervisor import TenantScope


FOLDED_AT_ONCE = 500
SETTING_TIMERS = Envelope(None, "system", "timers")


def turn_of(address: Address, command: Any, cause: str) -> Work:
    """A turn as the watchdog sees it: the same when this is asked again."""
    name, where = type(command).__name__, f"{address.stream} of workspace {address.tenant}"
    return Work(
        lambda: f"{name} for {where}, from {cause}", lambda: f"{name} for {where} ".encode() + command.identity()
    )


async def folded(kind: ActorType[Any], address: Address, loaded: Loaded) -> Any:
    """The state that a log leads to, in everybody's time."""
    state = loaded.state if loaded.state is not None else kind.initial(address.id)
    for start in range(0, len(loaded.events), FOLDED_AT_ONCE):
        some = loaded.events[start : start + FOLDED_AT_ONCE]
        state = reduce(kind.evolve, (recorded.event for recorded in some), state)
        await trio.lowlevel.checkpoint()
    return state


class Cell:
    """One resident actor. `post` is the only way in."""

    __slots__ = (
        "_loading",
        "_running",
        "_saved",
        "_timers",
        "address",
        "kind",
        "mailbox",
        "revision",
        "scope",
        "state",
        "touched",
    )

    def __init__(self, scope: TenantScope, kind: ActorType[Any], address: Address) -> None:
        self.scope = scope
        self.kind = kind
        self.address = address
        self.mailbox = Mailbox(kind.mailbox)
        self.state: Any = None
        self.revision = 0
        self.touched = trio.current_time()
        self._saved = 0
        self._timers: Mapping[str, datetime] = {}
        self._running = False
        self._loading: trio.Event | None = None

    @property
    def busy(self) -> bool:
        """Whether it has a task at the moment."""
        return self._running

    @property
    def unsaved(self) -> int:
        """How many events have come since the last snapshot."""
        return self.revision - self._saved

    def post(self, envelope: Envelope) -> None:
        """Put an envelope in the box and make sure that somebody reads it. Raises `Overloaded`."""
        self.mailbox.put(envelope, self.address.stream)
        if not self._running:
            self.scope.start(self._drain)
            self._running = True

    async def _drain(self) -> None:
        try:
            while len(self.mailbox):
                envelope = self.mailbox.take()
                try:
                    await self.answer(envelope)
                finally:  # whatever became of it, nobody waits for ever; the first answer counts
                    envelope.reply.fail(Unavailable("The server is stopping. It is not known whether this was done."))
        finally:
            self._running = False
            self.touched = trio.current_time()

    async def answer(self, envelope: Envelope) -> None:
        """Take one envelope to its end: an outcome, a refusal, or the supervisor's decision after a crash."""
        brake, work = self.scope.brake, turn_of(self.address, envelope.command, envelope.cause)
        if brake.holds(work):
            await self.scope.put_aside(self, envelope, work)
            return
        try:
            await self.load()  # folding what is long past is not this envelope's doing
            with self._span(envelope), at_work_on(work):
                outcome = await self._turn(envelope)
            brake.over(work)
            envelope.reply.set(outcome)
        except Fenced as error:
            envelope.reply.fail(error)
            self.scope.fenced(error)
        except PlixaError as error:  # decided, or the database's trouble: the state still stands
            brake.over(work)
            envelope.reply.fail(error)
        except Exception as error:  # noqa: BLE001  # a bug: whatever it was, it must stay this actor's own trouble
            self.forget()
            await self.scope.crashed(self, envelope, error)

    def _span(self, envelope: Envelope) -> AbstractContextManager[None]:
        tracing = self.scope.tracing
        if tracing.listener is None:
            return NOTHING
        name, address = f"turn {type(envelope.command).__name__}", self.address
        return tracing.span(name, parent=envelope.trace, tenant=address.tenant, stream=address.stream)

    async def _turn(self, envelope: Envelope) -> Outcome:
        await self.load()
        await self.scope.belief.sure()
        command = envelope.command
        if isinstance(command, TimerFired) and not self.kind.knows_timer(command.name):
            raise UnknownHere(f"the timer {command.name} of {self.kind.name}")
        if self.kind.prepare is not None:
            command = await self.kind.prepare(self.state, command, self.address.tenant, self.scope.workspace)
        moment = self.scope.moment()
        events = self.kind.packed(self.kind.decide(self.state, command, moment))
        if not events:
            return Outcome(self.state, self.revision)
        commit, timers = self._commit(envelope, self.state, events, moment.at)
        with self.scope.tracing.span("commit", parent=commit.trace):
            recorded = await self.scope.store.commit(commit)
        self.state, self.revision = commit.after, self.revision + len(events)
        if commit.snapshot:
            self._saved = self.revision
        self._timers = timers
        return Outcome(self.state, self.revision, recorded)

    def _commit(
        self, envelope: Envelope, before: Any, events: Sequence[Event], at: datetime
    ) -> tuple[Commit, Mapping[str, datetime]]:
        """What these events lead to, and the timers that are pending then."""
        after, outside = before, list[Effect | EffectMark]()
        for event in events:
            after = self.kind.evolve(after, event)
            outside.extend(self.kind.effects(after, event))
        timers = self.kind.timers(after)
        commit = Commit(
            address=self.address,
            revision=self.revision,
            before=before,
            after=after,
            events=events,
            at=at,
            actor=envelope.actor,
            cause=envelope.cause,
            epoch=self.scope.head.epoch,
            last_id=self.scope.ids.last,
            timers_set={name: due for name, due in timers.items() if self._timers.get(name) != due},
            timers_cleared=[name for name in self._timers if name not in timers],
            effects=[each for each in outside if isinstance(each, Effect)],
            marks=[each for each in outside if isinstance(each, EffectMark)],
            attached=envelope.attached if events else (),
            snapshot=bool(events) and self.unsaved + len(events) >= self.kind.snapshot_every,
            trace=HERE.get(),
        )
        return commit, timers

    async def load(self) -> None:
        """Bring the state up from the log, unless it is there. One reads, others who ask meanwhile wait for it."""
        while self.state is None:
            if self._loading is not None:
                await self._loading.wait()
                continue
            self._loading = trio.Event()
            try:
                await self._read()
            finally:
                loading, self._loading = self._loading, None
                loading.set()

    async def _read(self) -> None:
        loaded = await self.scope.store.load(self.address)
        state = await folded(self.kind, self.address, loaded)
        self.revision = loaded.revision + len(loaded.events)
        self._saved = loaded.revision
        await self._reconcile(state, loaded.timers)
        self.state = state  # last of all: whoever finds a state there goes on from it

    async def _reconcile(self, state: Any, found: Mapping[str, datetime]) -> None:
        """Set what this release derives from the state and an earlier one did not; a newer one's timers stay."""
        self._timers = {name: due for name, due in found.items() if self.kind.knows_timer(name)}
        timers = self.kind.timers(state)
        if self._timers != timers:
            commit, _ = self._commit(SETTING_TIMERS, state, (), self.scope.moment().at)
            await self.scope.store.commit(commit)
            self._timers = timers

    def forget(self) -> None:
        """Drop the state; the next envelope reads it from the log again."""
        self.state = None

    async def save(self) -> None:
        """Write a snapshot, if there is anything new to keep."""
        if self.state is not None and self.unsaved:
            revision = self.revision  # a turn may come while it is written
            await self.scope.store.save_snapshot(self.address, revision, self.state)
            self._saved = max(self._saved, revision)
