"""What a conversation decides when one of its timers is due. One that is not pending any more decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from plixa.actors.conversation import automation, closed, events as ev, flowing, promises, resolving, scheduling
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.state import Conversation
from plixa.actors.flows.run import TimerName
from plixa.engine.actor import Moment, TimerFired
from plixa.engine.dispatch import Decider
from plixa.engine.events import Event

decide: Decider[Conversation] = Decider()

TIMER_FAMILIES = frozenset(
    {"scheduled", "first_response", "resolution", "snooze", "close", "answer", "welcome", "flow"}
)


def timers(state: Conversation) -> Mapping[str, datetime]:
    """The timers that should be pending.

    While the customer is still writing, or an answer is being drafted, the greeting and the flow wait for that.
    """
    if state.merged_into is not None:
        return {}
    pending: dict[str, datetime] = {f"scheduled-{each.id}": each.due for each in state.scheduled}
    if state.status != "resolved":
        pending |= promises.due(state)
    if state.snoozed_until is not None:
        pending["snooze"] = state.snoozed_until
    if state.close_due is not None:
        pending["close"] = state.close_due
    if state.burst is not None and state.turn is None:
        pending["answer"] = state.burst.due
    if state.burst is None and state.turn is None:
        pending |= _quiet(state)
    return pending


def _quiet(state: Conversation) -> dict[str, datetime]:
    greeting = {} if state.welcome_due is None else {"welcome": state.welcome_due}
    flow = {} if state.flow is None else state.flow.timers
    return {**greeting, **{f"flow.{name}": closed.flow_due(state, due) for name, due in flow.items()}}


@decide.on(TimerFired)
def timer_fired(state: Conversation, command: TimerFired, now: Moment) -> Sequence[Event]:
    """Do what the timer was set for."""
    if state.deleted or timers(state).get(command.name) != command.due:
        return []
    d = Deciding(state, now)
    match command.name.partition("."):
        case "snooze", *_:
            d.add(ev.ConversationWoken(why="due"))
        case "welcome", *_:
            automation.greet(d)
        case "answer", *_:
            automation.answer(d)
        case "close", *_:
            resolving.resolve(d, "auto_close")
        case ("first_response" | "resolution") as kind, *_:
            promises.timer_fired(d, kind)
        case "flow", _, which:
            flowing.timer_fired(d, cast("TimerName", which))
        case name, *_:
            _scheduled(d, int(name.removeprefix("scheduled-")))
    return d.events


def _scheduled(d: Deciding, scheduled_id: int) -> None:
    if d.state.status == "resolved":
        resolving.reopen(d, "reply")
    queued = scheduling.due(d, scheduled_id)
    if queued is not None:
        promises.answered(d, queued.author)
        automation.person_spoke(d, "A scheduled message went out.")
