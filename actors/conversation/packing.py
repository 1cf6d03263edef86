"""Fewer events for the same decisions: what was decided with a message goes along in the message's event.

    message.received                    and answer.planned      its `plan`
    message.queued                      and answer.given        its `given`
                                        and flow.stepped        its `step` and `run`

Folding what comes out gives the same state as folding what went in, for an event gives back what it `stands_for`. So
only what is between two of them, and neither reads nor writes what they do, is passed over (`BETWEEN`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from msgspec.structs import replace

from plixa.actors.conversation import events as ev
from plixa.engine.events import Event

BETWEEN = (
    ev.AiCancelled,
    ev.BroadcastProgressed,
    ev.ClosePlanned,
    ev.MessageUnscheduled,
    ev.SlaMet,
    ev.SlaMoved,
    ev.SlaStarted,
    ev.SlaStopped,
    ev.WelcomePlanned,
)
E = TypeVar("E", bound=Event)


def packed(events: Sequence[Event]) -> Sequence[Event]:
    """The events of one decision, as they are kept."""
    if len(events) < 2:
        return events
    kept: list[Event] = []
    for event in events:
        _put(kept, event)
    return kept


def _put(kept: list[Event], event: Event) -> None:
    """Behind those that are there, or into one of them."""
    match event:
        case ev.AnswerPlanned() if (came := _last(kept, ev.MessageReceived)) and _is_of(event, came[1]):
            at, received = came
            kept[at] = replace(received, plan=ev.Planned(event.burst_id, event.began_at, event.due))
        case ev.MessageQueued() if answer := _last(kept, ev.AnswerGiven):
            at, given = answer
            kept[at:] = [*kept[at + 1 :], replace(event, given=ev.Given(given.burst_id, given.by, given.why, given.at))]
        case ev.FlowStepped() if (said := _last(kept, ev.MessageQueued)) and said[1].step is None:
            at, queued = said
            step = ev.Stepped(**{name: getattr(event, name) for name in ev.Stepped.__struct_fields__})
            kept[at] = replace(queued, step=step, run=event.run)
        case _:
            kept.append(event)


def _is_of(planned: ev.AnswerPlanned, received: ev.MessageReceived) -> bool:
    """Whether the plan's words are the message's; that a choice was an earlier one's, folding knows."""
    content = received.content
    mine = received.plan is None and planned.upto == received.message_id and planned.text == ev.words_of(content)
    return mine and (content.choice is None or planned.choice == content.choice)


def _last(kept: Sequence[Event], cls: type[E]) -> tuple[int, E] | None:
    """The last event of a class and where it is, if nothing after it stands in the way."""
    for at in range(len(kept) - 1, -1, -1):
        event = kept[at]
        if isinstance(event, cls):
            return at, event
        if not isinstance(event, BETWEEN):
            return None
    return None
