"""An event as the live push shows it: `{"offset", "type", "at", "data"}`. What is not for showing is left out.

Everybody gets the same bytes, but for what is a member's own, like a saved view: others hear of it only as it comes to
be shared, and that it is gone as it ceases to be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from plixa.actors.contacts.records import ContactErased
from plixa.actors.conversation import events as ev
from plixa.actors.conversation.view import iso, show
from plixa.actors.desk import shared as desk, ticket as tickets
from plixa.actors.flows import library as flows
from plixa.actors.help import library
from plixa.actors.hours.holiday_config import HolidaysSynced
from plixa.actors.people import team
from plixa.actors.whatsapp import number
from plixa.actors.whatsapp.reasons import sentence
from plixa.actors.workspace import events as ws, upkeep
from plixa.actors.workspace.declarations import Collection
from plixa.engine.events import Event, Recorded
from plixa.engine.fanout import Shown
from plixa.engine.ports import Commit, address_of
from plixa.http.api.small_resources import COLLECTIONS, CONFIGS
from plixa.http.realtime.holders import facts_of
from plixa.http.realtime.visible import is_rating

_encode = msgspec.json.Encoder().encode
VERBS: dict[type[Any], str] = {
    upkeep.SettingCreated: "created",
    upkeep.SettingChanged: "changed",
    upkeep.SettingRemoved: "deleted",
    upkeep.SettingReordered: "reordered",
}
Data = dict[str, Any]


What = Literal["", "rating", "assignment", "merge", "end"]


class About(Struct, frozen=True):
    """conversation: whose sight decides. what: of which kind the event is, if that matters.

    gone: of an assignment or a merge, what is said instead to those for whom the conversation is gone by it.
    former: who had it before an assignment.
    """

    conversation: int
    what: What = ""
    gone: bytes | None = None
    former: int | None = None


def erases(recorded: Recorded) -> bool:
    """Whether earlier events say less from now on."""
    return isinstance(recorded.event, ev.ConversationDeleted | ContactErased)


def view(commit: Commit, recorded: Sequence[Recorded]) -> tuple[list[Shown], Mapping[int, object]]:
    """A commit's events, and who looks after what by now: see `engine/fanout.py`."""
    shown, holder = list[Shown](), getattr(commit.before, "assigned_user_id", None)
    for each in recorded:
        shown.append(shown_of(each, holder))
        if isinstance(each.event, ev.ConversationAssigned):
            holder = each.event.assigned_user_id
    return shown, facts_of(commit)


def shown_of(recorded: Recorded, former: int | None = None) -> Shown:
    """The event as everybody sees it, and as one member does whose business it is alone.

    former: who looked after its conversation before, where it assigns one.
    """
    event: Any = recorded.event
    collection = COLLECTIONS.get(getattr(event, "collection", ""))
    if collection is not None and collection.own:
        return _own(recorded, collection)
    if (ticket := _ticket(recorded)) is not None:
        return ticket
    body = _bytes(recorded, data_of(recorded))
    return Shown(recorded.position, body, about=None if body is None else _about(recorded, former))


def _ticket(recorded: Recorded) -> Shown | None:
    """What happens with a ticket is for whoever opened it; of notes nobody of the workspace hears."""
    event, data = recorded.event, dict[str, Any]()
    match event:
        case tickets.TicketWritten():
            author = {"kind": "member" if event.who == "user" else "staff", "name": event.name}
            message = {"id": event.message_id, "author": author, "body": event.body, "created_at": iso(event.at)}
            data = {"message": message}
        case tickets.TicketMoved():
            data = {"status": event.status}
        case _:
            return None
    id_ = address_of(recorded.tenant, recorded.stream).id
    return Shown(recorded.position, None, event.opener, encoded(recorded, {"ticket": {"id": id_, **data}}))


def _about(recorded: Recorded, former: int | None) -> About | None:
    address, event = address_of(recorded.tenant, recorded.stream), recorded.event
    if address.kind != "conversation":
        return None
    home, what = ev.home_of(event, address.id), _what(event)
    gone = _gone(recorded, address.id) if what in ("assignment", "merge") else None
    return About(home, what, gone, former)


def _what(event: Event) -> What:
    match event:
        case ev.ConversationAssigned():
            return "assignment"
        case ev.ConversationMerged():
            return "merge"
        case ev.ConversationDeleted():
            return "end"
        case _:
            return "rating" if is_rating(event) else ""


def _gone(recorded: Recorded, conversation: int) -> bytes:
    """That the event's conversation is not there any more."""
    return encoded(recorded, {"conversation_id": conversation, "conversation": {"id": conversation, "deleted": True}})


def _own(recorded: Recorded, collection: Collection[Any]) -> Shown:
    """A change of what may be a member's own. A set is a member's, or the house's (0), which everybody sees."""
    event: Any = recorded.event
    written = isinstance(event, upkeep.SettingCreated | upkeep.SettingChanged)
    after: int | None = upkeep.item_of(collection, event).user_id if written else event.of
    if after is None:  # from before events said whose it was
        return Shown(recorded.position, None)
    whole = _bytes(recorded, _setting(event))
    if after == 0:
        return Shown(recorded.position, whole)
    unshared = isinstance(event, upkeep.SettingChanged) and event.of == 0
    gone = encoded(recorded, {collection.one: {"id": event.item_id, "deleted": True}}) if unshared else None
    return Shown(recorded.position, gone, after, whole)


def _bytes(recorded: Recorded, data: Data | None) -> bytes | None:
    return None if data is None else encoded(recorded, data)


def encoded(recorded: Recorded, data: Data) -> bytes:
    """The event with these data, as JSON."""
    return _encode({"offset": recorded.position, "type": type_of(recorded), "at": iso(recorded.at), "data": data})


def type_of(recorded: Recorded) -> str:
    """What it is called outside: for small resources `label.created`, otherwise as in the log."""
    verb = VERBS.get(type(recorded.event))
    if verb is None:
        return recorded.event.type
    event: Any = recorded.event
    return f"{COLLECTIONS[event.collection].one}.{verb}"


def data_of(recorded: Recorded) -> Data | None:
    """What it changes, or None."""
    address = address_of(recorded.tenant, recorded.stream)
    match address.kind:
        case "conversation":
            return show(recorded)
        case "number":
            return _number(recorded.event, address.id)
        case "workspace":
            return _workspace(recorded.event)
        case "desk" | "library" | "campaign":
            return _of_staff(recorded.event, address.id)
        case _:
            return None


def _of_staff(event: object, id_: int) -> Data | None:
    """What happens in tenant 0, for staff: which things changed, never what was written."""
    match event:
        case desk.TicketChanged():
            return {"ticket": {"id": event.ticket_id, "tenant_id": event.tenant, "change": event.change}}
        case desk.ReplySaved() | desk.ReplyRemoved():
            return {"canned_reply": {"id": event.reply_id, "deleted": isinstance(event, desk.ReplyRemoved)}}
        case desk.TagAdded() | desk.TagRemoved():
            return {"tag": {"id": event.tag_id, "deleted": isinstance(event, desk.TagRemoved)}}
        case library.ArticleSaved() | library.ArticleRemoved():
            return {"article": {"id": event.article_id, "deleted": isinstance(event, library.ArticleRemoved)}}
        case _:
            return {"campaign": {"id": id_}}


def _number(event: object, number_id: int) -> Data | None:
    match event:
        case number.NumberStatus():
            return {"phone_instance": _status(event, number_id)}
        case number.NumberRenamed():
            return {"phone_instance": {"id": number_id, "name": event.name}}
        case number.NumberLookingBack():
            span = {"from": iso(event.blind_from), "to": iso(event.blind_to), "why": event.why}
            return {"phone_instance": {"id": number_id}, "look_back": span}
        case number.NumberBackfilled():
            span = {"from": iso(event.blind_from), "to": iso(event.blind_to)}
            found = {"seen": event.seen, "recovered": event.recovered, "text": _blind(event)}
            return {"phone_instance": {"id": number_id}, "look_back": {**span, **found}}
        case _:
            return None


def _status(event: number.NumberStatus, number_id: int) -> Data:
    return {
        "id": number_id,
        "status": event.status,
        "phone": event.phone,
        "name": event.name,
        "status_reason": event.reason,
        "status_detail": event.why,
        "status_text": sentence(event.why),
        "status_changed_at": None if event.at is None else iso(event.at),
    }


def _blind(event: number.NumberBackfilled) -> str:
    return f"blind from {event.blind_from:%H:%M} to {event.blind_to:%H:%M} UTC, {event.recovered} recovered"


def _workspace(event: object) -> Data | None:
    match event:
        case ws.MemberJoined() | ws.MemberChanged():
            return {"user": {"id": event.user_id, "name": event.name}}
        case team.MemberRemoved():
            return {"user": {"id": event.user_id, "removed": True}}
        case team.MemberAvailability():
            return {"user": {"id": event.user_id, "is_available": event.is_available}}
        case ws.NumberAdded():
            return {"phone_instance": {"id": event.number_id, "status": "pending_qr", "name": event.name}}
        case ws.NumberRemoved():
            return {"phone_instance": {"id": event.number_id, "deleted": True}}
        case upkeep.ConfigChanged():
            return {"config": event.config, "values": _of_config(event)}
        case HolidaysSynced():
            closed = [upkeep.shown_value(each) for each in event.closed]
            return {"closures": closed, "opened_closure_ids": list(event.opened)}
        case flows.FlowPublished():
            return {"flow": {"id": event.flow_id, "published_version": event.version}}
        case flows.FlowToggled():
            return {"flow": {"id": event.flow_id, "enabled": event.enabled}}
        case flows.FlowDeleted():
            return {"flow": {"id": event.flow_id, "deleted": True}}
        case _:
            return _setting(event)


def _of_config(event: upkeep.ConfigChanged) -> Data:
    """What changed. Events go to members and to tokens alike: where not all of them may read it, only that it did."""
    config = CONFIGS.get(event.config)
    return event.values if config is not None and config.read == "member" and not config.panel else {}


def _setting(event: Any) -> Data | None:
    """A change in a list."""
    collection = COLLECTIONS.get(getattr(event, "collection", ""))
    if collection is None:
        return None
    match event:
        case upkeep.SettingCreated() | upkeep.SettingChanged():
            return {collection.one: upkeep.shown_value(upkeep.item_of(collection, event))}
        case upkeep.SettingRemoved():
            return {collection.one: {"id": event.item_id, "deleted": True}}
        case upkeep.SettingReordered():
            return {"positions": {str(id_): place for id_, place in event.positions.items()}}
        case _:
            return None
