"""Which rows follow from what happens to a ticket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from plixa.actors.desk import ticket as ev
from plixa.actors.desk.ticket import Ticket, first_response_due
from plixa.engine.events import Recorded
from plixa.engine.ports import address_of
from plixa.storage.desk import statements as sql
from plixa.storage.eventlog.codec import as_json
from plixa.storage.eventlog.statement import Row
from plixa.storage.feature import Projector, StateRows

projects = Projector()


@projects.on(ev.TicketOpened)
def _opened(recorded: Recorded, event: ev.TicketOpened, _: Any) -> Iterator[Row]:
    yield _message(recorded, event.message_id, ("user", event.by, event.name), event.body, event.files)
    yield from _files(recorded, event.files)


@projects.on(ev.TicketWritten)
def _written(recorded: Recorded, event: ev.TicketWritten, _: Any) -> Iterator[Row]:
    author = (event.who, event.author, event.name)
    yield _message(recorded, event.message_id, author, event.body, event.files)
    yield from _files(recorded, event.files)


@projects.on(ev.TicketNoted)
def _noted(recorded: Recorded, event: ev.TicketNoted, _: Any) -> Iterator[Row]:
    yield _message(recorded, event.message_id, ("admin", event.author, event.name), event.body, (), internal=True)


def _message(
    recorded: Recorded,
    id_: int,
    author: tuple[str, int, str],
    body: str,
    files: Sequence[ev.File],
    *,
    internal: bool = False,
) -> Row:
    ticket_id = address_of(recorded.tenant, recorded.stream).id
    return sql.MESSAGE, (recorded.tenant, id_, ticket_id, *author, internal, body, as_json(list(files)), recorded.at)


def _files(recorded: Recorded, files: Sequence[ev.File]) -> Iterator[Row]:
    ticket_id = address_of(recorded.tenant, recorded.stream).id
    for file in files:
        yield sql.FILE_TAKEN, (recorded.tenant, file.id, ticket_id)


def state_rows(tenant: int, state: Any, at: datetime) -> Iterator[Row]:
    """A ticket's own row."""
    if isinstance(state, Ticket) and state.opened_by and state.last is not None:
        yield sql.TICKET, _ticket(tenant, state, state.last, at)


def _ticket(tenant: int, state: Ticket, last: ev.LastMessage, at: datetime) -> tuple[object, ...]:
    rating = state.rating
    return (
        tenant,
        state.id,
        state.subject,
        state.status,
        state.priority,
        state.requested_priority,
        state.assignee,
        "{" + ",".join(map(str, state.tags)) + "}",
        state.opened_by,
        state.follows,
        state.messages,
        last.id,
        last.author,
        last.at,
        state.waiting_since,
        first_response_due(state),
        state.first_response_at,
        state.settled_at,
        None if rating is None else rating.rating,
        None if rating is None else rating.comment,
        state.opened_at,
        at,
    )


TICKETS = StateRows(
    state_rows, sql.TICKET, alike=("status", "priority", "assignee", "messages", "rating"), but="updated_at"
)
