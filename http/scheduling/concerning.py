"""Which appointments a notice of a change is about, whether it is still so, and what can be done from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plixa.actors.scheduling.catalogue import BOOKING
from plixa.actors.scheduling.events import Claim
from plixa.actors.scheduling.phrases import Phrase, when
from plixa.actors.scheduling.state import Agenda
from plixa.actors.scheduling.telling import OF_STAFF
from plixa.actors.scheduling.view import shown_at
from plixa.actors.scheduling.walls import minute_of
from plixa.http.scheduling.asking import Book
from plixa.http.scheduling.subjects import Subject

Request = Mapping[str, Any]
STANDS = ("staff_booked", "staff_moved", "approved", "paid", "booked", "moved", "confirmed")
"""After these words it is theirs."""


def concerned(request: Request, agenda: Agenda) -> list[Claim]:
    """The appointments that are remembered: one, a series that was booked, or what was cancelled in one go."""
    ids: Sequence[int] = request.get("along") or [request["appointment_id"]]
    claims = [claim for claim in map(agenda.find, ids) if claim is not None]
    return series_of(claims[0], agenda) if claims and request["what"] == "staff_booked" else claims


def series_of(claim: Claim, agenda: Agenda) -> list[Claim]:
    """An appointment and what holds of its series."""
    if claim.series_id is None:
        return [claim]
    return [each for each in agenda.series(claim.series_id) if each.holds or each.id == claim.id]


def is_told(request: Request, claims: Sequence[Claim], book: Book) -> bool:
    """Whether the business wants it told, where it has done it itself; and it is so still."""
    if request["what"] not in OF_STAFF or not claims:
        return True
    if not BOOKING.of(book.workspace).tell_customers:
        return False
    if request["what"] == "staff_cancelled":
        return not any(each.holds for each in claims)
    return claims[0].holds and claims[0].revision == request["revision"]


def ways_on(what: str, claims: Sequence[Claim]) -> tuple[Subject | None, Sequence[Phrase]]:
    """What can be done with what is theirs; with a series, only what does not ask for one of it."""
    if what not in STANDS or not claims or claims[0].status != "confirmed":
        return None, ()
    subject = Subject("mine", ((claims[0].id, claims[0].revision),))
    return subject, ("file",) if len(claims) > 1 or claims[0].series_id is not None else ("file", "move", "cancel")


def held_until(claim: Claim, book: Book) -> str:
    """Until when it is held, on the wall where it takes place."""
    if claim.holds_until is None:
        return ""
    zone = book.offering.zone_of(claim.provider_id)
    return when(shown_at(minute_of(claim.holds_until), zone), book.workspace.locale)
