"""What the customer was promised, and how they found it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from plixa.actors.conversation.sla import ClockKind
from plixa.engine.events import Event, event


@event("sla.started")
class SlaStarted(Event, frozen=True, kw_only=True):
    """A promise to the customer. The target is the one of that moment, whatever the setting becomes.

    segments: the spans of time that are counted, which explain `due_at`; None is never, for want of open hours.
    """

    clock: ClockKind
    target_seconds: int
    due_at: datetime | None
    started_at: datetime | None = None
    warn_at: datetime | None = None
    segments: tuple[tuple[datetime, datetime], ...] = ()


@event("sla.moved")
class SlaMoved(Event, frozen=True, kw_only=True):
    """The opening hours changed: what remained of the promise is laid out anew."""

    clock: ClockKind
    due_at: datetime | None
    warn_at: datetime | None = None
    segments: tuple[tuple[datetime, datetime], ...] = ()


@event("sla.warned")
class SlaWarned(Event, frozen=True, kw_only=True):
    """Most of the time has passed."""

    clock: ClockKind
    warned_at: datetime
    due_at: datetime | None = None


@event("sla.met")
class SlaMet(Event, frozen=True, kw_only=True):
    clock: ClockKind
    met_at: datetime


@event("sla.breached")
class SlaBreached(Event, frozen=True, kw_only=True):
    clock: ClockKind
    due_at: datetime


@event("sla.stopped")
class SlaStopped(Event, frozen=True, kw_only=True):
    """The conversation was resolved before the clock was met: no verdict."""

    clock: ClockKind
    at: datetime


@event("csat.asked")
class CsatAsked(Event, frozen=True, kw_only=True):
    """The survey's question goes out; `episode` counts the conversation's resolutions."""

    asked_at: datetime
    episode: int
    user_id: int | None = None


@event("csat.rated")
class CsatRated(Event, frozen=True, kw_only=True):
    """From 1 to 5; once more when the customer corrects it. `stage`: what the survey waits for now."""

    rating: int
    rated_at: datetime
    episode: int
    stage: Literal["comment", "done"]
    why: str = ""


@event("csat.commented", personal=("comment",))
class CsatCommented(Event, frozen=True, kw_only=True):
    episode: int
    comment: str = ""


@event("csat.asked_again")
class CsatAskedAgain(Event, frozen=True, kw_only=True):
    episode: int


@event("csat.ended")
class CsatEnded(Event, frozen=True, kw_only=True):
    """Nothing (more) is waited for."""

    episode: int
    why: str
