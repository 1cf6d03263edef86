"""A conversation's events as the live inbox shows them.

Each frame entry holds at most two partial resources, and a client folds them without knowing any rule:
`message` is merged by id into the messages, `conversation` by id into the conversations, objects within them key by
key. Merging what is there already changes nothing. A conversation that is `deleted` goes with its messages; where there
is `merged_into`, they are that conversation's from then on.

What a single member has not read (`unread_by_me`) is never among them: everybody gets the same bytes, and would take it
for their own. Each client keeps its own count beside what it merges:

- a customer's `message` with a higher id than the conversation's `last_message` adds one, so that none is counted
  twice; unless it is from before the member joined;
- an `activity` that says `seen_by` them, at another window or by writing, leaves nothing, unless `upto` is older than
  the `last_message`: then what was fetched knows of it already.

So of two counts the one that goes with the newer `last_message` is right, and of two with the same one the smaller.

`last_activity_at`, by which conversations are listed, is told where one begins or takes in another one; otherwise it is
the later of what it was and the `created_at` of the `last_message` that comes: a message that was long on its way moves
nothing back.
"""

from __future__ import annotations

from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from plixa.actors.conversation import events as ev
from plixa.actors.conversation.state import mode_after
from plixa.actors.whatsapp.gateway import Content
from plixa.engine.events import Event, Recorded
from plixa.engine.ports import address_of

Shown = dict[str, Any]


def message_resource(
    event: ev.MessageReceived | ev.MessageEchoed | ev.MessageQueued | ev.MessageNoted, conversation_id: int
) -> Shown:
    """The message that an event brought, in the contract's shape."""
    inbound = isinstance(event, ev.MessageReceived)
    return {
        "id": event.message_id,
        "conversation_id": conversation_id,
        "direction": "inbound" if inbound else "outbound",
        **content_fields(event.content),
        "quoted_message_id": event.quoted_message_id,
        "author": author_resource(author_of(event)),
        "status": first_status(event),
        "error": None,
        "evolution_message_id": getattr(event, "key_id", None),
        "reactions": None,
        "edited_at": None,
        "deleted_at": None,
        "created_at": iso(created_at(event)),
    }


def author_of(event: ev.MessageReceived | ev.MessageEchoed | ev.MessageQueued | ev.MessageNoted) -> ev.Author:
    """Who wrote."""
    return ev.Author("contact") if isinstance(event, ev.MessageReceived) else event.author


def created_at(event: Event) -> Any:
    """When a message came to be: for what the gateway brings, WhatsApp's own time."""
    return getattr(event, "sent_at", None) or getattr(event, "queued_at", None) or getattr(event, "noted_at", None)


def seen_by_writing(event: Event) -> int | None:
    """Who has the conversation in front of them, by writing in it: not who wrote hours ago what goes out now."""
    if not isinstance(event, ev.MessageQueued | ev.MessageNoted) or event.author.kind != "user":
        return None
    return None if isinstance(event, ev.MessageQueued) and event.why == "scheduled" else event.author.id


def first_status(event: Event) -> str:
    """The status with which a message begins."""
    if isinstance(event, ev.MessageReceived):
        return "received"
    return "queued" if isinstance(event, ev.MessageQueued) else "sent"


def content_fields(content: Content) -> Shown:
    """`type`, `body`, `media` and `extra` of a message.

    What was picked, if anything, is `extra.choice`; what it lets the customer pick is `extra.menu`: `shown` (buttons,
    list or numbers: the last where the gateway has neither) and `options`.
    """
    extra = content.extra
    if content.choice is not None:
        extra = {**(extra or {}), "choice": content.choice}
    if content.menu is not None:
        extra = {**(extra or {}), "menu": to_builtins(content.menu)}
    return {
        "type": str(content.kind),
        "body": content.body,
        "media": media_resource(content),
        "extra": extra,
    }


def media_resource(content: Content) -> Shown | None:
    """The contract's `media`, all keys there."""
    media = content.media
    if media is None:
        return None
    return {
        "mime": media.mime,
        "bytes": media.bytes,
        "file_name": media.file_name,
        "duration_seconds": media.duration_seconds,
        "waveform": list(media.waveform) if media.waveform else None,
        "thumbnail": media.thumbnail,
        "voice": media.voice,
    }


def tick_error(event: ev.MessageTicked) -> str | None:
    """What an agent reads below a message that WhatsApp did not take."""
    return "WhatsApp refused this message." if event.status == "failed" else None


def author_resource(author: ev.Author) -> Shown:
    """The contract's `author`."""
    return {"kind": author.kind, "id": author.id, "name": author.name}


def iso(value: Any) -> str | None:
    """ISO-8601 with offset, or None."""
    return None if value is None else value.isoformat()


def show(recorded: Recorded) -> Shown | None:
    """What an event changes for whoever watches; None when it is nobody's business."""
    conversation_id = ev.home_of(recorded.event, address_of(recorded.tenant, recorded.stream).id)
    message, conversation, activity = _seen(recorded, conversation_id)
    if message is None and conversation is None and activity is None:
        return None
    shown: Shown = {"conversation_id": conversation_id}
    if activity is not None:
        shown["activity"] = activity
    if message is not None:
        shown["message"] = message
    if conversation is not None:
        # An edit changes a message, and with it what is seen of its conversation, but not the conversation's own row.
        edited = isinstance(recorded.event, ev.MessageEdited)
        updated = {} if edited else {"updated_at": iso(recorded.at)}
        shown["conversation"] = {"id": conversation_id, **updated, **conversation}
    return shown


def _seen(recorded: Recorded, conversation_id: int) -> tuple[Shown | None, Shown | None, Shown | None]:
    """What an event says of its message, of the conversation, and of what goes on; each part of it in its turn."""
    message: Shown | None = None
    conversation: Shown | None = None
    activity: Shown | None = None
    for part in recorded.event.stands_for():
        each = recorded if part is recorded.event else replace(recorded, event=part)
        message = _message(each, conversation_id) or message
        if (more := _conversation(each)) is not None:
            conversation = more if conversation is None else {**conversation, **more}
        activity = _activity(part) or activity
    return message, conversation, activity


def _activity(event: Event) -> Shown | None:
    """What goes on without changing what is there: for showing as it happens. Only who has read is for folding, too."""
    match event:
        case ev.AiAsked():
            return {"ai": "drafting"}
        case ev.AiAnswered():
            return {"ai": "answered"}
        case ev.AiActed():
            return {"ai": "answered"}
        case ev.AiHandedOff():
            return {"ai": "handed_off", "reason": event.reason}
        case ev.AiCancelled():
            return {"ai": "cancelled", "why": event.why}
        case ev.FlowStepped():
            return {"flow": event.flow_id, "why": event.why, "ended": event.ended}
        case ev.ConversationQueued():
            return {"queue": "waiting", "why": event.why}
        case ev.SlaWarned():
            return {"sla": event.clock, "due_at": iso(event.due_at)}
        case ev.ConversationSeen():
            return {"seen_by": event.user_id, "upto": event.upto}
        case ev.MessageQueued() | ev.MessageNoted() if (writer := seen_by_writing(event)) is not None:
            return {"seen_by": writer, "upto": event.message_id}
        case ev.MessageScheduled():
            return {"scheduled": event.scheduled_id, "due": iso(event.due)}
        case ev.ConversationAbsorbed():
            return {"absorbed": event.from_id, "kept": list(event.kept), "dropped": list(event.dropped)}
        case ev.MessageUnscheduled():
            return {"unscheduled": event.scheduled_id, "why": event.why, "sent_as": event.sent_as}
        case _:
            return None


def _message(recorded: Recorded, conversation_id: int) -> Shown | None:
    match event := recorded.event:
        case ev.MessageReceived() | ev.MessageEchoed() | ev.MessageQueued() | ev.MessageNoted():
            return message_resource(event, conversation_id)
        case ev.MessageSending():
            return {"id": event.message_id, "status": "sending"}
        case ev.MessageNumbered():
            return {"id": event.message_id, "extra": {"menu": {"shown": "numbers"}}}
        case ev.MessageSent():
            sent = {"id": event.message_id, "status": "sent", "error": None}
            return sent if event.key_id is None else {**sent, "evolution_message_id": event.key_id}
        case ev.MessageDeferred():
            return {"id": event.message_id, "status": "queued", "error": event.reason}
        case ev.MessageFailed():
            return {"id": event.message_id, "status": "failed", "error": event.reason}
        case ev.MessageUncertain() | ev.MessageLeftInDoubt():
            return {"id": event.message_id, "status": "unknown", "error": event.reason}
        case ev.MessageTicked():
            return {"id": event.message_id, "status": event.status, "error": tick_error(event)}
        case ev.MessageEdited():
            return {"id": event.message_id, "body": event.body, "edited_at": iso(event.edited_at)}
        case ev.MessageRevealed():
            quoted = {"quoted_message_id": event.quoted_message_id}
            return {"id": event.message_id, **content_fields(event.content), **quoted}
        case ev.MessageDeleted():
            return {"id": event.message_id, "deleted_at": iso(recorded.at)}
        case ev.MessageReacted():
            return {"id": event.message_id, "reactions": {event.by: event.emoji or None}}
        case ev.MediaStored():
            return {"id": event.message_id, "media": {"mime": event.mime, "bytes": event.bytes}}
        case ev.MediaLost():
            return {"id": event.message_id, "error": event.reason}
        case _:
            return None


def _conversation(recorded: Recorded) -> Shown | None:
    match event := recorded.event:
        case ev.ConversationOpened():
            return {
                "contact_id": event.contact_id,
                "contact_phone": event.phone,
                "contact_name": event.name,
                "phone_instance_id": event.number_id,
                "status": "resolved" if event.at_rest else "open",
                "mode": "idle",
                "unread_count": 0,
                "last_activity_at": iso(event.opened_at),
                "created_at": iso(event.opened_at),
                **({"resolved_at": iso(event.opened_at)} if event.at_rest else {}),
            }
        case ev.MessageReceived():
            return {"unread_count": event.unread_count, **_last(event, "inbound")}
        case ev.MessageRevealed():
            shown = {"type": str(event.content.kind), "body": event.content.body}
            return {"unread_count": event.unread_count, **({"last_message": shown} if event.last else {})}
        case ev.MessageEchoed() if event.aside:
            return _last(event, "outbound")
        case ev.MessageEchoed():
            return {"mode": "human", "unread_count": 0, **_last(event, "outbound")}
        case ev.MessageQueued():
            mode = mode_after(None, event.author)
            return {**({"mode": mode} if mode else {}), **_last(event, "outbound")}
        case ev.MessageNoted():
            return _last(event, "outbound")
        case ev.MessageEdited() if event.last:
            return {"last_message": {"body": event.body}}
        case ev.ConversationRead():
            return {"unread_count": 0}
        case ev.ConversationIdentified():
            return {"contact_phone": event.phone}
        case ev.ConversationRenamed():
            return {"contact_name": event.name}
        case ev.ConversationAnnotated():
            return {"notes": event.notes}
        case ev.ConversationAssigned():
            return {"assigned_user_id": event.assigned_user_id}
        case ev.ConversationSnoozed():
            return {"snoozed_until": iso(event.until)}
        case ev.ConversationWoken():
            return {"snoozed_until": None}
        case ev.ConversationResolved():
            return {"status": "resolved", "mode": "idle", "resolved_at": iso(event.resolved_at), "snoozed_until": None}
        case ev.ConversationReopened():
            return {"status": "open", "resolved_at": None, "sla": None}
        case ev.ConversationDeleted():
            return {"deleted": True}
        case ev.ConversationMerged():
            return {"deleted": True, "merged_into": event.into_id}
        case ev.ConversationAbsorbed():
            return _absorbed(event)
        case ev.SlaStarted():
            clock = {"target_seconds": event.target_seconds, "due_at": iso(event.due_at), "paused": False}
            return {"sla": {event.clock: {**clock, "breached_at": None, "met_at": None, "running": True}}}
        case ev.SlaMoved():
            return {"sla": {event.clock: {"due_at": iso(event.due_at)}}}
        case ev.SlaMet():
            return {"sla": {event.clock: {"met_at": iso(event.met_at), "running": False}}}
        case ev.SlaBreached():
            return {"sla": {event.clock: {"breached_at": iso(event.due_at), "running": False}}}
        case ev.SlaStopped():
            return {"sla": {event.clock: {"running": False}}}
        case ev.ConversationRouted():
            return {"sector_id": event.sector_id}
        case ev.ConversationDetached():
            return {"contact_id": None}
        case ev.ConversationMoved():
            return {"contact_id": event.contact_id}
        case ev.FlowStepped() if event.mode is not None:
            return {"mode": event.mode}
        case ev.BroadcastProgressed() if event.what in ("replied", "opted_out"):
            return {"broadcast_id": event.broadcast_id}
        case ev.ConversationHandedOver():
            return {"mode": "human"}
        case ev.ConversationGivenBack():
            return {"mode": "idle"}
        case ev.ConversationLabelled() | ev.ConversationUnlabelled():
            return {"labels": list(event.labels)}
        case ev.CsatRated():
            return {"csat": {"rating": event.rating, "comment": None}}
        case ev.CsatCommented():
            return {"csat": {"comment": event.comment}}
        case _:
            return None


def _absorbed(event: ev.ConversationAbsorbed) -> Shown:
    shown: Shown = {"unread_count": event.unread_count, "created_at": iso(event.created_at)}
    shown["last_activity_at"] = iso(event.last_activity_at)
    if event.last is not None:
        last = event.last
        message = {"id": last.id, "direction": last.direction, "type": last.type, "body": last.body}
        shown["last_message"] = {**message, "created_at": iso(last.created_at)}
    return shown


def _last(event: Any, direction: str) -> Shown:
    content: Content = event.content
    last = {"id": event.message_id, "direction": direction, "type": str(content.kind), "body": content.body}
    return {"last_message": {**last, "created_at": iso(created_at(event))}}
