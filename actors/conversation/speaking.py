"""Saying something by itself: one place that queues an automatic message and keeps what follows from it."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from plixa.actors.conversation import events as ev
from plixa.actors.conversation import promises
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.state import Conversation, evolve
from plixa.actors.gateway import Content, Kind

LONGEST = 4096
"""Characters that WhatsApp takes in one message."""


def say(d: Deciding, author: ev.Author, text: str, why: str) -> int:
    """Queue a text to the customer; returns its id. `why` names the rule behind it."""
    message_id = d.next_id()
    content = Content(Kind.TEXT, text[:LONGEST], "conversation")
    d.add(ev.MessageQueued(queued_at=d.at, message_id=message_id, author=author, why=why, content=content))
    promises.answered(d, author, why)
    if author.kind in ("flow", "ai"):
        plan_close(d)
    return message_id


def note(d: Deciding, author: ev.Author, text: str) -> None:
    """Leave a note for the people of the house."""
    content = Content(Kind.NOTE, text[:LONGEST], "note")
    d.add(ev.MessageNoted(noted_at=d.at, message_id=d.next_id(), author=author, content=content))


def plan_close(d: Deciding) -> None:
    """Our side has spoken: if the customer stays silent, the conversation is resolved by itself."""
    hours = d.house.inbox.auto_close_hours
    if hours is not None and d.state.status != "resolved":
        d.add(ev.ClosePlanned(due=d.at + timedelta(hours=hours)))


@evolve.on(ev.ClosePlanned)
def _close_planned(state: Conversation, event: ev.ClosePlanned) -> Conversation:
    return replace(state, close_due=event.due)
