"""What being closed does where the business has a message for that: it is told once, and flows wait until the business
opens.

A pause or a reminder of a flow that comes due at night is carried on in the morning, as if the night had not been: the
customer is not written to while closed, and is not forgotten either. A business that does not open again leaves the
customer to a person.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from plixa.actors.conversation import events as ev
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.state import Conversation
from plixa.actors.hours.business_hours import BUSINESS_HOURS
from plixa.actors.hours.week import next_opening
from plixa.engine.dispatch import Evolver

evolve: Evolver[Conversation] = Evolver()

AGAIN = timedelta(days=1)
"""When the customer of a business that is not known to open again is told again."""


def speaks(d: Deciding) -> bool:
    """Whether it is closed, and the business has a message for that."""
    return bool(BUSINESS_HOURS.of(d.workspace).message) and not d.is_open


def told(d: Deciding) -> bool:
    """Whether the customer knows already."""
    return d.state.closed_told_until is not None and d.at < d.state.closed_told_until


def tell_until_open(d: Deciding) -> None:
    """The customer has just been told; that holds until the business opens."""
    opens = next_opening(d.hours, d.at)
    d.add(ev.ClosedTold(until=opens if opens is not None else d.at + AGAIN, at=d.at))


def hold_flow(d: Deciding) -> bool:
    """Let the flow's timers wait until the business opens; false if it is not known to open."""
    opens = next_opening(d.hours, d.at)
    if opens is not None and opens != d.state.flow_held_until:
        d.add(ev.FlowHeld(until=opens))
    return opens is not None


def hours_changed(d: Deciding) -> None:
    """The business opens at other times now: what waits for that waits for these."""
    if told(d):
        _tell_anew(d)
    if d.state.flow is not None and d.state.flow_held_until is not None and not (speaks(d) and hold_flow(d)):
        d.add(ev.FlowHeld(until=d.at))  # not the old time, at which its timer has fired already


def reopened(d: Deciding) -> None:
    """While it was resolved it heard of no new hours: what the customer knows is held against those of today."""
    if not told(d):
        return
    since = d.state.closed_told_at
    opened = None if since is None else next_opening(d.hours, since)
    if opened is not None and opened <= d.at:
        d.add(ev.ClosedTold(until=None))
    else:
        _tell_anew(d)


def _tell_anew(d: Deciding) -> None:
    """What was told ends when the business opens by the new hours; once it is open, the next closing is news."""
    if d.is_open:
        d.add(ev.ClosedTold(until=None))
        return
    opens = next_opening(d.hours, d.at)
    if opens is not None and opens != d.state.closed_told_until:
        d.add(ev.ClosedTold(until=opens, at=d.state.closed_told_at))


def flow_due(state: Conversation, due: datetime) -> datetime:
    """When a timer of the flow really fires."""
    return due if state.flow_held_until is None else max(due, state.flow_held_until)


# -- folding ----------------------------------------------------------------------------------------------------------


@evolve.on(ev.ClosedTold)
def _closed_told(state: Conversation, event: ev.ClosedTold) -> Conversation:
    return replace(state, closed_told_until=event.until, closed_told_at=event.at)


@evolve.on(ev.FlowHeld)
def _held(state: Conversation, event: ev.FlowHeld) -> Conversation:
    return replace(state, flow_held_until=event.until)
