"""What is told of tickets: to whoever opened one, to staff, and in the audit of the workspace. Of notes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from plixa.actors.desk import shared, ticket
from plixa.actors.feature import Data, Show, Tell
from plixa.engine.events import Event, Recorded
from plixa.engine.ports import address_of


def _written(event: ticket.TicketWritten, recorded: Recorded) -> Data:
    author = {"kind": "member" if event.who == "user" else "staff", "name": event.name}
    message = {"id": event.message_id, "author": author, "body": event.body, "created_at": event.at.isoformat()}
    return {"ticket": {"id": _id(recorded), "message": message}}


def _moved(event: ticket.TicketMoved, recorded: Recorded) -> Data:
    return {"ticket": {"id": _id(recorded), "status": event.status}}


def _id(recorded: Recorded) -> int:
    return address_of(recorded.tenant, recorded.stream).id


def _changed(event: shared.TicketChanged, _: Recorded) -> Data:
    return {"ticket": {"id": event.ticket_id, "tenant_id": event.tenant, "change": event.change}}


def _reply(event: shared.ReplySaved | shared.ReplyRemoved, _: Recorded) -> Data:
    return {"canned_reply": {"id": event.reply_id, "deleted": isinstance(event, shared.ReplyRemoved)}}


def _tag(event: shared.TagAdded | shared.TagRemoved, _: Recorded) -> Data:
    return {"tag": {"id": event.tag_id, "deleted": isinstance(event, shared.TagRemoved)}}


def _opener(event: ticket.TicketWritten | ticket.TicketMoved) -> int:
    return event.opener


SHOWS: Mapping[type[Event], Show] = {
    ticket.TicketWritten: _written,
    ticket.TicketMoved: _moved,
    shared.TicketChanged: _changed,
    shared.ReplySaved: _reply,
    shared.ReplyRemoved: _reply,
    shared.TagAdded: _tag,
    shared.TagRemoved: _tag,
}
ONLY: Mapping[type[Event], Callable[[Any], int]] = {ticket.TicketWritten: _opener, ticket.TicketMoved: _opener}
TELLS: Mapping[str, Tell] = {
    "ticket.assigned": lambda e: "took a support ticket" if e.admin_id else "let go of a support ticket",
    "ticket.moved": lambda e: f"moved a support ticket from {e.was} to {e.status}",
    "ticket.noted": None,
    "ticket.opened": "opened a support ticket",
    "ticket.prioritised": lambda e: f"set a support ticket's priority to {e.priority}",
    "ticket.rated": "rated a support ticket",
    "ticket.tagged": "tagged a support ticket",
    "ticket.written": "wrote in a support ticket",
}
