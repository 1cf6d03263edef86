"""What sockets and the audit are told of conversations' events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.conversation import events as ev
from plixa.actors.conversation.view import show
from plixa.actors.feature import Show, Tell, events_of
from plixa.engine.events import Event

SHOWS: Mapping[type[Event], Show] = dict.fromkeys(events_of(ev), lambda _, recorded: show(recorded))

TELLS: Mapping[str, Tell] = {
    "ai.asked": None,
    "ai.cancelled": None,
    "answer.dropped": None,
    "answer.given": None,
    "answer.planned": None,
    "assignment.wanted": None,
    "close.planned": None,
    "closed.told": None,
    "member.freed": None,
    "sla.met": None,
    "sla.moved": None,
    "sla.started": None,
    "sla.stopped": None,
    "sla.warned": None,
    "welcome.dropped": None,
    "welcome.planned": None,
    "conversation.annotated": "changed the notes of a conversation",
    "conversation.assigned": lambda e: (
        "took a conversation's member away"
        if e.assigned_user_id is None
        else f"assigned a conversation to member {e.assigned_user_id}"
    ),
    "conversation.deleted": "deleted a conversation",
    "conversation.given_back": "gave a conversation back to the automation",
    "conversation.handed_over": "took a conversation over from the automation",
    "conversation.labelled": "labelled a conversation",
    "conversation.opened": "opened a conversation",
    "conversation.read": "marked a conversation as read for everybody",
    "conversation.seen": "read a conversation",
    "conversation.renamed": "renamed a conversation's contact",
    "conversation.reopened": "reopened a conversation",
    "conversation.resolved": "resolved a conversation",
    "conversation.routed": "moved a conversation to a sector",
    "conversation.snoozed": lambda e: f"snoozed a conversation until {e.until:%Y-%m-%d %H:%M} UTC",
    "conversation.unlabelled": "took a label off a conversation",
    "conversation.woken": "ended a conversation's snooze",
    "message.noted": "wrote an internal note",
    "message.queued": "sent a message",
    "message.scheduled": lambda e: f"scheduled a message for {e.due:%Y-%m-%d %H:%M} UTC",
    "message.unscheduled": "called off a scheduled message",
}
