"""What staff share at the support desk, in tenant 0: canned replies, tags, and which tickets something happened with.

That something happened is all that is kept here of a ticket: never whose it is in words, nor what was written.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from plixa.engine.actor import ActorType, Command, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import Conflict, Invalid, NotFound
from plixa.engine.events import Event, event

MOST = 500


class CannedReply(Struct, frozen=True):
    id: int
    title: str
    body: str


class Tag(Struct, frozen=True):
    id: int
    name: str


class Desk(Struct, frozen=True, omit_defaults=True):
    id: int
    replies: dict[int, CannedReply] = {}  # msgspec copies an empty default
    tags: dict[int, Tag] = {}


class SaveReply(Command, frozen=True, kw_only=True, tag=True):
    """A new one, or (`reply_id`) what is different in one; None stays as it is."""

    reply_id: int | None = None
    title: str | None = None
    body: str | None = None


class RemoveReply(Command, frozen=True, kw_only=True, tag=True):
    reply_id: int


class AddTag(Command, frozen=True, kw_only=True, tag=True):
    name: str


class RemoveTag(Command, frozen=True, kw_only=True, tag=True):
    tag_id: int


class HearOfTicket(Command, frozen=True, kw_only=True, tag=True):
    tenant: int
    ticket_id: int
    change: int


@event("desk.reply_saved")
class ReplySaved(Event, frozen=True, kw_only=True):
    reply_id: int
    title: str
    body: str


@event("desk.reply_removed")
class ReplyRemoved(Event, frozen=True, kw_only=True):
    reply_id: int


@event("desk.tag_added")
class TagAdded(Event, frozen=True, kw_only=True):
    tag_id: int
    name: str


@event("desk.tag_removed")
class TagRemoved(Event, frozen=True, kw_only=True):
    tag_id: int


@event("desk.ticket_changed")
class TicketChanged(Event, frozen=True, kw_only=True):
    """tenant: whose it is. change: how often something has happened with it by now."""

    tenant: int
    ticket_id: int
    change: int


decide: Decider[Desk] = Decider()
evolve: Evolver[Desk] = Evolver()


@decide.on(SaveReply)
def _save(state: Desk, command: SaveReply, now: Moment) -> Sequence[Event]:
    if command.reply_id is None:
        if len(state.replies) >= MOST:
            raise Conflict(f"There are {MOST} canned replies already.")
        if command.title is None or command.body is None:
            raise Invalid({"title": ["The title and the body are required."]})
        return [ReplySaved(reply_id=next(now.ids), title=command.title, body=command.body)]
    known = state.replies.get(command.reply_id)
    if known is None:
        raise NotFound("canned reply")
    title, body = command.title or known.title, command.body or known.body
    if (title, body) == (known.title, known.body):
        return []
    return [ReplySaved(reply_id=known.id, title=title, body=body)]


@decide.on(RemoveReply)
def _remove(state: Desk, command: RemoveReply, _now: Moment) -> Sequence[Event]:
    if command.reply_id not in state.replies:
        raise NotFound("canned reply")
    return [ReplyRemoved(reply_id=command.reply_id)]


@decide.on(AddTag)
def _add_tag(state: Desk, command: AddTag, now: Moment) -> Sequence[Event]:
    if folded(command.name) in {folded(tag.name) for tag in state.tags.values()}:
        raise Invalid({"name": ["There is a tag of this name already."]})
    if len(state.tags) >= MOST:
        raise Conflict(f"There are {MOST} tags already.")
    return [TagAdded(tag_id=next(now.ids), name=command.name)]


@decide.on(RemoveTag)
def _remove_tag(state: Desk, command: RemoveTag, _now: Moment) -> Sequence[Event]:
    if command.tag_id not in state.tags:
        raise NotFound("tag")
    return [TagRemoved(tag_id=command.tag_id)]


@decide.on(HearOfTicket)
def _hear(_state: Desk, command: HearOfTicket, _now: Moment) -> Sequence[Event]:
    return [TicketChanged(tenant=command.tenant, ticket_id=command.ticket_id, change=command.change)]


def folded(name: str) -> str:
    """As names are compared: without case and accents."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each)).strip()


@evolve.on(ReplySaved)
def _saved(state: Desk, event: ReplySaved) -> Desk:
    reply = CannedReply(event.reply_id, event.title, event.body)
    return replace(state, replies={**state.replies, reply.id: reply})


@evolve.on(ReplyRemoved)
def _removed(state: Desk, event: ReplyRemoved) -> Desk:
    return replace(state, replies={id_: reply for id_, reply in state.replies.items() if id_ != event.reply_id})


@evolve.on(TagAdded)
def _tag_added(state: Desk, event: TagAdded) -> Desk:
    return replace(state, tags={**state.tags, event.tag_id: Tag(event.tag_id, event.name)})


@evolve.on(TagRemoved)
def _tag_removed(state: Desk, event: TagRemoved) -> Desk:
    return replace(state, tags={id_: tag for id_, tag in state.tags.items() if id_ != event.tag_id})


evolve.ignores(TicketChanged)

DESK: ActorType[Desk] = ActorType(name="desk", initial=lambda id_: Desk(id=id_), decide=decide, evolve=evolve)
