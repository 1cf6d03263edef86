"""Which read-model rows follow from events. The only place that says so: commits and `plixa rebuild` both use it.

Rows follow from an event and its envelope alone; a conversation's own are functions of its state: `state_rows.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from plixa.actors.contacts import importing, joining, merging, records, routing as contacts
from plixa.actors.contacts.names import folded
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
from plixa.actors.people import accounts as people, team
from plixa.actors.whatsapp import number
from plixa.actors.workspace import events as ws
from plixa.engine.events import Recorded
from plixa.engine.ports import address_of
from plixa.storage.conversation import moving, statements as sql
from plixa.storage.conversation.words import words_of
from plixa.storage.eventlog.codec import as_json
from plixa.storage.eventlog.statement import Row

F = TypeVar("F", bound=Callable[..., Iterator[Row]])
_rules: dict[type[Any], Callable[[Recorded, Any, Any], Iterator[Row]]] = {}


def _on(*classes: type[Any]) -> Callable[[F], F]:
    def register(rule: F) -> F:
        for cls in classes:
            _rules[cls] = rule
        return rule

    return register


def rows(recorded: Recorded, state: Any) -> Iterator[Row]:
    """The rows of one event, given its actor's state after the whole commit."""
    rule = _rules.get(type(recorded.event))
    if rule is not None:
        yield from rule(recorded, recorded.event, state)


# -- conversations ----------------------------------------------------------------------------------------------------


@_on(ev.MessageReceived, ev.MessageEchoed, ev.MessageQueued, ev.MessageNoted)
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
    reader = seen_by_writing(event)
    if reader is not None:
        yield _seen_row(recorded, reader, event.message_id)


@_on(ev.ConversationSeen)
def _seen(recorded: Recorded, event: ev.ConversationSeen, _: Any) -> Iterator[Row]:
    yield _seen_row(recorded, event.user_id, event.upto)


@_on(ev.ConversationMerged)
def _conversation_merged(recorded: Recorded, event: ev.ConversationMerged, _: Any) -> Iterator[Row]:
    """Its own rows go; what hangs on it goes to the survivor, as soon as that has taken it."""
    merged = (recorded.tenant, address_of(recorded.tenant, recorded.stream).id)
    for statement in (sql.SUMMARY_DROPPED, sql.FACETS_DROPPED, sql.CONVERSATION_DROPPED):
        yield statement, merged


@_on(ev.ConversationAbsorbed)
def _conversation_absorbed(recorded: Recorded, event: ev.ConversationAbsorbed, _: Any) -> Iterator[Row]:
    tenant, into_id = recorded.tenant, address_of(recorded.tenant, recorded.stream).id
    merged = (tenant, event.from_id)
    for statement in (moving.MESSAGES_MOVED, moving.MEDIA_MOVED, moving.SLA_MOVED):
        yield statement, (*merged, into_id)
    for statement in (moving.CSAT_MOVED, moving.RESOLUTIONS_MOVED):
        yield statement, (*merged, into_id, event.shift)
    yield from ((sql.SLA_DROPPED, merged), (sql.SEEN_DROPPED, merged), (sql.SUMMARY_DROPPED, (tenant, into_id)))
    for user_id, upto in event.seen.items():
        yield _seen_row(recorded, user_id, upto)


def _seen_row(recorded: Recorded, user_id: int, upto: int) -> Row:
    """It only ever moves forward, for ids grow; save by a merge, which brings what is older and not read."""
    return sql.SEEN, (recorded.tenant, address_of(recorded.tenant, recorded.stream).id, user_id, upto)


@_on(ev.MessageSending)
def _sending(recorded: Recorded, event: ev.MessageSending, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_STATUS, (recorded.tenant, event.message_id, "sending", None)


@_on(ev.MessageNumbered)
def _numbered(recorded: Recorded, event: ev.MessageNumbered, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_NUMBERED, (recorded.tenant, event.message_id)


@_on(ev.MessageSent)
def _sent(recorded: Recorded, event: ev.MessageSent, _: Any) -> Iterator[Row]:
    if event.key_id is None:
        yield sql.MESSAGE_STATUS, (recorded.tenant, event.message_id, "sent", None)
    else:
        yield sql.MESSAGE_SENT, (recorded.tenant, event.message_id, "sent", None, event.key_id)


@_on(ev.MessageDeferred)
def _deferred(recorded: Recorded, event: ev.MessageDeferred, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_STATUS, (recorded.tenant, event.message_id, "queued", event.reason)


@_on(ev.MessageFailed)
def _failed(recorded: Recorded, event: ev.MessageFailed, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_STATUS, (recorded.tenant, event.message_id, "failed", event.reason)


@_on(ev.MessageUncertain, ev.MessageLeftInDoubt)
def _uncertain(recorded: Recorded, event: ev.MessageUncertain | ev.MessageLeftInDoubt, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_STATUS, (recorded.tenant, event.message_id, "unknown", event.reason)


@_on(ev.MessageTicked)
def _ticked(recorded: Recorded, event: ev.MessageTicked, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_STATUS, (recorded.tenant, event.message_id, event.status, tick_error(event))


@_on(ev.MessageEdited)
def _edited(recorded: Recorded, event: ev.MessageEdited, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_EDITED, (recorded.tenant, event.message_id, event.body, words_of(event.body), event.edited_at)


@_on(ev.MessageRevealed)
def _revealed(recorded: Recorded, event: ev.MessageRevealed, _: Any) -> Iterator[Row]:
    content = content_fields(event.content)
    body, media, extra = content["body"], as_json(content["media"]), as_json(content["extra"])
    values = (content["type"], body, words_of(body), media, extra, event.quoted_message_id)
    yield sql.MESSAGE_REVEALED, (recorded.tenant, event.message_id, *values)


@_on(ev.MessageDeleted)
def _deleted(recorded: Recorded, event: ev.MessageDeleted, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_DELETED, (recorded.tenant, event.message_id, recorded.at)


@_on(ev.MessageReacted)
def _reacted(recorded: Recorded, event: ev.MessageReacted, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_REACTED, (recorded.tenant, event.message_id, event.by, event.emoji)


@_on(ev.MediaStored)
def _media_stored(recorded: Recorded, event: ev.MediaStored, _: Any) -> Iterator[Row]:
    conversation_id = ev.home_of(event, address_of(recorded.tenant, recorded.stream).id)
    digest = bytes.fromhex(event.sha256)
    values = (recorded.tenant, event.message_id, conversation_id, event.mime, event.bytes, digest, event.stored_as)
    yield sql.MEDIA_STORED, (*values, recorded.at)


@_on(ev.MediaLost)
def _media_lost(recorded: Recorded, event: ev.MediaLost, _: Any) -> Iterator[Row]:
    yield sql.MESSAGE_ERROR, (recorded.tenant, event.message_id, event.reason)


@_on(ev.SlaStarted, ev.SlaMoved, ev.SlaMet, ev.SlaBreached)
def _sla_clock(recorded: Recorded, event: Any, state: Conversation) -> Iterator[Row]:
    clock = clock_of(state, event.clock)
    if clock is not None and clock.started_at is not None:
        key = (recorded.tenant, address_of(recorded.tenant, recorded.stream).id, event.clock, clock.started_at)
        yield sql.SLA_CLOCK, (*key, clock.target_seconds, clock.due_at, clock.breached_at, clock.met_at)


@_on(ev.ConversationResolved)
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


@_on(ev.ConversationReopened)
def _reopened(recorded: Recorded, event: ev.ConversationReopened, state: Conversation) -> Iterator[Row]:
    conversation_id = address_of(recorded.tenant, recorded.stream).id
    episode = (event.episode or state.episode) - 1
    yield sql.REOPENED, (recorded.tenant, conversation_id, episode, event.at or recorded.at)


@_on(ev.CsatRated)
def _rated(recorded: Recorded, event: ev.CsatRated, state: Conversation) -> Iterator[Row]:
    conversation_id = address_of(recorded.tenant, recorded.stream).id
    asked = (state.assigned_user_id, event.rated_at)
    yield sql.CSAT_RATED, (recorded.tenant, conversation_id, event.episode, event.rating, *asked)


@_on(ev.CsatCommented)
def _commented(recorded: Recorded, event: ev.CsatCommented, _: Any) -> Iterator[Row]:
    conversation_id = address_of(recorded.tenant, recorded.stream).id
    yield sql.CSAT_COMMENTED, (recorded.tenant, conversation_id, event.episode, event.comment)


@_on(ev.ConversationDeleted)
def _conversation_deleted(recorded: Recorded, event: ev.ConversationDeleted, _: Any) -> Iterator[Row]:
    conversation_id = address_of(recorded.tenant, recorded.stream).id
    yield sql.PEERS_SWEPT, (recorded.tenant, conversation_id, None, recorded.at)
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
    yield sql.SNAPSHOT_DROPPED, (recorded.tenant, recorded.stream)
    yield sql.EARLIER_SNAPSHOT_DROPPED, (recorded.tenant, recorded.stream)
    yield sql.KEY_DESTROYED, (recorded.tenant, recorded.stream)
    yield sql.ANSWERS_DROPPED, (recorded.tenant, recorded.stream)
    yield sql.PARKED_DROPPED, (recorded.tenant, recorded.stream)
    yield moving.CONVERSATIONS_UNMERGED, (recorded.tenant, conversation_id)


# -- contacts ---------------------------------------------------------------------------------------------------------


@_on(records.ContactAdded)
def _contact(recorded: Recorded, event: records.ContactAdded, _: Any) -> Iterator[Row]:
    name, at = event.name, event.added_at
    values = (recorded.tenant, event.contact_id, event.phone, name, folded(name), event.notes, at, at)
    yield sql.CONTACT_ADDED, values


@_on(records.ContactChanged)
def _contact_changed(recorded: Recorded, event: records.ContactChanged, _: Any) -> Iterator[Row]:
    name, notes = event.name, event.notes
    yield sql.CONTACT_CHANGED, (recorded.tenant, event.contact_id, name, folded(name), notes, recorded.at)


@_on(records.ContactLabelled, records.ContactUnlabelled)
def _contact_labels(recorded: Recorded, event: Any, _: Any) -> Iterator[Row]:
    statement = sql.CONTACT_LABELLED if isinstance(event, records.ContactLabelled) else sql.CONTACT_UNLABELLED
    for label_id in event.label_ids:
        yield statement, (recorded.tenant, event.contact_id, label_id)
    yield sql.CONTACT_TOUCHED, (recorded.tenant, event.contact_id, recorded.at)


@_on(records.ContactValued)
def _contact_valued(recorded: Recorded, event: records.ContactValued, _: Any) -> Iterator[Row]:
    for definition_id, value in event.values.items():
        key = (recorded.tenant, event.contact_id, definition_id)
        yield (sql.CONTACT_UNVALUED, key) if value is None else (sql.CONTACT_VALUED, (*key, value))
    yield sql.CONTACT_TOUCHED, (recorded.tenant, event.contact_id, recorded.at)


@_on(records.ContactErased)
def _contact_erased(recorded: Recorded, event: records.ContactErased, _: Any) -> Iterator[Row]:
    contact = (recorded.tenant, event.contact_id)
    yield sql.PEERS_SWEPT, (recorded.tenant, None, event.contact_id, recorded.at)
    yield sql.CONTACT_DROPPED, contact
    yield sql.CONTACT_LABELS_DROPPED, contact
    yield sql.CONTACT_VALUES_DROPPED, contact
    yield sql.MERGES_DROPPED, contact
    yield sql.KEY_DESTROYED, (recorded.tenant, event.sealed_for(recorded.stream))
    # Stored answers and parked commands of the whole address book, for they may name this contact. Its requests do no
    # harm when they are repeated.
    yield sql.ANSWERS_DROPPED, (recorded.tenant, recorded.stream)
    yield sql.PARKED_DROPPED, (recorded.tenant, recorded.stream)


@_on(records.PeerKept)
def _peer_kept(recorded: Recorded, event: records.PeerKept, _: Any) -> Iterator[Row]:
    for jid in peer_keys(event.phone, event.lid):
        yield sql.PEER, (recorded.tenant, event.number_id, jid, None, event.conversation_id)


@_on(records.LabelForgotten)
def _label_forgotten(recorded: Recorded, event: records.LabelForgotten, _: Any) -> Iterator[Row]:
    yield sql.LABEL_FORGOTTEN, (recorded.tenant, event.label_id)


@_on(records.FieldForgotten)
def _field_forgotten(recorded: Recorded, event: records.FieldForgotten, _: Any) -> Iterator[Row]:
    yield sql.FIELD_FORGOTTEN, (recorded.tenant, event.definition_id)


@_on(merging.ContactMerged)
def _contact_merged(recorded: Recorded, event: merging.ContactMerged, _: Any) -> Iterator[Row]:
    tenant, conversations = recorded.tenant, "{" + ",".join(map(str, event.conversations)) + "}"
    made = (tenant, event.merge_id, event.contact_id, event.into_id, as_json(event.gained), conversations)
    yield sql.MERGE_MADE, (*made, recorded.at)
    yield sql.CONTACT_MERGED, (tenant, event.contact_id, event.into_id, recorded.at)
    yield sql.CONTACT_TOUCHED, (tenant, event.into_id, recorded.at)


@_on(merging.ContactUnmerged)
def _contact_unmerged(recorded: Recorded, event: merging.ContactUnmerged, _: Any) -> Iterator[Row]:
    yield sql.MERGE_UNDONE, (recorded.tenant, event.merge_id, recorded.at)
    yield sql.CONTACT_MERGED, (recorded.tenant, event.contact_id, None, recorded.at)
    yield sql.CONTACT_TOUCHED, (recorded.tenant, event.into_id, recorded.at)


@_on(joining.MergeDecided)
def _merge_decided(recorded: Recorded, event: joining.MergeDecided, _: Any) -> Iterator[Row]:
    yield moving.PEERS_LED, (recorded.tenant, event.from_id, event.into_id)
    made = (recorded.tenant, event.from_id, event.into_id, event.merge_id, event.by, recorded.at)
    yield moving.CONVERSATIONS_MERGED, made


@_on(joining.MergeDropped)
def _merge_dropped(recorded: Recorded, event: joining.MergeDropped, _: Any) -> Iterator[Row]:
    yield moving.CONVERSATIONS_UNMERGED, (recorded.tenant, event.from_id)


@_on(importing.ImportStarted)
def _import_started(recorded: Recorded, event: importing.ImportStarted, _: Any) -> Iterator[Row]:
    values = (recorded.tenant, event.import_id, event.by, "running", event.total, as_json(event.problems))
    yield sql.IMPORT_STARTED, (*values, event.started_at)


@_on(importing.ImportProgressed)
def _import_progressed(recorded: Recorded, event: importing.ImportProgressed, _: Any) -> Iterator[Row]:
    counts = (event.done, event.added, event.changed, event.unchanged, event.failed)
    yield sql.IMPORT_PROGRESSED, (recorded.tenant, event.import_id, *counts, as_json(event.problems))


@_on(importing.ImportFinished)
def _import_finished(recorded: Recorded, event: importing.ImportFinished, _: Any) -> Iterator[Row]:
    yield sql.IMPORT_FINISHED, (recorded.tenant, event.import_id, event.status, event.reason, recorded.at)
    yield sql.IMPORT_FILE_DROPPED, (recorded.tenant, event.import_id)


@_on(contacts.ContactIdentified)
def _contact_identified(recorded: Recorded, event: contacts.ContactIdentified, _: Any) -> Iterator[Row]:
    yield sql.CONTACT_PHONE, (recorded.tenant, event.contact_id, event.phone, recorded.at)


@_on(contacts.PeerRouted)
def _peer(recorded: Recorded, event: contacts.PeerRouted, _: Any) -> Iterator[Row]:
    for jid in peer_keys(event.phone, event.lid):
        yield sql.PEER, (recorded.tenant, event.number_id, jid, event.contact_id, event.conversation_id)


def peer_keys(phone: str | None, lid: str | None) -> list[str]:
    """How the table `peers` writes the addresses of a peer."""
    return [*([f"p:{phone}"] if phone else []), *([f"l:{lid}"] if lid else [])]


@_on(records.ConversationUnrouted)
def _unrouted(recorded: Recorded, event: records.ConversationUnrouted, _: Any) -> Iterator[Row]:
    yield sql.PEERS_DROPPED, (recorded.tenant, event.conversation_id)


# -- workspace and numbers --------------------------------------------------------------------------------------------


@_on(ws.WorkspaceFounded)
def _workspace(recorded: Recorded, event: ws.WorkspaceFounded, _: Any) -> Iterator[Row]:
    yield sql.WORKSPACE, (recorded.tenant, event.name, event.slug, as_json(event))


@_on(ws.MemberJoined)
def _member(recorded: Recorded, event: ws.MemberJoined, _: Any) -> Iterator[Row]:
    values = (recorded.tenant, event.user_id, event.email, event.name, event.role, event.locale, False)
    yield sql.MEMBER, values


@_on(ws.MemberChanged)
def _member_changed(recorded: Recorded, event: ws.MemberChanged, state: Any) -> Iterator[Row]:
    member = state.members[event.user_id]
    yield sql.MEMBER, (recorded.tenant, member.id, member.email, event.name, member.role, event.locale, False)


@_on(people.MemberEmailVerified)
def _member_email(recorded: Recorded, event: people.MemberEmailVerified, state: Any) -> Iterator[Row]:
    member = state.members.get(event.user_id)
    if member is not None and event.was is not None:
        values = (recorded.tenant, member.id, event.email, member.name, member.role, member.locale, False)
        yield sql.MEMBER, values


@_on(team.MemberRemoved)
def _member_removed(recorded: Recorded, event: team.MemberRemoved, _: Any) -> Iterator[Row]:
    yield sql.MEMBER_REMOVED, (recorded.tenant, event.user_id, True)


@_on(ws.NumberAdded)
def _number(recorded: Recorded, event: ws.NumberAdded, _: Any) -> Iterator[Row]:
    values = (recorded.tenant, event.number_id, event.instance, "pending_qr", event.name, event.added_at, "{}")
    yield sql.NUMBER_ADDED, values


@_on(number.NumberStatus)
def _number_status(recorded: Recorded, event: number.NumberStatus, _: Any) -> Iterator[Row]:
    number_id = address_of(recorded.tenant, recorded.stream).id
    more = {"reason": event.reason, "why": event.why, "blind_since": event.blind_since, "changed_at": recorded.at}
    yield sql.NUMBER_STATUS, (recorded.tenant, number_id, event.status, event.phone, event.name, as_json(more))


@_on(number.NumberRenamed)
def _number_renamed(recorded: Recorded, event: number.NumberRenamed, _: Any) -> Iterator[Row]:
    yield sql.NUMBER_NAMED, (recorded.tenant, address_of(recorded.tenant, recorded.stream).id, event.name)


@_on(ws.NumberRemoved)
def _number_removed(recorded: Recorded, event: ws.NumberRemoved, _: Any) -> Iterator[Row]:
    yield sql.NUMBER_REMOVED, (recorded.tenant, event.number_id, True)
