"""What a conversation's decisions need to know beyond its memory, looked up inside the actor's turn.

Being inside the turn matters: nothing of this actor can change between the look-up and the decision.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from plixa.actors.contacts.custom_fields import CUSTOM_FIELDS
from plixa.actors.conversation import commands as cmd
from plixa.actors.conversation.flowing import leads_to_a_flow
from plixa.actors.conversation.state import Conversation
from plixa.actors.whatsapp.gateway import MessageSeen
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import EffectDone, EffectFailed, TimerFired
from plixa.engine.clock import Clock
from plixa.storage.contacts import reads as contacts
from plixa.storage.conversation import merges, messages as reads
from plixa.storage.feature import Prepare
from plixa.storage.postgres.batched import BatchedRead
from plixa.storage.postgres.bridge import Database

FRESH = timedelta(minutes=1)
ByKey = BatchedRead[reads.Key, tuple[int, cmd.KnownMessage]]


def conversation(database: Database, clock: Clock) -> Prepare:
    """The look-ups of the `conversation` kind."""
    by_key = BatchedRead(database, reads.find_messages)

    async def prepare(state: Conversation, command: Any, tenant: int, workspace: Any) -> Any:
        match command:
            case cmd.StartFlow() | TimerFired() | EffectDone() | EffectFailed() if leads_to_a_flow(
                state, command, workspace
            ):
                return await _with_fields(database, state, command, tenant, workspace)
            case cmd.TakeMessage():
                return await _with_past(database, by_key, state, command, tenant, clock.now())
            case EffectDone(about=("send", _), result={"key_id": key_id}):
                found = await by_key.get((tenant, state.number_id, key_id))
                return msgspec.structs.replace(command, result={**command.result, "taken": found is not None})
            case cmd.TakeUpdate(update=update) if state.find_key(update.key_id) is None:
                found = await by_key.get((tenant, state.number_id, update.key_id))
                return msgspec.structs.replace(command, known=found[1] if found else None)
            case cmd.Absorb(part=part) if part.id not in state.parts:
                return await database.run(_with_survey_of_both, tenant, state, command)
            case cmd.Send() if not state.begun and command.contact_id:
                card = await database.run(contacts.get_card, tenant, command.contact_id)
                return msgspec.structs.replace(command, name=card.name if card else None)
            case cmd.Send() if command.based_on is not None:
                ids = [state.id, *state.parts]
                newer = await database.run(reads.inbound_since, tenant, ids, command.based_on)
                return await _with_quote(database, state, msgspec.structs.replace(command, newer=newer), tenant)
            case cmd.Send() | cmd.AddNote():
                return await _with_quote(database, state, command, tenant)
            case _:
                return command

    return prepare


async def _with_survey_of_both(connection: Any, tenant: int, state: Conversation, command: cmd.Absorb) -> cmd.Absorb:
    """With what the tables say of the two that become one. Nothing of either changes meanwhile."""
    seen = await merges.seen(connection, tenant, [state.id, command.part.id])
    last = await merges.last_message(connection, tenant, command.part.last_message_id)
    return msgspec.structs.replace(command, seen=seen, last=last)


async def _with_past(
    database: Database, by_key: ByKey, state: Conversation, command: cmd.TakeMessage, tenant: int, now: datetime
) -> cmd.TakeMessage:
    seen, number_id = command.seen, command.number_id
    if seen.quoted_key_id and state.find_key(seen.quoted_key_id) is None:
        found = await by_key.get((tenant, number_id, seen.quoted_key_id))
        known = found[1] if found is not None and found[0] == state.id else None
        command = msgspec.structs.replace(command, quoted=known)
    if not state.begun:
        card = await database.run(contacts.get_card, tenant, command.contact_id)
        command = msgspec.structs.replace(command, called=None if card is None else card.name or "")
    if state.last_message_id is None or len(state.recent) == 1:
        greeted = await database.run(reads.is_greeted, tenant, command.contact_id)
        command = msgspec.structs.replace(command, greeted=greeted)
    if _may_be_erased(state, seen, now):
        erased = await database.run(reads.is_erased, tenant, number_id, seen.key_id)
        command = msgspec.structs.replace(command, erased=erased)
    return command


def _may_be_erased(state: Conversation, seen: MessageSeen, now: datetime) -> bool:
    """Only what is not fresh can have been erased: a late retry of the gateway's, or a look-back."""
    return not state.contact_id or now - seen.sent_at > FRESH


async def _with_fields(database: Database, state: Conversation, command: Any, tenant: int, workspace: Workspace) -> Any:
    """With what the address book holds of the contact, by the fields' keys."""
    values = await database.run(contacts.values_of, tenant, state.contact_id)
    fields = CUSTOM_FIELDS.of(workspace)
    kept = {key: value for id_, value in values.items() if id_ in fields and (key := fields[id_].key)}
    return cmd.Informed(command=command, contact=kept) if kept else command


async def _with_quote(
    database: Database, state: Conversation, command: cmd.Send | cmd.AddNote, tenant: int
) -> cmd.Send | cmd.AddNote:
    quoted = command.quoted_message_id
    if quoted is None or state.find(quoted) is not None:
        return command
    known = await database.run(reads.find_message_by_id, tenant, [state.id], quoted)
    return msgspec.structs.replace(command, quoted=known)
