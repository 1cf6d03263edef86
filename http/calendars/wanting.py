"""What should stand in a member's calendar, as the agenda says now: service and first name, no more."""

from __future__ import annotations

from collections.abc import Sequence

from plixa.actors.scheduling.events import Claim
from plixa.actors.scheduling.view import shown_at
from plixa.http.api.services import Services
from plixa.http.calendars.mirror import Wanted
from plixa.http.scheduling.asking import Book, open_book
from plixa.storage.calendars import mirrored

LONGEST = 120


async def wanted_of(services: Services, tenant: int, user_id: int) -> dict[int, Wanted]:
    """All of a provider, by appointment."""
    book = await open_book(services, tenant)
    days = book.agenda.days.values()
    return await _wanted(services, tenant, book, [each for day in days for each in day.values() if _is(each, user_id)])


async def wanted_one(services: Services, tenant: int, appointment: int) -> tuple[int | None, Wanted | None]:
    """Whose an appointment is, and what should stand there; nothing where it is cancelled or forgotten."""
    book = await open_book(services, tenant)
    claim = book.agenda.find(appointment)
    if claim is None or claim.provider_id is None:
        return None, None
    if not _is(claim, claim.provider_id):
        return claim.provider_id, None
    return claim.provider_id, (await _wanted(services, tenant, book, [claim]))[appointment]


def _is(claim: Claim, user_id: int) -> bool:
    return claim.provider_id == user_id and claim.status != "cancelled"


async def _wanted(services: Services, tenant: int, book: Book, claims: Sequence[Claim]) -> dict[int, Wanted]:
    whose = [each.contact_id for each in claims if each.contact_id is not None]
    names = await services.database.run(mirrored.first_names, tenant, whose) if whose else {}
    return {each.id: _one(each, book, names.get(each.contact_id or 0)) for each in claims}


def _one(claim: Claim, book: Book, name: str | None) -> Wanted:
    service = book.offering.services.get(claim.service_id)
    said = [service.name if service is not None else "Plixa", name]
    zone, (start, end) = book.offering.zone_of(claim.provider_id), claim.span
    return Wanted(
        appointment_id=claim.id,
        start=start,
        end=end,
        summary=" - ".join(filter(None, said))[:LONGEST],
        zone=zone,
        start_text=shown_at(start, zone).isoformat(),
        end_text=shown_at(end, zone).isoformat(),
        tentative=claim.status == "pending",
    )
