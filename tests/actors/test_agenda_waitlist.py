"""Who waits is offered what becomes free: one at a time, held while they think, first come first served."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from tests.actors.agenda_minutes import utc
from tests.actors.given import Given
from tests.actors.test_agenda import ANA, ASKED, BIA, CUT, WEEK, agenda, at, book, no_unit_is_held_twice, refused

from plixa.actors.scheduling import commands as cmd
from plixa.actors.scheduling.events import WaitlistLeft, WaitlistOffered, WaitlistPassed, Wish
from plixa.actors.scheduling.offering import Service
from plixa.engine.actor import TimerFired
from plixa.engine.errors import Invalid, NotFound
from plixa.engine.events import Event

LIA, EVA, IVO = 31, 32, 33
ONLY = Service(id=1, name="Corte", duration_minutes=60, provider_ids=[ANA])


def full(**changes: Any) -> tuple[Given, int]:
    """An hour of Ana's that somebody has."""
    given = agenda(**{"services": {1: ONLY, 4: ASKED}, **changes})
    return given, book(given, "4 10:00", ONLY).id


def join(given: Given, contact: int, **more: Any) -> int:
    (joined,) = given.when(cmd.JoinWaitlist(service_id=1, contact_id=contact, **more))
    return int(joined.entry.id)  # type: ignore[attr-defined]


def cancel(given: Given, id_: int) -> list[WaitlistOffered]:
    return offers(given.when(cmd.Cancel(appointment_id=id_)))


def offers(events: Sequence[Event]) -> list[WaitlistOffered]:
    return [each for each in events if isinstance(each, WaitlistOffered)]


def test_what_is_cancelled_is_held_for_the_first_who_waits() -> None:
    given, taken = full()
    first, _ = join(given, LIA), join(given, EVA)
    (offered,) = cancel(given, taken)
    assert (offered.entry_id, offered.start, offered.until) == (first, at("4 10:00"), utc("2026-11-30T08:30-03:00"))
    assert refused(given, cmd.Book(service_id=1, start=at("4 10:00"))).code == "SLOT_TAKEN"
    assert [each for each in given.queued() if each.startswith("offer-")] == [f"offer-{offered.appointment_id}"]


def test_who_takes_it_has_it_and_waits_no_longer() -> None:
    given, taken = full()
    entry = join(given, LIA)
    (offered,) = cancel(given, taken)
    events = given.when(cmd.TakeOffer(appointment_id=offered.appointment_id))
    assert events[-1] == WaitlistLeft(entry_id=entry, how="booked")
    assert given.state.find(offered.appointment_id).status == "confirmed"
    assert given.state.waiting == {}
    assert given.when(cmd.TakeOffer(appointment_id=offered.appointment_id)) == []


def test_who_passes_waits_on_and_the_next_one_is_asked() -> None:
    given, taken = full()
    first, second = join(given, LIA), join(given, EVA)
    (offered,) = cancel(given, taken)
    events = given.when(cmd.PassOffer(appointment_id=offered.appointment_id))
    assert WaitlistPassed(entry_id=first, appointment_id=offered.appointment_id, start=at("4 10:00")) in events
    (again,) = offers(events)
    assert (again.entry_id, list(again.before)) == (second, [first])
    assert given.state.waiting[first].offered is None
    assert offers(given.when(cmd.PassOffer(appointment_id=again.appointment_id))) == []  # both have said no to it


def test_who_does_not_answer_in_time_has_passed() -> None:
    given, taken = full()
    first, second = join(given, LIA), join(given, EVA)
    (offered,) = cancel(given, taken)
    given.at = offered.until
    (again,) = offers(given.when(TimerFired(f"request-{offered.appointment_id}", offered.until)))
    assert (again.entry_id, given.state.waiting[first].passed) == (second, (at("4 10:00"),))
    assert refused(given, cmd.TakeOffer(appointment_id=offered.appointment_id)).code == "STATUS_CONFLICT"


@pytest.mark.parametrize(
    ("wishes", "suits"),
    [
        ((), True),
        ((Wish(weekday=5),), True),  # the fourth of December is a Friday
        ((Wish(weekday=4),), False),
        ((Wish(part="afternoon"),), False),
        ((Wish(weekday=4), Wish(part="morning")), True),
    ],
)
def test_only_what_suits_is_offered(wishes: tuple[Wish, ...], suits: bool) -> None:  # a parameter
    given, taken = full()
    join(given, LIA, wishes=wishes)
    assert bool(cancel(given, taken)) is suits


def test_a_moved_appointments_old_time_and_new_hours_are_offered_too() -> None:
    given, taken = full()
    join(given, LIA)
    (offered,) = offers(given.when(cmd.Reschedule(appointment_id=taken, start=at("4 14:00"))))
    assert offered.start == at("4 10:00")
    other = agenda(services={1: ONLY})
    other.when(cmd.SetSchedule(user_id=ANA, timezone="America/Sao_Paulo", rules=()))
    join(other, LIA)
    assert len(offers(other.when(cmd.SetSchedule(user_id=ANA, timezone="America/Sao_Paulo", rules=WEEK)))) == 1


def test_a_day_that_is_opened_again_is_offered() -> None:
    given, _ = full()
    join(given, LIA)
    assert len(offers(given.when(cmd.Follow(reopened=True)))) == 1
    assert offers(given.when(cmd.Follow(reopened=True))) == []  # they have one to think of


def test_in_the_night_it_is_held_until_they_have_been_asked_in_the_morning() -> None:
    given, taken = full()
    join(given, LIA)
    given.at = utc("2026-12-01T23:00-03:00")
    (offered,) = cancel(given, taken)
    assert (offered.not_before, offered.until) == (utc("2026-12-02T08:00-03:00"), utc("2026-12-02T08:30-03:00"))


def test_what_the_house_decides_on_itself_is_offered_to_nobody() -> None:
    given, taken = full(
        services={1: Service(id=1, name="Corte", duration_minutes=60, provider_ids=[ANA], requires_approval=True)}
    )
    join(given, LIA)
    assert cancel(given, taken) == []


def test_an_entry_is_one_a_contact_and_service_and_can_be_cleared() -> None:
    given, taken = full()
    first = join(given, LIA)
    assert given.when(cmd.JoinWaitlist(service_id=1, contact_id=LIA)) == []
    assert join(given, LIA, wishes=(Wish(part="morning"),)) == first
    (offered,) = cancel(given, taken)
    second = join(given, EVA)
    events = given.when(cmd.LeaveWaitlist(entry_id=first))
    assert [each.entry_id for each in offers(events)] == [second]
    assert given.state.find(offered.appointment_id).status == "cancelled"
    assert list(given.state.waiting) == [second]
    with pytest.raises(NotFound):
        given.when(cmd.LeaveWaitlist(entry_id=first))
    with pytest.raises(Invalid):
        given.when(cmd.JoinWaitlist(service_id=1, contact_id=IVO, provider_id=BIA))


def test_an_erased_contact_waits_no_longer() -> None:
    given, taken = full()
    join(given, LIA)
    given.when(cmd.ForgetContact(contact_id=LIA))
    assert given.state.waiting == {}
    assert cancel(given, taken) == []


def test_two_hours_that_become_free_are_two_peoples() -> None:
    given = agenda(services={1: CUT})
    taken = [book(given, "4 10:00", provider_id=each).id for each in (ANA, BIA)]
    entries = [join(given, each) for each in (LIA, EVA, IVO)]
    found = [cancel(given, each)[0].entry_id for each in taken]
    assert found == entries[:2]
    no_unit_is_held_twice(given.state.holding())


@pytest.mark.parametrize(
    ("wishes", "ends"),
    [
        ((), "2026-12-30T08:00-03:00"),
        ((Wish(date=date(2026, 12, 4)),), "2026-12-05T09:00-03:00"),  # noon of UTC: the day is over everywhere
        ((Wish(date=date(2026, 12, 4)), Wish(weekday=1)), "2026-12-30T08:00-03:00"),
    ],
)
def test_nobody_waits_for_ever(wishes: tuple[Wish, ...], ends: str) -> None:
    given, _ = full()
    entry = join(given, LIA, wishes=wishes)
    assert given.timers["waitlist"] == utc(ends)
    given.at = utc(ends)
    assert given.when(TimerFired("waitlist", utc(ends))) == [WaitlistLeft(entry_id=entry, how="expired")]
    assert "waitlist" not in given.timers


def test_what_is_held_for_somebody_outlasts_their_waiting() -> None:
    given, taken = full()
    join(given, LIA, wishes=(Wish(date=date(2026, 12, 4)),))
    given.at = utc("2026-12-04T08:50-03:00")
    (offered,) = cancel(given, taken)
    assert given.timers["waitlist"] > offered.until


BUSY = {ANA: ((at("4 09:30"), at("4 11:00")),)}
"""Something in Ana's own calendar."""


def test_what_the_provider_has_in_their_own_calendar_is_offered_to_nobody() -> None:
    """By whatever it became free: a person, its end, a move, other hours, a day that is opened again."""
    given, taken = full()
    join(given, LIA)
    kept = given.state
    for frees in (cmd.Cancel(appointment_id=taken), cmd.Reschedule(appointment_id=taken, start=at("4 14:00"))):
        given.state = kept
        assert offers(given.when(cmd.Seeing(frees, BUSY))) == []
    hours = cmd.SetSchedule(user_id=ANA, timezone="America/Sao_Paulo", rules=WEEK)
    for opens in (hours, cmd.Follow(reopened=True)):
        given.state = kept
        (offered,) = offers(given.when(cmd.Seeing(opens, {ANA: ((0, at("5 09:30")),)})))
        assert offered.start == at("5 09:30")


def test_what_is_passed_goes_to_nobody_once_something_else_stands_there() -> None:
    given, taken = full()
    join(given, LIA), join(given, EVA)
    (offered,) = cancel(given, taken)
    assert offers(given.when(cmd.Seeing(cmd.PassOffer(appointment_id=offered.appointment_id), BUSY))) == []


def test_a_request_is_not_approved_over_something_in_the_providers_own_calendar() -> None:
    given = agenda(services={4: ASKED})
    asked = book(given, "4 10:00", ASKED, source="flow", contact_id=LIA)
    assert refused(given, cmd.Seeing(cmd.Approve(appointment_id=asked.id), BUSY)).code == "PROVIDER_AWAY"
    assert given.when(cmd.Seeing(cmd.Approve(appointment_id=asked.id), {}))
