"""What the agenda's decisions need to know beside it: whether a contact is there, and what notes stay."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from plixa.actors.scheduling import commands as cmd
from plixa.actors.scheduling.state import Agenda
from plixa.engine.clock import Clock
from plixa.storage.contacts.reads import get_card
from plixa.storage.feature import Prepare
from plixa.storage.postgres.bridge import Database


def agenda(database: Database, _clock: Clock) -> Prepare:
    """The look-ups of the `agenda` kind."""

    async def prepare(_state: Agenda, command: Any, tenant: int, _house: Any) -> Any:
        match command:
            case cmd.Book(contact_id=int()):
                return await database.run(_of_contact, tenant, command)
            case cmd.Edit():
                return await database.run(_edit, tenant, command)
            case _:
                return command

    return prepare


async def _of_contact(connection: Any, tenant: int, command: cmd.Book | cmd.Edit) -> Any:
    card = await get_card(connection, tenant, command.contact_id or 0)
    return replace(command, contact_known=card is not None and card.merged_into is None)


async def _edit(connection: Any, tenant: int, command: cmd.Edit) -> Any:
    """With the notes that stay, so that the event that follows says all that is there."""
    if command.contact_id is not None:
        command = await _of_contact(connection, tenant, command)
    if "notes" in command.fields:
        return command
    notes = await connection.fetchval(
        "select notes from appointments where tenant_id = $1 and id = $2", tenant, command.appointment_id
    )
    return replace(command, notes=notes)
