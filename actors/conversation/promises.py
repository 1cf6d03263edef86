"""When a conversation's service-level clocks start, move, warn, break and are met. The arithmetic is in `sla.py`.

A promise is laid out when it is made: the events carry the spans that were counted, which explain the due time.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from plixa.actors.conversation import events as ev, sla
from plixa.actors.conversation.configs.sla import SLA
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.sla import ClockKind, SlaClock
from plixa.actors.conversation.state import Conversation
from plixa.actors.hours.week import Span
from plixa.engine.dispatch import Evolver

evolve: Evolver[Conversation] = Evolver()

CLOCKS: tuple[ClockKind, ...] = ("first_response", "resolution")


def clock_of(state: Conversation, kind: ClockKind) -> SlaClock | None:
    """One of a conversation's clocks."""
    return state.first_response if kind == "first_response" else state.resolution


def episode_began(d: Deciding) -> None:
    """The conversation is open (again): the promise to resolve it begins."""
    _start(d, "resolution", SLA.of(d.workspace).resolution_seconds)


def customer_wrote(d: Deciding) -> None:
    """The first message of an episode starts the clock of the first answer; the rest of the burst does not."""
    if d.state.first_response is None:
        _start(d, "first_response", SLA.of(d.workspace).first_response_seconds)


def answered(d: Deciding, author: ev.Author, why: str | None = None) -> None:
    """Somebody or something answered."""
    clock = d.state.first_response
    if clock is not None and clock.open and sla.counts_as_answer(author.kind, why):
        _tell_breach(d, "first_response")
        d.add(ev.SlaMet(clock="first_response", met_at=d.at))


def resolved(d: Deciding) -> None:
    """The episode is over."""
    if d.state.first_response is not None and d.state.first_response.open:
        _tell_breach(d, "first_response")
        d.add(ev.SlaStopped(clock="first_response", at=d.at))
    if d.state.resolution is not None and d.state.resolution.open:
        _tell_breach(d, "resolution")
        d.add(ev.SlaMet(clock="resolution", met_at=d.at))


def timer_fired(d: Deciding, kind: ClockKind) -> None:
    """A clock's timer is due: warn, or note the breach."""
    clock = clock_of(d.state, kind)
    verdict = None if clock is None else sla.on_timer(clock, d.at)
    if clock is None or verdict is None:
        return
    if verdict == "warn":
        d.add(ev.SlaWarned(clock=kind, warned_at=d.at, due_at=clock.due_at))
    else:
        _tell_breach(d, kind)


def hours_changed(d: Deciding) -> None:
    """The business opens at other hours now: what remains of each promise is laid out anew."""
    for kind in CLOCKS:
        clock = clock_of(d.state, kind)
        moved = None if clock is None else sla.recompute(clock, d.at, d.hours)
        if moved is not None and moved != clock:
            d.add(ev.SlaMoved(clock=kind, due_at=moved.due_at, warn_at=moved.warn_at, segments=_pairs(moved)))


def due(state: Conversation) -> dict[str, datetime]:
    """The timers of the clocks that run."""
    pairs = ((kind, sla.due(clock_of(state, kind))) for kind in CLOCKS)
    return {kind: at for kind, at in pairs if at is not None}


def _tell_breach(d: Deciding, kind: ClockKind) -> None:
    """An answer may overtake a timer that is late; whoever watches learns of the breach from an event all the same."""
    clock = clock_of(d.state, kind)
    if clock is not None and clock.due_at is not None and sla.on_timer(clock, d.at) == "breach":
        d.add(ev.SlaBreached(clock=kind, due_at=clock.due_at))


def _start(d: Deciding, kind: ClockKind, target: int | None) -> None:
    clock = sla.start(kind, target, d.at, d.hours)
    if clock is not None:
        d.add(_promise(kind, clock))


def _promise(kind: ClockKind, clock: SlaClock) -> ev.SlaStarted:
    return ev.SlaStarted(
        clock=kind,
        target_seconds=clock.target_seconds,
        started_at=clock.started_at,
        due_at=clock.due_at,
        warn_at=clock.warn_at,
        segments=_pairs(clock),
    )


def take_over(d: Deciding, kind: ClockKind, theirs: SlaClock | None) -> None:
    """A promise that was made elsewhere to the same customer holds here, unless one that is due earlier does."""
    mine = clock_of(d.state, kind)
    if theirs is None or not theirs.open or theirs.due_at is None:
        return
    if mine is not None and mine.open and mine.due_at is not None and mine.due_at <= theirs.due_at:
        return
    d.add(_promise(kind, theirs))


def _pairs(clock: SlaClock) -> tuple[tuple[datetime, datetime], ...]:
    return tuple((span.start, span.end) for span in clock.segments)


def _spans(pairs: tuple[tuple[datetime, datetime], ...]) -> tuple[Span, ...]:
    return tuple(Span(start, end) for start, end in pairs)


def _with(state: Conversation, kind: ClockKind, clock: SlaClock | None) -> Conversation:
    return replace(state, **{kind: clock})


@evolve.on(ev.SlaStarted)
def _started(state: Conversation, event: ev.SlaStarted) -> Conversation:
    clock = SlaClock(
        event.target_seconds,
        event.due_at,
        kind=event.clock,
        started_at=event.started_at,
        warn_at=event.warn_at,
        segments=_spans(event.segments),
    )
    return _with(state, event.clock, clock)


@evolve.on(ev.SlaMoved)
def _moved(state: Conversation, event: ev.SlaMoved) -> Conversation:
    clock = clock_of(state, event.clock)
    if clock is None:
        return state
    moved = replace(clock, due_at=event.due_at, warn_at=event.warn_at, segments=_spans(event.segments))
    return _with(state, event.clock, moved)


@evolve.on(ev.SlaWarned)
def _warned(state: Conversation, event: ev.SlaWarned) -> Conversation:
    clock = clock_of(state, event.clock)
    return state if clock is None else _with(state, event.clock, sla.warn(clock, event.warned_at))


@evolve.on(ev.SlaBreached)
def _breached(state: Conversation, event: ev.SlaBreached) -> Conversation:
    clock = clock_of(state, event.clock)
    return state if clock is None else _with(state, event.clock, sla.breach(clock))


@evolve.on(ev.SlaMet)
def _met(state: Conversation, event: ev.SlaMet) -> Conversation:
    clock = clock_of(state, event.clock)
    return state if clock is None else _with(state, event.clock, sla.meet(clock, event.met_at))


@evolve.on(ev.SlaStopped)
def _stopped(state: Conversation, event: ev.SlaStopped) -> Conversation:
    clock = clock_of(state, event.clock)
    return state if clock is None else _with(state, event.clock, sla.stop(clock, event.at))
