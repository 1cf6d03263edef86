"""What can have happened to a broadcast. Recipients are contacts by id: names and numbers stay in the address book."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from plixa.engine.events import Event, event

Source = Literal["manual", "label"]
Why = Literal["quiet_hours", "daily_limit", "number_disconnected", "number_missing", "suspended", "plan"]
"""Why it waits by itself."""
Phase = Literal["listed", "known", "strangers"]
"""Which recipients are being frozen: those that were handed in; of a label, who has written before, then the others."""
News = Literal["sent", "failed", "unknown", "opted_out"]


@event("broadcast.created", personal=("name", "body"))
class BroadcastCreated(Event, frozen=True, kw_only=True):
    """listed: how many recipients were handed in. cooldown: whether who has had another one lately is left out."""

    created_at: datetime
    by: int | None
    source: Source
    label_id: int | None = None
    number_id: int | None = None
    listed: int = 0
    cooldown: bool = True
    scheduled_at: datetime | None = None
    name: str = ""
    body: str = ""


@event("broadcast.started")
class BroadcastStarted(Event, frozen=True, kw_only=True):
    """From here on its recipients are written down, and then written to."""

    at: datetime
    phase: Phase


@event("broadcast.number_chosen")
class NumberChosen(Event, frozen=True, kw_only=True):
    """It goes out from this number."""

    number_id: int


@event("broadcast.frozen")
class RecipientsFrozen(Event, frozen=True, kw_only=True):
    """More recipients, from the place `first` on. duplicates: places of those who are there already.

    phase, after: from where on the next ones are; phase None: these were the last.
    """

    first: int
    contact_ids: tuple[int, ...] = ()
    duplicates: tuple[int, ...] = ()
    phase: Phase | None = None
    after: int = 0


@event("broadcast.released")
class RecipientsReleased(Event, frozen=True, kw_only=True):
    """It is their turn. `turn` tells this one from an earlier one of the same recipient."""

    places: tuple[int, ...]
    turn: int


@event("broadcast.put_back")
class RecipientPutBack(Event, frozen=True, kw_only=True):
    """Nothing was sent to them: their turn comes again."""

    place: int


@event("broadcast.skipped")
class RecipientSkipped(Event, frozen=True, kw_only=True):
    """They get nothing; `reason` is a code."""

    place: int
    reason: str


@event("broadcast.counted")
class OutcomeCounted(Event, frozen=True, kw_only=True):
    """What came of a recipient's message, as far as the brake is concerned. reason: why it failed before it was one."""

    place: int
    what: News
    reason: str | None = None


@event("broadcast.held")
class BroadcastHeld(Event, frozen=True, kw_only=True):
    """Nothing goes out before `until`; `looks`: how often in a row that was found out."""

    until: datetime
    why: Why
    looks: int = 1


@event("broadcast.woken")
class BroadcastWoken(Event, frozen=True, kw_only=True):
    """What it waited for may be over."""


@event("broadcast.paused")
class BroadcastPaused(Event, frozen=True, kw_only=True):
    by: int | None = None


@event("broadcast.resumed")
class BroadcastResumed(Event, frozen=True, kw_only=True):
    """It goes on, and what the brake counted is forgotten."""

    by: int | None = None


@event("broadcast.stopped")
class BroadcastStopped(Event, frozen=True, kw_only=True):
    """The brake: of the last `of` recipients, `bad` failed or opted out."""

    bad: int
    of: int


@event("broadcast.cancelled")
class BroadcastCancelled(Event, frozen=True, kw_only=True):
    at: datetime
    by: int | None = None


@event("broadcast.closed")
class RecipientsClosed(Event, frozen=True, kw_only=True):
    """Whoever of these places was still waiting gets nothing, for it was cancelled."""

    first: int
    last: int


@event("broadcast.done")
class BroadcastDone(Event, frozen=True, kw_only=True):
    """Everybody has had their turn. reason: why there was nobody."""

    at: datetime
    reason: str | None = None
