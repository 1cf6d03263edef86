"""What is decided about appointments carries all that was said: whose it is, whose key seals it, when, by whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from msgspec.structs import replace
from tests.actors.agenda_minutes import utc
from tests.actors.given import Given
from tests.actors.test_agenda import ANA, ASKED, BIA, CUT, NOW, WEEK, ZONE, agenda, at, book, offering, refused

from plixa.actors.scheduling import commands as cmd, events as ev, waitlist
from plixa.actors.scheduling.offering import Provider, Resource, Service
from plixa.actors.scheduling.walls import minute_of
from plixa.engine.actor import Moment
from plixa.engine.errors import Invalid, NotFound
from plixa.engine.events import Event

LIA, EVA, TALK = 31, 32, 77
ROOMED = Service(id=9, name="Sala", duration_minutes=60, provider_ids=[ANA], resource_ids=[5, 6, 8])
ONLY = Service(id=1, name="Corte", duration_minutes=60, provider_ids=[ANA])


def booked(given: Given, when: str, service: Service = CUT, **more: Any) -> Sequence[Event]:
    command = cmd.Book(service_id=service.id, start=at(when), contact_id=LIA, conversation_id=TALK, **more)
    return given.when(command)


def test_a_booking_says_all_of_it() -> None:
    given = agenda()
    (event,) = booked(given, "1 09:00", provider_id=BIA, notes="Alergia", source="flow")
    assert isinstance(event, ev.AppointmentBooked)
    assert (event.appointment_id, event.zone, event.booked_at, event.notes) == (event.claim.id, ZONE, NOW, "Alergia")
    assert event.claim == ev.Claim(
        id=event.appointment_id,
        service_id=1,
        start=at("1 09:00"),
        minutes=60,
        provider_id=BIA,
        source="flow",
        contact_id=LIA,
        conversation_id=TALK,
        since=minute_of(NOW),
    )


def everything() -> Sequence[tuple[str, Sequence[Event]]]:
    """Each command that is about somebody's appointment, and what it leads to."""
    given, found = agenda(), list[tuple[str, Sequence[Event]]]()

    def done(name: str, command: Any) -> Sequence[Event]:
        found.append((name, given.when(command)))
        return found[-1][1]

    def anew(when: str, service: Service = CUT, **more: Any) -> int:
        (event,) = done("book", cmd.Book(service_id=service.id, start=at(when), contact_id=LIA, **more))
        return int(event.appointment_id)  # type: ignore[attr-defined]

    first = anew("1 09:00", notes="Alergia", conversation_id=TALK)
    done("move", cmd.Reschedule(appointment_id=first, start=at("1 11:00")))
    done("confirm", cmd.Confirm(appointment_id=first, revision=2))
    done("edit", cmd.Edit(appointment_id=first, fields=("notes",), notes="Nada"))
    done("arrived", cmd.Mark(appointment_id=first, status="arrived"))
    done("not arrived", cmd.Unmark(appointment_id=first, status="arrived"))
    done("cancel", cmd.Cancel(appointment_id=first, reason="Gripe"))
    asked = anew("8 10:00", ASKED, source="ai")
    done("approve", cmd.Approve(appointment_id=asked))
    declined = anew("9 10:00", ASKED, source="ai")
    done("decline", cmd.Decline(appointment_id=declined, reason="Feriado"))
    done("series", cmd.Book(service_id=CUT.id, start=at("14 09:00"), contact_id=LIA, repeat="weekly", occurrences=3))
    series = given.state.holding()[-1]
    done("cancel the series", cmd.Cancel(appointment_id=series.id, scope="all", reason="Gripe"))
    return found


@pytest.mark.parametrize(("name", "events"), everything(), ids=lambda each: each if isinstance(each, str) else "")
def test_what_is_said_of_somebodys_appointment_is_theirs(name: str, events: Sequence[Event]) -> None:
    """By the contact's own key, so that it goes with them; a claim that is told anew is the same person's."""
    about = [each for each in events if isinstance(each, ev.AboutAppointment)]
    assert about, name
    for each in about:
        assert each.contact_id == LIA
        assert each.sealed_for("agenda-1") == f"contact-{LIA}"
        claim = getattr(each, "claim", None)
        assert claim is None or (claim.id, claim.contact_id) == (each.appointment_id, LIA)


def test_a_change_says_when_by_whom_and_what_was_before() -> None:
    given = agenda()
    id_ = book(given, "1 09:00", contact_id=LIA).id
    (moved,) = given.when(cmd.Reschedule(appointment_id=id_, start=at("1 15:00"), by="contact", revision=1), 60)
    assert isinstance(moved, ev.AppointmentMoved)
    assert (moved.was, moved.claim.start, moved.claim.revision) == (at("1 09:00"), at("1 15:00"), 2)
    assert (moved.by, moved.moved_at, moved.zone) == ("contact", NOW + timedelta(seconds=60), ZONE)
    events = given.when(cmd.Cancel(appointment_id=id_, by="contact", reason="Gripe", revision=2))
    ended = next(each for each in events if isinstance(each, ev.AppointmentStatus))
    assert (ended.status, ended.was, ended.by, ended.how) == ("cancelled", "confirmed", "contact", "cancelled")
    assert (ended.reason, ended.at) == ("Gripe", NOW + timedelta(seconds=60))


@pytest.mark.parametrize(
    ("resource", "needed"),
    [(Resource(id=6, name="Sala", capacity=2), {5: 1, 6: 2}), (Resource(id=6, name="Sala", is_active=False), {5: 1})],
)
def test_a_room_that_is_out_of_use_or_gone_is_not_needed(resource: Resource, needed: dict[int, int]) -> None:
    house = offering(resources={5: Resource(id=5, name="Sala 1", capacity=1), 6: resource})
    assert house.units_of(ROOMED) == needed


def test_times_are_read_on_a_providers_wall_or_the_houses() -> None:
    here, there = Provider(ZONE, WEEK), Provider("Europe/Lisbon", WEEK)
    house = offering(providers={ANA: there, BIA: here})
    assert [house.zone_of(each) for each in (ANA, BIA, 99, None)] == ["Europe/Lisbon", ZONE, ZONE, ZONE]
    assert [house.zone_of_all(each) for each in ([ANA], [ANA, BIA], [])] == ["Europe/Lisbon", ZONE, ZONE]
    assert [house.providers_of(each) for each in (CUT, Service(id=8, name="Nada", duration_minutes=5))] == [
        [ANA, BIA],
        [None],
    ]


# -- who waits --------------------------------------------------------------------------------------------------------


def waiting(given: Given, contact: int = LIA, **more: Any) -> ev.Waiting:
    (joined,) = given.when(cmd.JoinWaitlist(service_id=1, contact_id=contact, **more))
    assert isinstance(joined, ev.WaitlistJoined)
    return joined.entry


def test_who_waits_waits_with_all_they_said_and_keeps_their_place() -> None:
    given = agenda(services={1: ONLY})
    wish = (ev.Wish(part="morning"),)
    entry = waiting(given, provider_id=ANA, conversation_id=TALK, wishes=wish)
    assert entry == ev.Waiting(
        id=entry.id, service_id=1, contact_id=LIA, created_at=NOW, provider_id=ANA, conversation_id=TALK, wishes=wish
    )
    again = {"service_id": 1, "contact_id": LIA, "provider_id": ANA, "conversation_id": TALK}
    assert given.when(cmd.JoinWaitlist(**again, wishes=wish), 60) == []  # type: ignore[arg-type]
    (anew,) = given.when(cmd.JoinWaitlist(**again, wishes=()))  # type: ignore[arg-type]
    assert isinstance(anew, ev.WaitlistJoined)
    assert (anew.entry.id, anew.entry.created_at, anew.entry.wishes) == (entry.id, NOW, ())
    assert given.when(cmd.LeaveWaitlist(entry_id=entry.id)) == [ev.WaitlistLeft(entry_id=entry.id, how="removed")]
    with pytest.raises(NotFound):
        given.when(cmd.LeaveWaitlist(entry_id=entry.id))


def test_an_offer_is_theirs_and_so_is_the_time_that_is_held() -> None:
    given = agenda(services={1: ONLY})
    taken = book(given, "4 10:00", ONLY).id
    entry = waiting(given, conversation_id=TALK)
    events = given.when(cmd.Cancel(appointment_id=taken))
    held = next(each for each in events if isinstance(each, ev.AppointmentBooked))
    offered = next(each for each in events if isinstance(each, ev.WaitlistOffered))
    assert (held.contact_id, held.claim.contact_id, held.claim.conversation_id) == (LIA, LIA, TALK)
    assert (held.claim.provider_id, held.claim.status, held.claim.holds_until) == (ANA, "pending", offered.until)
    assert offered == ev.WaitlistOffered(
        entry_id=entry.id,
        appointment_id=held.appointment_id,
        contact_id=LIA,
        start=at("4 10:00"),
        until=utc("2026-11-30T08:30-03:00"),
    )
    assert given.state.waiting[entry.id].offered == held.appointment_id


def test_who_waits_for_a_day_waits_until_it_is_over_everywhere_and_while_something_is_held() -> None:
    day, later = date(2026, 12, 4), date(2026, 12, 9)
    base = ev.Waiting(id=1, service_id=1, contact_id=LIA, created_at=NOW)
    longest = waitlist.ends(base)
    over = waitlist.ends(replace(base, wishes=(ev.Wish(date=day),)))
    assert datetime(2026, 12, 5, tzinfo=UTC) < over < datetime(2026, 12, 6, tzinfo=UTC) < longest
    both = replace(base, wishes=(ev.Wish(date=day), ev.Wish(date=later)))
    assert waitlist.ends(both) == over + timedelta(days=5)
    assert waitlist.ends(replace(base, wishes=(ev.Wish(date=day), ev.Wish(part="morning")))) == longest
    assert waitlist.ends(replace(base, wishes=(ev.Wish(date=date(2030, 1, 1)),))) == longest
    held = longest + timedelta(hours=1)
    assert waitlist.ends(replace(base, until=held)) == held + timedelta(minutes=1)
    assert waitlist.ends(replace(base, until=NOW)) == longest


def test_what_stands_in_a_calendar_of_their_own_is_not_offered() -> None:
    given = agenda(services={1: ONLY})
    taken = book(given, "4 10:00", ONLY).id
    waiting(given)
    busy = {ANA: ((at("4 10:30"), at("4 11:00")),)}
    moment = _moment(given, busy)
    events = given.kind.decide(given.state, cmd.Cancel(appointment_id=taken), moment)
    assert [each for each in events if isinstance(each, ev.WaitlistOffered)] == []
    free = given.kind.decide(given.state, cmd.Cancel(appointment_id=taken), _moment(given, {BIA: busy[ANA]}))
    assert [each for each in free if isinstance(each, ev.WaitlistOffered)] != []


def _moment(given: Given, busy: Any) -> Moment:
    return Moment(given.at, count(500), given.workspace, known=busy)


def test_what_is_asked_for_must_be_there() -> None:
    given = agenda()
    for command in (
        cmd.Book(service_id=99, start=at("1 09:00")),
        cmd.Book(service_id=CUT.id, start=at("1 09:00"), contact_id=EVA, contact_known=False),
    ):
        with pytest.raises((Invalid, NotFound)):
            given.when(command)
    assert refused(given, cmd.Book(service_id=CUT.id, start=at("1 08:00"), source="ai")).code == "OUTSIDE_HOURS"
