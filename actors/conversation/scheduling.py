"""Messages that are to go out later, unless the customer writes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.state import Conversation, Scheduled
from plixa.engine.actor import Moment
from plixa.engine.dispatch import Evolver
from plixa.engine.errors import Conflict, Invalid, NotFound
from plixa.engine.events import Event

evolve: Evolver[Conversation] = Evolver()

MOST = 20


def schedule(state: Conversation, command: cmd.Schedule, now: Moment) -> Sequence[Event]:
    """Send it at `due`."""
    if state.deleted or not state.begun:
        raise NotFound("conversation")
    if command.due <= now.at:
        raise Invalid({"send_at": ["The time must lie in the future."]})
    if len(state.scheduled) >= MOST:
        raise Conflict(f"{MOST} messages are scheduled here already. Cancel one first.", code="TOO_MANY")
    scheduled = ev.MessageScheduled(
        scheduled_id=next(now.ids),
        due=command.due,
        author=command.author,
        only_if_silent=command.only_if_silent,
        content=command.content,
    )
    return [scheduled]


def unschedule(state: Conversation, command: cmd.Unschedule, now: Moment) -> Sequence[Event]:
    """Do not send it after all."""
    if command.scheduled_id not in {each.id for each in state.scheduled}:
        raise NotFound("scheduled message")
    return [ev.MessageUnscheduled(scheduled_id=command.scheduled_id, why="Cancelled by a person.")]


def customer_wrote(d: Deciding) -> None:
    """They were quicker: what was meant for their silence is not sent."""
    for each in d.state.scheduled:
        if each.only_if_silent:
            d.add(ev.MessageUnscheduled(scheduled_id=each.id, why="The customer wrote first."))


def dropped(state: Conversation, why: str) -> Iterator[Event]:
    """None of them can go out any more."""
    for each in state.scheduled:
        yield ev.MessageUnscheduled(scheduled_id=each.id, why=why)


def due(d: Deciding, scheduled_id: int) -> ev.MessageQueued | None:
    """Its time has come: the message, queued."""
    each = next((each for each in d.state.scheduled if each.id == scheduled_id), None)
    if each is None:
        return None
    message_id = d.next_id()
    queued = ev.MessageQueued(
        queued_at=d.at, message_id=message_id, author=each.author, why="scheduled", content=each.content
    )
    d.add(queued, ev.MessageUnscheduled(scheduled_id=each.id, why="Its time has come.", sent_as=message_id))
    return queued


@evolve.on(ev.MessageScheduled)
def _scheduled(state: Conversation, event: ev.MessageScheduled) -> Conversation:
    added = Scheduled(event.scheduled_id, event.due, event.author, event.content, event.only_if_silent)
    return replace(state, scheduled=(*state.scheduled, added))


@evolve.on(ev.MessageUnscheduled)
def _unscheduled(state: Conversation, event: ev.MessageUnscheduled) -> Conversation:
    return replace(state, scheduled=tuple(each for each in state.scheduled if each.id != event.scheduled_id))
