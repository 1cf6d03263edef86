"""Service-level clocks: what the business promised a customer, and whether it was kept.

A clock belongs to one episode of a conversation, from its opening (or reopening) until it is resolved. `first_response`
starts with the first inbound message of the episode, not again with each of a burst, and is met by the first answer;
`resolution` starts with the episode and is met when it is resolved. Where the business pauses its clocks, only open
time counts; otherwise time on the wall.

Invariants:
- A promise is laid out when it is made, as spans of time that add up to the target, so the timers are known beforehand:
  nothing has to happen when the shop closes or opens. The spans explain the due time.
- When hours change, `recompute` lays out anew what remains. The target, the time counted so far and a breach that has
  happened are never rewritten.
- At the due instant itself it is too late, whether the timer or the answer is looked at first.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.hours.week import ALWAYS, ZERO, Hours, Span, add_open_time, is_open, joined, open_seconds

ClockKind = Literal["first_response", "resolution"]
WARN_SHARE = 0.8
"""The share of the target after which the business is warned."""

ANSWERING = frozenset({"user", "phone", "api", "flow", "ai"})
"""Authors whose word can be the first answer: people, on the panel or on the phone, programs that act for them, a flow
and the AI. Not `contact`, who asked, and not `system`, whose messages go out whatever was asked."""
NO_ANSWER = frozenset({"welcome", "closed_hours", "csat", "reminder", "broadcast"})
"""Reasons of automatic messages (`why`, as far as its first colon) that answer nothing, whoever signs them: they would
have gone out whatever the customer wrote."""


class SlaClock(Struct, frozen=True, omit_defaults=True, gc=False):
    """One service-level clock. Only the first two fields are there in clocks of the first days.

    target_seconds: what was promised. due_at: when it is broken; None where too little open time lies ahead.
    segments: the spans that are counted, from the start on. warn_at: when `WARN_SHARE` of the target will have passed.
    warned_at, breached_at, met_at: what has happened; a clock may be met after its breach.
    stopped_at: the episode ended before it was met, without a verdict.
    """

    target_seconds: int
    due_at: datetime | None = None
    breached_at: datetime | None = None
    met_at: datetime | None = None
    kind: ClockKind = "first_response"
    started_at: datetime | None = None
    warn_at: datetime | None = None
    warned_at: datetime | None = None
    stopped_at: datetime | None = None
    segments: tuple[Span, ...] = ()

    @property
    def open(self) -> bool:
        """Neither met nor stopped; it may be breached."""
        return self.met_at is None and self.stopped_at is None

    @property
    def running(self) -> bool:
        """Open, and not breached: the promise can still be kept."""
        return self.open and self.breached_at is None


def counts_as_answer(author_kind: str, why: str | None = None) -> bool:
    """Whether a message of this author, sent for this reason, meets the first-response clock."""
    return author_kind in ANSWERING and (why or "").partition(":")[0] not in NO_ANSWER


def start(kind: ClockKind, target_seconds: int | None, at: datetime, hours: Hours) -> SlaClock | None:
    """A clock from `at` on; None where there is no target."""
    if target_seconds is None:
        return None
    due_at, segments = add_open_time(_counting(hours), at, target_seconds)
    clock = SlaClock(target_seconds, due_at, kind=kind, started_at=at, segments=segments)
    return replace(clock, warn_at=_warning(clock))


def recompute(clock: SlaClock, at: datetime, hours: Hours) -> SlaClock:
    """The clock under hours that hold from `at` on: the remaining time laid out anew.

    The same clock when nothing changes, or when it is past changing (met, stopped, breached or due).
    """
    if not clock.running or (clock.due_at is not None and at >= clock.due_at):
        return clock
    past = [Span(span.start, min(span.end, at)) for span in _laid_out(clock) if span.start < at]
    left = timedelta(seconds=clock.target_seconds) - sum((span.length for span in past), ZERO)
    due_at, ahead = add_open_time(_counting(hours), at, left.total_seconds())
    moved = replace(clock, due_at=due_at, segments=tuple(joined([*past, *ahead])))
    return replace(moved, warn_at=_warning(moved))  # where it has been reached, it lies in the past and stays


def due(clock: SlaClock | None) -> datetime | None:
    """When the next timer should fire: the warning, then the breach; None when there is nothing to wait for."""
    if clock is None or not clock.running:
        return None
    warn_ahead = clock.warned_at is None and clock.warn_at is not None
    return clock.warn_at if warn_ahead else clock.due_at


def on_timer(clock: SlaClock, at: datetime) -> Literal["warn", "breach"] | None:
    """What to decide when a timer fires. One that is late by more than the rest of the target skips the warning."""
    if not clock.running:
        return None
    if clock.due_at is not None and at >= clock.due_at:
        return "breach"
    warning = clock.warned_at is None and clock.warn_at is not None and at >= clock.warn_at
    return "warn" if warning else None


def warn(clock: SlaClock, at: datetime) -> SlaClock:
    """The business was warned."""
    return replace(clock, warned_at=at)


def breach(clock: SlaClock) -> SlaClock:
    """The promise is broken, as of the due time, however late that is noticed."""
    return replace(clock, breached_at=clock.breached_at or clock.due_at)


def meet(clock: SlaClock, at: datetime) -> SlaClock:
    """What was promised happened; a breach that no timer has told yet is noted with it. Twice is once."""
    return replace(_judged(clock, at), met_at=at) if clock.open else clock


def stop(clock: SlaClock, at: datetime) -> SlaClock:
    """The episode ended without it (resolved unanswered): no verdict, except a breach before that."""
    return replace(_judged(clock, at), stopped_at=at) if clock.open else clock


def elapsed(clock: SlaClock, at: datetime, hours: Hours) -> float:
    """Seconds counted until `at`, or until it was met or stopped. `hours` are asked only for what came after the due
    time; before it, what was laid out counts."""
    at = min(each for each in (at, clock.met_at, clock.stopped_at) if each is not None)
    spans = _laid_out(clock)
    counted = sum((min(span.end, at) - span.start for span in spans if span.start < at), ZERO).total_seconds()
    end = clock.due_at or (spans[-1].end if spans else clock.started_at)
    return counted if end is None else counted + open_seconds(_counting(hours), end, at)


def paused(clock: SlaClock, hours: Hours, at: datetime) -> bool:
    """Whether it stands still at that instant: for showing only, no timer depends on it."""
    return clock.running and not is_open(_counting(hours), at)


def _counting(hours: Hours) -> Hours:
    return hours if hours.pause_sla else ALWAYS


def _judged(clock: SlaClock, at: datetime) -> SlaClock:
    return breach(clock) if clock.due_at is not None and at >= clock.due_at else clock


def _laid_out(clock: SlaClock) -> tuple[Span, ...]:
    """What is counted; the first clocks had no segments and counted time on the wall."""
    if clock.segments or clock.due_at is None:
        return clock.segments
    return (Span(clock.due_at - timedelta(seconds=clock.target_seconds), clock.due_at),)


def _warning(clock: SlaClock) -> datetime | None:
    """When `WARN_SHARE` of the target will have been counted; None where the spans do not reach that far."""
    left = timedelta(seconds=clock.target_seconds) * WARN_SHARE
    for span in clock.segments:
        if left <= span.length:
            return span.start + left
        left -= span.length
    return None
