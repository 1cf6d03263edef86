"""What a broadcast knows of itself, and how each event changes it.

Its recipients are rows: here is only how many there are, whose turn it is (at most `WINDOW` at a time, by their places)
and how the last ones went. So a state of a hundred recipients and one of fifty thousand are equally large.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.broadcasts import events as ev
from plixa.engine.dispatch import Evolver

WINDOW = 20
"""Recipients whose turn it is at the same time; the pace is kept by the outbox, behind this."""
LAST = 100
"""Outcomes that the brake looks at."""
Status = Literal["", "scheduled", "sending", "paused", "done", "cancelled", "stopped"]


class Broadcast(Struct, frozen=True, omit_defaults=True, gc=False):
    """The state. `id` comes from the address; status "": nothing has happened yet.

    waits_until, looks: it waits by itself, for `reason`, and how often in a row. phase, after: from where on recipients
    are to be frozen; phase None: all are, or none yet. total: how many there are by now. next: whose turn comes next.
    again: places whose turn comes again, before that. out: those whose turn it is. outcomes: the last ones, and whether
    each is a failure or an opt-out. closing: from which place on it closes those who wait.
    """

    id: int
    name: str = ""
    body: str = ""
    source: ev.Source = "manual"
    label_id: int | None = None
    number_id: int | None = None
    listed: int = 0
    cooldown: bool = True
    status: Status = ""
    reason: str | None = None
    created_at: datetime | None = None
    created_by: int | None = None
    scheduled_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    waits_until: datetime | None = None
    looks: int = 0
    phase: ev.Phase | None = None
    after: int = 0
    total: int = 0
    next: int = 1
    again: tuple[int, ...] = ()
    out: tuple[int, ...] = ()
    turn: int = 0
    outcomes: tuple[tuple[int, bool], ...] = ()
    closing: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nobody gets it any more."""
        return self.status in ("done", "cancelled")

    @property
    def goes_out(self) -> bool:
        """Whether it may go out now, as far as the broadcast itself is concerned."""
        return self.status == "sending" and self.waits_until is None

    @property
    def bad(self) -> int:
        """How many of the last recipients failed or opted out."""
        return sum(bad for _, bad in self.outcomes)

    @property
    def everybody_had_their_turn(self) -> bool:
        """Whether nothing is left to do."""
        return self.phase is None and self.next > self.total and not self.again and not self.out


evolve: Evolver[Broadcast] = Evolver()


@evolve.on(ev.BroadcastCreated)
def _created(state: Broadcast, event: ev.BroadcastCreated) -> Broadcast:
    return replace(
        state,
        name=event.name,
        body=event.body,
        source=event.source,
        label_id=event.label_id,
        number_id=event.number_id,
        listed=event.listed,
        cooldown=event.cooldown,
        status="scheduled",
        created_at=event.created_at,
        created_by=event.by,
        scheduled_at=event.scheduled_at,
    )


@evolve.on(ev.BroadcastStarted)
def _started(state: Broadcast, event: ev.BroadcastStarted) -> Broadcast:
    return replace(state, status="sending", started_at=event.at, phase=event.phase)


@evolve.on(ev.NumberChosen)
def _number(state: Broadcast, event: ev.NumberChosen) -> Broadcast:
    return replace(state, number_id=event.number_id)


@evolve.on(ev.RecipientsFrozen)
def _frozen(state: Broadcast, event: ev.RecipientsFrozen) -> Broadcast:
    total = state.total + len(event.contact_ids)
    return replace(state, total=total, phase=event.phase, after=event.after)


@evolve.on(ev.RecipientsReleased)
def _released(state: Broadcast, event: ev.RecipientsReleased) -> Broadcast:
    return replace(
        state,
        out=(*state.out, *event.places),
        again=tuple(place for place in state.again if place not in event.places),
        next=max(state.next, *(place + 1 for place in event.places)),
        turn=event.turn,
    )


def _without(state: Broadcast, place: int) -> Broadcast:
    """Nothing is to be done for this one any more."""
    out = tuple(each for each in state.out if each != place)
    return replace(state, out=out, again=tuple(each for each in state.again if each != place))


@evolve.on(ev.RecipientPutBack)
def _put_back(state: Broadcast, event: ev.RecipientPutBack) -> Broadcast:
    state = _without(state, event.place)
    return replace(state, again=(*state.again, event.place))


@evolve.on(ev.RecipientSkipped)
def _skipped(state: Broadcast, event: ev.RecipientSkipped) -> Broadcast:
    return replace(_without(state, event.place), looks=0)


@evolve.on(ev.OutcomeCounted)
def _counted(state: Broadcast, event: ev.OutcomeCounted) -> Broadcast:
    """Bad news of one of the last ones changes what was good; of an earlier one it is news of its own."""
    bad = event.what in ("failed", "opted_out") or (event.place, True) in state.outcomes
    others = tuple(each for each in state.outcomes if each[0] != event.place)
    return replace(_without(state, event.place), outcomes=(*others, (event.place, bad))[-LAST:], looks=0)


@evolve.on(ev.BroadcastHeld)
def _held(state: Broadcast, event: ev.BroadcastHeld) -> Broadcast:
    status: Status = "paused" if event.why in ("number_disconnected", "number_missing") else state.status
    return replace(state, status=status, waits_until=event.until, reason=event.why, looks=event.looks)


@evolve.on(ev.BroadcastWoken)
def _woken(state: Broadcast, event: ev.BroadcastWoken) -> Broadcast:
    return replace(state, status="sending", waits_until=None, reason=None)


@evolve.on(ev.BroadcastPaused)
def _paused(state: Broadcast, event: ev.BroadcastPaused) -> Broadcast:
    return replace(state, status="paused", reason="person", waits_until=None, looks=0)


@evolve.on(ev.BroadcastResumed)
def _resumed(state: Broadcast, event: ev.BroadcastResumed) -> Broadcast:
    return replace(state, status="sending", reason=None, waits_until=None, looks=0, outcomes=())


@evolve.on(ev.BroadcastStopped)
def _stopped(state: Broadcast, event: ev.BroadcastStopped) -> Broadcast:
    return replace(state, status="stopped", reason="failures", waits_until=None)


@evolve.on(ev.BroadcastCancelled)
def _cancelled(state: Broadcast, event: ev.BroadcastCancelled) -> Broadcast:
    over = {"finished_at": event.at, "waits_until": None, "reason": None, "again": (), "phase": None}
    return replace(state, status="cancelled", closing=1, **over)


@evolve.on(ev.RecipientsClosed)
def _closed(state: Broadcast, event: ev.RecipientsClosed) -> Broadcast:
    return replace(state, closing=event.last + 1)


@evolve.on(ev.BroadcastDone)
def _done(state: Broadcast, event: ev.BroadcastDone) -> Broadcast:
    return replace(state, status="done", finished_at=event.at, reason=event.reason)
