"""Who waits for a time to become free. The chat fills it; what becomes free is offered from the agenda."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from typing_extensions import TypedDict

from plixa.actors.scheduling import commands as cmd
from plixa.actors.scheduling.view import shown_entry
from plixa.http.api import Answer, Call, route
from plixa.http.scheduling.asking import ask_agenda, open_book

TAG = "Scheduling — waitlist"


class ShownWish(TypedDict):
    weekday: int | None
    date: date | None
    part: Literal["morning", "afternoon", "evening"] | None


class Offered(TypedDict):
    appointment_id: int
    start: datetime
    provider_id: int | None
    until: datetime


class WaitingEntry(TypedDict):
    id: int
    service_id: int
    provider_id: int | None
    contact_id: int
    conversation_id: int | None
    wishes: list[ShownWish]
    status: Literal["waiting", "offered"]
    offered: Offered | None
    created_at: datetime


@route("GET", "/v1/scheduling/waitlist", tag=TAG, answer=list[WaitingEntry])
async def list_waitlist(call: Call) -> Answer:
    """List who waits

    First come, first served. `offered` is what is held for them while they think; it is an appointment that is pending.
    """
    agenda = (await open_book(call.services, call.tenant)).agenda
    entries = sorted(agenda.waiting.values(), key=lambda each: each.id)
    return Answer([shown_entry(each, agenda.find(each.offered) if each.offered else None) for each in entries])


@route("DELETE", "/v1/scheduling/waitlist/{entry_id}", tag=TAG, status=204)
async def remove_from_waitlist(call: Call) -> Answer:
    """Remove a waitlist entry

    What is held for them is free again.
    """
    await ask_agenda(call, cmd.LeaveWaitlist(entry_id=call.params["entry_id"]))
    return Answer(status=204)
