"""Which rows follow from a conversation's events. Its own row follows from its state: `of_state.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plixa.actors.conversation import events as ev
from plixa.actors.conversation.promises import clock_of
from plixa.actors.conversation.state import Conversation
from plixa.actors.conversation.view import (
    author_of,
    author_resource,
    content_fields,
    created_at,
    first_status,
    seen_by_writing,
    tick_error,
)
from plixa.engine.events import Recorded
from plixa.engine.ports import address_of
from plixa.storage.broadcasts import statements as broadcasts
from plixa.storage.contacts import statements as contacts
from plixa.storage.conversation import moving, statements as sql
from plixa.storage.conversation.words import words_of
from plixa.storage.eventlog import statements as log
from plixa.storage.eventlog.codec import as_json
from plixa.storage.eventlog.statement import Row
from plixa.storage.feature import Projector

projects = Projector()


@projects.on(ev.MessageReceived, ev.MessageEchoed, ev.MessageQueued, ev.MessageNoted)
def _message(recorded: Recorded, event: Any, state: Conversation) -> Iterator[Row]:
    inbound = isinstance(event, ev.MessageReceived)
    content = content_fields(event.content)
    yield (
        sql.MESSAGE,
        (
            recorded.tenant,
            event.message_id,
            address_of(recorded.tenant, recorded.stream).id,
            state.number_id,
            getattr(event, "key_id", None),
            "inbound" if inbound else "outbound",
            content["type"],
            content["body"],
            words_of(content["body"]),
            as_json(content["media"]),
            as_json(content["extra"]),
            event.quoted_message_id,
            as_json(author_resource(author_of(event))),
            first_status(event),
            created_at(event),
        ),
    )
    if isinstance(event, ev.MessageQueued) and event.broadcast is not None:
        yield from _broadcast_queued(recorded, event, state)
    reader = seen_by_writing(event)
    if reader is not None:
        yield _seen_row(recorded, reader, event.message_id)


def _broadcast_queued(recorded: Recorded, event: ev.MessageQueued, state: Conversation) -> Iterator[Row]:
    one = event.broadcast
    if one is not None:
        key = (recorded.tenant, one.broadcast_id, one.place)
        yield broadcasts.QUEUED, (*key, event.message_id, state.id, state.number_id, one.stranger, event.queued_at)


@projects.on(ev.BroadcastProgressed)
def _broadcast_progressed(recorded: Recorded, event: ev.BroadcastProgressed, _: Any) -> Iterator[Row]:
    key = (recorded.tenant, event.broadcast_id, event.place)
    if event.what == "opted_out":
        yield broadcasts.OPTED_OUT, (*key, event.at)
    else:
        state = "unknown" if event.what == "left" else event.what
        yield broadcasts.PROGRESSED, (*key, state, event.reason)


@projects.on(ev.WelcomePlanned)
def _greeted(recorded: Recorded, _: ev.WelcomePlanned, state: Conversation) -> Iterator[Row]:
    if state.contact_id:  # 0: the contact was erased in the same commit
        yield sql.GREETED, (recorded.tenant, state.contact_id)


@projects.on(ev.ConversationSeen)
def _seen(recorded: Recorded, event: ev.ConversationSeen, _: Any) -> Iterator[Row]:
    yield _seen_row(recorded, event.user_id, event.upto)


@projects.on(ev.ConversationMerged)
def _conversation_merged(recorded: Recorded, event: ev.ConversationMerged, _: Any) -> Iterator[Row]:
    """Its own rows go; what hangs on it goes to the survivor, as soon as that has taken it."""
    merged = (recorded.tenant, address_of(recorded.tenant, recorded.stream).id)
    for statement in (sql.SUMMARY_DROPPED, sql.FACETS_DROPPED, sql.CONVERSATION_DROPPED):
        yield statement, merged


@projects.on(ev.ConversationAbsorbed)
def _conversation_absorbed(recorded: Recorded, event: ev.ConversationAbsorbed, _: Any) -> Iterator[Row]:
    tenant, into_id = recorded.tenant, address_of(recorded.tenant, recorded.stream).id
    merged = (tenant, event.from_id)
    yield moving.MARKS_MOVED, (*merged, into_id)
    for statement in (moving.NEWEST_MOVED, moving.MESSAGES_MOVED, moving.MEDIA_MOVED, moving.SLA_MOVED):
        yield statement, (*merged, into_id)
    for statement in (moving.CSAT_MOVED, moving.RESOLUTIONS_MOVED):
        yield statement, (*merged, into_id, event.shift)
    yield from ((sql.SLA_DROPPED, merged), (sql.SEEN_DROPPED, merged), (sql.SUMMARY_DROPPED, (tenant, into_id)))
    for user_id, upto in event.seen.items():
        yield _seen_row(recorded, user_id, upto)


def _seen_row(recorded: Recorded, user_id: int, upto: int) -> Row:
    """It only ever moves forward, for ids grow; save by a merge, which brings what is older and not read."""
    return sql.SEEN, (recorded.tenant, address_of(recorded.tenant, recorded.stream).id, user_id, upto)


@projects.on(ev.MessageSending)
def _sending(recorded: Recorded, event: ev.MessageSending, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_STATUS, (recorded.tenant, event.message_id, "sending", None)


@projects.on(ev.MessageNumbered)
def _numbered(recorded: Recorded, event: ev.MessageNumbered, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_NUMBERED, (recorded.tenant, event.message_id)


@projects.on(ev.MessageSent)
def _sent(recorded: Recorded, event: ev.MessageSent, _: Any) -> Iterator[Row]:
    if event.key_id is None:
        yield sql.MESSAGE_STATUS, (recorded.tenant, event.message_id, "sent", None)
    else:
        yield sql.MESSAGE_SENT, (recorded.tenant, event.message_id, "sent", None, event.key_id)


@projects.on(ev.MessageDeferred)
def _deferred(recorded: Recorded, event: ev.MessageDeferred, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_STATUS, (recorded.tenant, event.message_id, "queued", event.reason)


@projects.on(ev.MessageFailed)
def _failed(recorded: Recorded, event: ev.MessageFailed, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_STATUS, (recorded.tenant, event.message_id, "failed", event.reason)


@projects.on(ev.MessageUncertain, ev.MessageLeftInDoubt)
def _uncertain(recorded: Recorded, event: ev.MessageUncertain | ev.MessageLeftInDoubt, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_STATUS, (recorded.tenant, event.message_id, "unknown", event.reason)


@projects.on(ev.MessageTicked)
def _ticked(recorded: Recorded, event: ev.MessageTicked, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_STATUS, (recorded.tenant, event.message_id, event.status, tick_error(event))


@projects.on(ev.MessageEdited)
def _edited(recorded: Recorded, event: ev.MessageEdited, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_EDITED, (recorded.tenant, event.message_id, event.body, words_of(event.body), event.edited_at)


@projects.on(ev.MessageRevealed)
def _revealed(recorded: Recorded, event: ev.MessageRevealed, _: Any) -> Iterator[Row]:
    content = content_fields(event.content)
    body, media, extra = content["body"], as_json(content["media"]), as_json(content["extra"])
    values = (content["type"], body, words_of(body), media, extra, event.quoted_message_id)
    yield sql.MESSAGE_REVEALED, (recorded.tenant, event.message_id, *values)


@projects.on(ev.MessageDeleted)
def _deleted(recorded: Recorded, event: ev.MessageDeleted, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_DELETED, (recorded.tenant, event.message_id, recorded.at)


@projects.on(ev.MessageReacted)
def _reacted(recorded: Recorded, event: ev.MessageReacted, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_REACTED, (recorded.tenant, event.message_id, event.by, event.emoji)


@projects.on(ev.MediaStored)
def _media_stored(recorded: Recorded, event: ev.MediaStored, _: Any) -> Iterator[Row]:
    conversation_id = ev.home_of(event, address_of(recorded.tenant, recorded.stream).id)
    digest = bytes.fromhex(event.sha256)
    values = (recorded.tenant, event.message_id, conversation_id, event.mime, event.bytes, digest, event.stored_as)
    yield sql.MEDIA_STORED, (*values, recorded.at)


@projects.on(ev.MediaLost)
def _media_lost(recorded: Recorded, event: ev.MediaLost, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_ERROR, (recorded.tenant, event.message_id, event.reason)


@projects.on(ev.SlaStarted, ev.SlaMoved, ev.SlaMet, ev.SlaBreached)
def _sla_clock(recorded: Recorded, event: Any, state: Conversation) -> Iterator[Row]:
    clock = clock_of(state, event.clock)
    if clock is not None and clock.started_at is not None:
        key = (recorded.tenant, address_of(recorded.tenant, recorded.stream).id, event.clock, clock.started_at)
        yield sql.SLA_CLOCK, (*key, clock.target_seconds, clock.due_at, clock.breached_at, clock.met_at)


@projects.on(ev.ConversationResolved)
def _resolved(recorded: Recorded, event: ev.ConversationResolved, state: Conversation) -> Iterator[Row]:
    conversation_id = address_of(recorded.tenant, recorded.stream).id
    key = (recorded.tenant, conversation_id, event.episode or state.episode)
    by = _ended_by(recorded, event)
    user = event.why.removeprefix("user:") if by == "user" else ""
    flow_id = event.flow_id
    if flow_id is None and event.why == "flow" and state.flows_done:
        flow_id = state.flows_done[-1]  # the first logs do not say which: the one that has just taken its last step
    yield sql.RESOLVED, (*key, event.resolved_at, by, int(user) if user.isdecimal() else None, flow_id)


def _ended_by(recorded: Recorded, event: ev.ConversationResolved) -> str:
    """What resolved it. The clock closes what fell silent: after the AI's word that is the AI's doing."""
    if event.why == "flow" or event.flow_id is not None:
        return "flow"
    if event.why == "auto_close":
        return "ai" if event.mode == "ai" else "timer"
    return "api" if recorded.actor.startswith("token:") else "user"


@projects.on(ev.ConversationReopened)
def _reopened(recorded: Recorded, event: ev.ConversationReopened, state: Conversation) -> Iterator[Row]:
    conversation_id = address_of(recorded.tenant, recorded.stream).id
    episode = (event.episode or state.episode) - 1
    yield sql.REOPENED, (recorded.tenant, conversation_id, episode, event.at or recorded.at)


@projects.on(ev.CsatRated)
def _rated(recorded: Recorded, event: ev.CsatRated, state: Conversation) -> Iterator[Row]:
    conversation_id = address_of(recorded.tenant, recorded.stream).id
    asked = (state.assigned_user_id, event.rated_at)
    yield sql.CSAT_RATED, (recorded.tenant, conversation_id, event.episode, event.rating, *asked)


@projects.on(ev.CsatCommented)
def _commented(recorded: Recorded, event: ev.CsatCommented, _: Any) -> Iterator[Row]:
    conversation_id = address_of(recorded.tenant, recorded.stream).id
    yield sql.CSAT_COMMENTED, (recorded.tenant, conversation_id, event.episode, event.comment)


@projects.on(ev.ConversationDeleted)
def _conversation_deleted(recorded: Recorded, event: ev.ConversationDeleted, _: Any) -> Iterator[Row]:
    conversation_id = address_of(recorded.tenant, recorded.stream).id
    yield contacts.PEERS_SWEPT, (recorded.tenant, conversation_id, None, recorded.at)
    yield sql.MEDIA_DROPPED, (recorded.tenant, conversation_id)
    if event.part_of is not None:
        yield sql.MEDIA_DROPPED, (recorded.tenant, event.part_of)
    yield sql.CSAT_DROPPED, (recorded.tenant, conversation_id)
    yield sql.SLA_DROPPED, (recorded.tenant, conversation_id)
    yield sql.RESOLUTIONS_DROPPED, (recorded.tenant, conversation_id)
    yield sql.SUMMARY_DROPPED, (recorded.tenant, conversation_id)
    yield sql.SEEN_DROPPED, (recorded.tenant, conversation_id)
    yield sql.MESSAGES_DROPPED, (recorded.tenant, conversation_id)
    yield sql.FACETS_DROPPED, (recorded.tenant, conversation_id)
    yield sql.CONVERSATION_DROPPED, (recorded.tenant, conversation_id)
    yield log.SNAPSHOT_DROPPED, (recorded.tenant, recorded.stream)
    yield log.EARLIER_SNAPSHOT_DROPPED, (recorded.tenant, recorded.stream)
    yield log.KEY_DESTROYED, (recorded.tenant, recorded.stream)
    yield log.ANSWERS_DROPPED, (recorded.tenant, recorded.stream)
    yield log.PARKED_DROPPED, (recorded.tenant, recorded.stream)
    yield contacts.CONVERSATIONS_UNMERGED, (recorded.tenant, conversation_id)
