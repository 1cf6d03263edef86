"""Which rows follow from the address book's events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plixa.actors.contacts import importing, joining, merging, opting, records, routing as contacts
from plixa.actors.contacts.names import searchable
from plixa.engine.events import Recorded
from plixa.storage.contacts import statements as sql
from plixa.storage.contacts.peers import peer_keys
from plixa.storage.eventlog import statements as log
from plixa.storage.eventlog.codec import as_json
from plixa.storage.eventlog.statement import Row
from plixa.storage.feature import Projector
from plixa.storage.scheduling import statements as agenda

AGENDA = "agenda-1"
"""The stream of all appointments; whose they are, its stored answers and dead letters say, too."""
projects = Projector()


@projects.on(records.ContactAdded)
def _contact(recorded: Recorded, event: records.ContactAdded, _: Any) -> Iterator[Row]:
    name, at = event.name, event.added_at
    values = (recorded.tenant, event.contact_id, event.phone, name, searchable(name), event.notes, at, at)
    yield sql.CONTACT_ADDED, values


@projects.on(records.ContactChanged)
def _contact_changed(recorded: Recorded, event: records.ContactChanged, _: Any) -> Iterator[Row]:
    name, notes = event.name, event.notes
    yield sql.CONTACT_CHANGED, (recorded.tenant, event.contact_id, name, searchable(name), notes, recorded.at)


@projects.on(records.ContactLabelled, records.ContactUnlabelled)
def _contact_labels(recorded: Recorded, event: Any, _: Any) -> Iterator[Row]:
    statement = sql.CONTACT_LABELLED if isinstance(event, records.ContactLabelled) else sql.CONTACT_UNLABELLED
    for label_id in event.label_ids:
        yield statement, (recorded.tenant, event.contact_id, label_id)
    yield sql.CONTACT_TOUCHED, (recorded.tenant, event.contact_id, recorded.at)


@projects.on(records.ContactValued)
def _contact_valued(recorded: Recorded, event: records.ContactValued, _: Any) -> Iterator[Row]:
    for definition_id, value in event.values.items():
        key = (recorded.tenant, event.contact_id, definition_id)
        yield (sql.CONTACT_UNVALUED, key) if value is None else (sql.CONTACT_VALUED, (*key, value))
    yield sql.CONTACT_TOUCHED, (recorded.tenant, event.contact_id, recorded.at)


@projects.on(opting.ContactOpted)
def _contact_opted(recorded: Recorded, event: opting.ContactOpted, _: Any) -> Iterator[Row]:
    yield sql.CONTACT_OPTED, (recorded.tenant, event.contact_id, event.opted_out_at, recorded.at)


@projects.on(records.ContactErased)
def _contact_erased(recorded: Recorded, event: records.ContactErased, _: Any) -> Iterator[Row]:
    contact = (recorded.tenant, event.contact_id)
    yield sql.PEERS_SWEPT, (recorded.tenant, None, event.contact_id, recorded.at)
    yield sql.CONTACT_DROPPED, contact
    yield sql.CONTACT_LABELS_DROPPED, contact
    yield sql.CONTACT_VALUES_DROPPED, contact
    yield sql.MERGES_DROPPED, contact
    yield log.KEY_DESTROYED, (recorded.tenant, event.sealed_for(recorded.stream))
    # Stored answers and dead letters of the whole address book, for they may name this contact. Its requests do no
    # harm when they are repeated.
    yield log.ANSWERS_DROPPED, (recorded.tenant, recorded.stream)
    yield log.PARKED_DROPPED, (recorded.tenant, recorded.stream)
    yield agenda.CONTACT_WIPED, contact
    yield log.ANSWERS_DROPPED, (recorded.tenant, AGENDA)
    yield log.PARKED_DROPPED, (recorded.tenant, AGENDA)


@projects.on(records.PeerKept)
def _peer_kept(recorded: Recorded, event: records.PeerKept, _: Any) -> Iterator[Row]:
    for jid in peer_keys(event.phone, event.lid):
        yield sql.PEER, (recorded.tenant, event.number_id, jid, None, event.conversation_id)


@projects.on(records.LabelForgotten)
def _label_forgotten(recorded: Recorded, event: records.LabelForgotten, _: Any) -> Iterator[Row]:
    yield sql.LABEL_FORGOTTEN, (recorded.tenant, event.label_id)


@projects.on(records.FieldForgotten)
def _field_forgotten(recorded: Recorded, event: records.FieldForgotten, _: Any) -> Iterator[Row]:
    yield sql.FIELD_FORGOTTEN, (recorded.tenant, event.definition_id)


@projects.on(merging.ContactMerged)
def _contact_merged(recorded: Recorded, event: merging.ContactMerged, _: Any) -> Iterator[Row]:
    tenant, conversations = recorded.tenant, "{" + ",".join(map(str, event.conversations)) + "}"
    made = (tenant, event.merge_id, event.contact_id, event.into_id, as_json(event.gained), conversations)
    yield sql.MERGE_MADE, (*made, recorded.at)
    yield sql.CONTACT_MERGED, (tenant, event.contact_id, event.into_id, recorded.at)
    yield sql.CONTACT_TOUCHED, (tenant, event.into_id, recorded.at)


@projects.on(merging.ContactUnmerged)
def _contact_unmerged(recorded: Recorded, event: merging.ContactUnmerged, _: Any) -> Iterator[Row]:
    yield sql.MERGE_UNDONE, (recorded.tenant, event.merge_id, recorded.at)
    yield sql.CONTACT_MERGED, (recorded.tenant, event.contact_id, None, recorded.at)
    yield sql.CONTACT_TOUCHED, (recorded.tenant, event.into_id, recorded.at)


@projects.on(joining.MergeDecided)
def _merge_decided(recorded: Recorded, event: joining.MergeDecided, _: Any) -> Iterator[Row]:
    yield sql.PEERS_LED, (recorded.tenant, event.from_id, event.into_id)
    made = (recorded.tenant, event.from_id, event.into_id, event.merge_id, event.by, recorded.at)
    yield sql.CONVERSATIONS_MERGED, made


@projects.on(joining.MergeDropped)
def _merge_dropped(recorded: Recorded, event: joining.MergeDropped, _: Any) -> Iterator[Row]:
    yield sql.CONVERSATIONS_UNMERGED, (recorded.tenant, event.from_id)


@projects.on(importing.ImportStarted)
def _import_started(recorded: Recorded, event: importing.ImportStarted, _: Any) -> Iterator[Row]:
    values = (recorded.tenant, event.import_id, event.by, "running", event.total, as_json(event.problems))
    yield sql.IMPORT_STARTED, (*values, event.started_at)


@projects.on(importing.ImportProgressed)
def _import_progressed(recorded: Recorded, event: importing.ImportProgressed, _: Any) -> Iterator[Row]:
    counts = (event.done, event.added, event.changed, event.unchanged, event.failed, event.merged)
    yield sql.IMPORT_PROGRESSED, (recorded.tenant, event.import_id, *counts, as_json(event.problems))


@projects.on(importing.ImportFinished)
def _import_finished(recorded: Recorded, event: importing.ImportFinished, _: Any) -> Iterator[Row]:
    yield sql.IMPORT_FINISHED, (recorded.tenant, event.import_id, event.status, event.reason, recorded.at)
    yield sql.IMPORT_FILE_DROPPED, (recorded.tenant, event.import_id)


@projects.on(contacts.ContactIdentified)
def _contact_identified(recorded: Recorded, event: contacts.ContactIdentified, _: Any) -> Iterator[Row]:
    yield sql.CONTACT_PHONE, (recorded.tenant, event.contact_id, event.phone, recorded.at)


@projects.on(contacts.PeerRouted)
def _peer(recorded: Recorded, event: contacts.PeerRouted, _: Any) -> Iterator[Row]:
    for jid in peer_keys(event.phone, event.lid):
        yield sql.PEER, (recorded.tenant, event.number_id, jid, event.contact_id, event.conversation_id)


@projects.on(records.ConversationUnrouted)
def _unrouted(recorded: Recorded, event: records.ConversationUnrouted, _: Any) -> Iterator[Row]:
    yield sql.PEERS_DROPPED, (recorded.tenant, event.conversation_id)
