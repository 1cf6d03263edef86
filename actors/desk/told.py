"""What is told of tickets: to whoever opened one, to staff, and in the audit of the workspace. Of notes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from plixa.actors.desk import shared, ticket
from plixa.actors.feature import Data, Show, Tell
from plixa.engine.events import Event, Recorded
from plixa.engine.ports import address_of


def _opened(event: ticket.TicketOpened, recorded: Recorded) -> Data:
    return {"ticket": {"id": _id(recorded), "status": "open", "created_at": event.at.isoformat()}}


def _written(event: ticket.TicketWritten, recorded: Recorded) -> Data:
    author = {"kind": "member" if event.who == "user" else "staff", "name": event.name}
    message = {"id": event.message_id, "author": author, "body": event.body, "created_at": event.at.isoformat()}
    return {"ticket": {"id": _id(recorded), "message": message}}


def _moved(event: ticket.TicketMoved, recorded: Recorded) -> Data:
    return {"ticket": {"id": _id(recorded), "status": event.status}}


def _replay(event: ticket.ReplayGranted | ticket.ReplayRevoked | ticket.ReplayLookedAt, recorded: Recorded) -> Data:
    match event:
        case ticket.ReplayGranted():
            what = "granted"
        case ticket.ReplayRevoked():
            what = "revoked"
        case ticket.ReplayLookedAt():
            what = "looked_at"
    return {"ticket": {"id": _id(recorded), "replay": {"conversation_id": event.conversation_id, "what": what}}}


def _id(recorded: Recorded) -> int:
    return address_of(recorded.tenant, recorded.stream).id


def _changed(event: shared.TicketChanged, _: Recorded) -> Data:
    return {"ticket": {"id": event.ticket_id, "tenant_id": event.tenant, "change": event.change}}


def _reply(event: shared.ReplySaved | shared.ReplyRemoved, _: Recorded) -> Data:
    return {"canned_reply": {"id": event.reply_id, "deleted": isinstance(event, shared.ReplyRemoved)}}


def _tag(event: shared.TagAdded | shared.TagRemoved, _: Recorded) -> Data:
    return {"tag": {"id": event.tag_id, "deleted": isinstance(event, shared.TagRemoved)}}


def _opener(event: Any) -> int:
    opener: int = event.by if isinstance(event, ticket.TicketOpened) else event.opener
    return opener


def _manner(clear: bool) -> str:
    return "with what people wrote" if clear else "without what people wrote"


SHOWS: Mapping[type[Event], Show] = {
    ticket.TicketOpened: _opened,
    ticket.TicketWritten: _written,
    ticket.TicketMoved: _moved,
    ticket.ReplayGranted: _replay,
    ticket.ReplayRevoked: _replay,
    ticket.ReplayLookedAt: _replay,
    shared.TicketChanged: _changed,
    shared.ReplySaved: _reply,
    shared.ReplyRemoved: _reply,
    shared.TagAdded: _tag,
    shared.TagRemoved: _tag,
}
ONLY: Mapping[type[Event], Callable[[Any], int]] = dict.fromkeys(
    (
        ticket.TicketOpened,
        ticket.TicketWritten,
        ticket.TicketMoved,
        ticket.ReplayGranted,
        ticket.ReplayRevoked,
        ticket.ReplayLookedAt,
    ),
    _opener,
)
TELLS: Mapping[str, Tell] = {
    "ticket.assigned": lambda e: "took a support ticket" if e.admin_id else "let go of a support ticket",
    "ticket.moved": lambda e: f"moved a support ticket from {e.was} to {e.status}",
    "ticket.noted": None,
    "ticket.opened": "opened a support ticket",
    "ticket.prioritised": lambda e: f"set a support ticket's priority to {e.priority}",
    "ticket.rated": "rated a support ticket",
    "ticket.replay_granted": lambda e: (
        f"let Plixa's staff look at conversation {e.conversation_id}, {_manner(e.clear)}, until a support ticket closes"
    ),
    "ticket.replay_looked_at": lambda e: (
        f"looked at conversation {e.conversation_id}, {_manner(e.clear)}, as Plixa's staff"
    ),
    "ticket.replay_revoked": lambda e: f"lets Plixa's staff look at conversation {e.conversation_id} no more",
    "ticket.tagged": "tagged a support ticket",
    "ticket.written": "wrote in a support ticket",
}
