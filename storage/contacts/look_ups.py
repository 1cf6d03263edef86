"""What the address book's decisions need to know: the contacts that a command speaks of, as they are in this turn."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from plixa.actors.contacts import gathering, importing, joining, merging, opting, records
from plixa.actors.contacts.routing import Resolve
from plixa.actors.contacts.state import Contacts
from plixa.engine.clock import Clock
from plixa.storage.contacts import peers, reads
from plixa.storage.conversation import merges
from plixa.storage.feature import Prepare
from plixa.storage.postgres.bridge import Database

OfOne = (
    records.ChangeContact
    | records.AttachLabel
    | records.DetachLabel
    | records.SetValues
    | records.LearnName
    | opting.OptOut
)


def contacts(database: Database, _clock: Clock) -> Prepare:
    """The look-ups of the `contacts` kind."""

    async def prepare(_state: Contacts, command: Any, tenant: int, _workspace: Any) -> Any:
        match command:
            case Resolve():
                found = await database.run(peers.find_peer, tenant, command.number_id, command.peer)
                return replace(command, found=found)
            case records.AddContact():
                known = await database.run(reads.cards_by_phone, tenant, [command.phone])
                return replace(command, known=known.get(command.phone))
            case (
                records.ChangeContact()
                | records.AttachLabel()
                | records.DetachLabel()
                | records.SetValues()
                | records.LearnName()
                | records.EraseContact()
                | opting.OptOut()
                | merging.Merge()
                | merging.Unmerge()
            ):
                return await database.run(_about, tenant, command)
            case joining.MergeConversations():
                sides = await database.run(merges.sides, tenant, [command.into_id, command.from_id])
                return replace(command, into=sides.get(command.into_id), other=sides.get(command.from_id))
            case gathering.Gather():
                phones = [phone for phone, _ in command.people]
                return replace(command, known=await database.run(reads.cards_by_phone, tenant, phones))
            case importing.ImportRows() | importing.EndImport():
                return await database.run(_import, tenant, command)
            case _:
                return command

    return prepare


async def _about(
    connection: Any, tenant: int, command: OfOne | records.EraseContact | merging.Merge | merging.Unmerge
) -> Any:
    """The contact itself, and what else the command must know."""
    known = await reads.get_card(connection, tenant, command.contact_id)
    command = replace(command, known=known)
    match command:
        case records.EraseContact():
            family = await reads.family_of(connection, tenant, command.contact_id)
            led = {"peers": family.peers, "conversations": family.conversations, "unopened": family.unopened}
            return replace(command, family=family.ids, **led)
        case merging.Merge():
            other = await reads.get_card(connection, tenant, command.from_id)
            family = await reads.family_of(connection, tenant, command.from_id)
            return replace(command, other=other, conversations=family.conversations)
        case merging.Unmerge():
            return await _unmerge(connection, tenant, command)
        case _:
            return command


async def _unmerge(connection: Any, tenant: int, command: merging.Unmerge) -> merging.Unmerge:
    """Its conversations are those that it came with, and those that were begun under its addresses since."""
    found = await reads.get_merge(connection, tenant, command.contact_id, command.merge_id)
    if found is None:
        return command
    merge, came_with = found
    other = await reads.get_card(connection, tenant, merge.from_id)
    since = (await reads.family_of(connection, tenant, merge.from_id)).conversations
    joined = await merges.crosses(connection, tenant, came_with, since)
    conversations = tuple(sorted({*came_with, *since}))
    return replace(command, merge=merge, other=other, conversations=conversations, joined=joined)


async def _import(connection: Any, tenant: int, command: importing.ImportRows | importing.EndImport) -> Any:
    command = replace(command, job=await reads.get_job(connection, tenant, command.import_id))
    if isinstance(command, importing.EndImport):
        return command
    phones = [row.phone for row in command.rows if not row.unusable]
    return replace(command, known=await reads.cards_by_phone(connection, tenant, phones))
