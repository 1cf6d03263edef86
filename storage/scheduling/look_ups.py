"""What the agenda's decisions need to know beside it: whether a contact is there, what notes stay, and what providers
have in calendars of their own."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from plixa.actors.calendars.links import LINKS
from plixa.actors.scheduling import commands as cmd
from plixa.actors.scheduling.guard import HORIZON_DAYS, LOOK_DAYS
from plixa.actors.scheduling.spans import Span
from plixa.actors.scheduling.state import Agenda
from plixa.actors.scheduling.walls import DAY, minute_of
from plixa.engine.clock import Clock
from plixa.storage.calendars.busy import busy_of
from plixa.storage.contacts.reads import get_card
from plixa.storage.feature import Prepare
from plixa.storage.postgres.bridge import Database

AROUND = (LOOK_DAYS + 2) * DAY
LONGEST_STEP = 31 * DAY
"""Of a series, from one to the next."""
AHEAD = (HORIZON_DAYS + 3) * DAY
"""Further ahead nothing is offered to who waits."""
GIVES_A_TIME = (cmd.Approve, cmd.Pay)
"""Who says yes, or has paid late, gets a time as things stand by then."""


def agenda(database: Database, clock: Clock) -> Prepare:
    """The look-ups of the `agenda` kind."""

    async def prepare(state: Agenda, command: Any, tenant: int, workspace: Any) -> Any:
        command = await whole(command, tenant, workspace)
        if not LINKS.of(workspace).of or not (state.waiting or isinstance(command, GIVES_A_TIME)):
            return command
        today = minute_of(clock.now()) - DAY
        return cmd.Seeing(command, await database.run(busy_of, tenant, today, today + AHEAD))

    async def whole(command: Any, tenant: int, workspace: Any) -> Any:
        if isinstance(command, cmd.Book | cmd.Reschedule) and LINKS.of(workspace).of and not command.busy:
            first, last = _within(command)
            command = replace(command, busy=await database.run(busy_of, tenant, first, last))
        match command:
            case cmd.Book(contact_id=int()):
                return await database.run(_of_contact, tenant, command)
            case cmd.Edit():
                return await database.run(_edit, tenant, command)
            case _:
                return command

    return prepare


def _within(command: cmd.Book | cmd.Reschedule) -> Span:
    """As far as it may matter: what is booked, and what could be had instead."""
    more = command.occurrences * LONGEST_STEP if isinstance(command, cmd.Book) else 0
    return command.start - AROUND, command.start + more + AROUND


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
