"""Reminders follow from the appointment as it stands: none outlives a move or a cancellation, none comes at night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given as examples, strategies as st
from tests.actors.given import Given
from tests.actors.test_agenda import ANA, CUT, NOW, SERVICES, ZONE, agenda, at, offering

from plixa.actors.scheduling import commands as cmd, deciding
from plixa.actors.scheduling.events import AppointmentBooked, Claim, ReminderDue, RemindersPlanned, RemindersReplanned
from plixa.actors.scheduling.offering import Service
from plixa.actors.scheduling.reminding import APART, HURRY, Policy, all_planned, plan
from plixa.actors.scheduling.state import Agenda, evolve
from plixa.actors.scheduling.walls import Wall, instant, minute_of
from plixa.engine.actor import Moment, TimerFired
from plixa.engine.events import Event

LIA, EVA = 31, 32
DAY_BEFORE = (1440, 120)


def reminding(**changes: Any) -> Given:
    return agenda(**{"reminders": DAY_BEFORE, **changes})


def book(given: Given, when: str, **more: Any) -> Claim:
    asked: dict[str, Any] = {"service_id": CUT.id, "start": at(when), "contact_id": LIA, **more}
    events = given.when(cmd.Book(**asked))
    return next(each.claim for each in events if isinstance(each, AppointmentBooked))


def due(given: Given) -> list[str]:
    """When the next reminders go out, local time."""
    found = sorted(each for day in given.state.due.values() for each in day)
    return [f"{instant(each) - timedelta(hours=3):%d %H:%M}" for each in found]


def fire(given: Given, late: float = 0) -> Sequence[Event]:
    """The next reminder's time has come."""
    ends = given.timers["reminders"]
    given.at = ends + timedelta(minutes=late)
    return given.when(TimerFired("reminders", ends))


def told(events: Sequence[Event]) -> list[tuple[int, ...]]:
    """Which appointments each message names."""
    return [
        tuple(each.appointment_id for each in event.appointments) for event in events if isinstance(event, ReminderDue)
    ]


def test_an_appointment_is_reminded_of_a_day_and_two_hours_before() -> None:
    given = reminding()
    claim = book(given, "4 10:00")
    assert due(given) == ["03 10:00", "04 08:00"]
    assert told(fire(given)) == [(claim.id,)]
    assert told(fire(given)) == [(claim.id,)]
    assert "reminders" not in given.timers
    assert [each for each in given.queued() if each.startswith("remind-")] != []


def test_a_cancelled_appointment_is_not_reminded_of_and_a_moved_one_at_its_new_time_only() -> None:
    """T17."""
    given = reminding()
    one, other = book(given, "4 10:00"), book(given, "5 10:00")
    given.when(cmd.Cancel(appointment_id=one.id))
    assert due(given) == ["04 10:00", "05 08:00"]
    given.when(cmd.Reschedule(appointment_id=other.id, start=at("8 15:00")))
    assert due(given) == ["07 15:00", "08 13:00"]
    given.when(cmd.Mark(appointment_id=other.id, status="completed"))
    assert due(given) == []


def test_of_a_series_that_is_cancelled_from_one_on_the_earlier_ones_keep_their_reminders() -> None:
    """T14."""
    given = reminding()
    events = given.when(
        cmd.Book(
            service_id=CUT.id, start=at("4 10:00"), contact_id=LIA, provider_id=ANA, repeat="weekly", occurrences=5
        )
    )
    ids = [each.claim.id for each in events if isinstance(each, AppointmentBooked)]
    given.when(cmd.Cancel(appointment_id=ids[2], scope="following"))
    assert due(given) == ["03 10:00", "04 08:00", "10 10:00", "11 08:00"]


def test_a_request_is_reminded_of_once_it_is_approved() -> None:
    given = reminding()
    claim = book(given, "4 10:00", service_id=4, source="ai")
    assert due(given) == []
    given.when(cmd.Approve(appointment_id=claim.id))
    assert due(given) == ["03 10:00", "04 08:00"]


def test_what_was_due_before_it_was_booked_is_not_made_up_for() -> None:
    given = reminding()
    book(given, "1 07:00")  # now is the last of November, eight in the morning
    assert due(given) == ["30 20:30"]  # two hours before would be at five


@pytest.mark.parametrize(
    ("start", "offsets", "expected"),
    [
        ("4 09:30", (120,), ["03 20:30"]),  # half past seven is too early
        ("4 23:30", (120,), ["04 20:30"]),
        ("4 02:00", (60,), ["03 20:30"]),
        ("4 10:00", (60, 120), ["04 09:00"]),  # within three hours of each other
        ("4 10:00", (1440, 1440), ["03 10:00"]),
        ("4 10:00", (), []),
    ],
)
def test_the_night_is_quiet(start: str, offsets: tuple[int, ...], expected: list[str]) -> None:
    given = reminding(reminders=offsets)
    book(given, start)
    assert due(given) == expected


def test_a_service_says_for_itself_and_the_owner_for_all() -> None:
    own = Service(id=1, name="Corte", duration_minutes=60, provider_ids=[ANA], reminder_offsets=[60])
    given = reminding(services={**SERVICES, 1: own})
    book(given, "4 12:00")
    assert due(given) == ["04 11:00"]
    given.workspace = reminding(services={**SERVICES, 1: Service(id=1, name="Corte", duration_minutes=60)}).workspace
    (planned,) = given.when(cmd.Follow())
    assert isinstance(planned, RemindersPlanned)
    assert due(given) == ["03 12:00", "04 10:00"]
    given.workspace = reminding(reminders=()).workspace
    given.when(cmd.Follow())
    assert due(given) == []
    assert given.when(cmd.Follow()) == []


def test_one_message_names_all_that_a_contact_has_that_day() -> None:
    given = reminding()
    morning, noon, other = book(given, "4 10:00"), book(given, "4 12:00"), book(given, "4 11:00", contact_id=EVA)
    book(given, "5 10:00")
    assert told(fire(given)) == [(morning.id, noon.id)]  # on the third, at ten
    assert told(fire(given)) == [(other.id,)]
    assert told(fire(given)) == []  # noon's own: it was named two hours ago
    assert told(fire(given)) == [(morning.id, noon.id)]  # on the fourth, at eight


def test_nobody_is_reminded_of_what_is_about_to_begin_when_the_server_stood_still() -> None:
    given = reminding(reminders=(120,))
    book(given, "4 12:00")
    assert told(fire(given, late=91)) == []
    assert "reminders" not in given.timers


@examples(
    st.integers(0, 6 * 1440),
    st.integers(0, 3 * 1440),
    st.lists(st.integers(5, 4000), max_size=5),
    st.sampled_from([ZONE, "America/New_York", "America/Santiago", "Asia/Kathmandu"]),
)
def test_no_reminder_is_at_night_before_it_was_booked_or_close_to_another(
    ahead: int, since: int, offsets: list[int], zone: str
) -> None:
    begins = minute_of(NOW)
    claim = Claim(
        id=1, service_id=1, start=begins + since + ahead + 1, minutes=30, contact_id=LIA, since=begins + since
    )
    minutes = plan(claim, Policy(zone, tuple(offsets)))
    wall = Wall(zone, (NOW - timedelta(days=2)).date(), (NOW + timedelta(days=12)).date())
    for each in minutes:
        assert claim.since < each < claim.start
        assert 8 * 60 <= wall.reads(each) % 1440 < 21 * 60 or (each + HURRY > claim.start)
    assert all(later - each >= APART for each, later in pairwise(minutes))


def test_new_settings_are_taken_over_by_days_and_lead_to_what_one_go_would_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deciding, "FEW", 0)
    monkeypatch.setattr(deciding, "AT_ONCE", 1)
    given = reminding()
    claims = [book(given, f"{day} {hour}:00") for day in (4, 5, 6) for hour in (10, 15)]
    given.workspace = offering(reminders=(60,))  # type: ignore[assignment]
    given.when(cmd.Follow())
    assert len(given.state.stale) == 3
    moved, cancelled = claims[2], claims[3]  # in the midst of it
    given.when(cmd.Reschedule(appointment_id=moved.id, start=at("5 16:00")))
    given.when(cmd.Cancel(appointment_id=cancelled.id))
    while "replan" in given.timers:
        given.when(TimerFired("replan", given.timers["replan"]))
    wanted = all_planned(given.state.holding(), given.state.policy, given.state.looked)
    assert {day: dict(each) for day, each in given.state.due.items()} == wanted
    assert due(given) == ["04 09:00", "04 14:00", "05 15:00", "06 09:00", "06 14:00"]
    assert (given.state.stale, given.state.former, given.state.replans) == (frozenset(), None, None)


def test_a_turn_of_taking_over_is_short_however_many_there_are() -> None:
    claims = [
        Claim(id=id_, service_id=1, start=at("1 09:00") + (id_ // 1200) * 1440 + id_ % 500, minutes=12, contact_id=1)
        for id_ in range(36_000)
    ]
    days: dict[int, dict[int, Claim]] = {}
    for each in claims:
        days.setdefault(each.start // 1440, {})[each.id] = each
    state = Agenda(id=1, days=days)
    state = evolve(state, RemindersPlanned(zone=ZONE, offsets=DAY_BEFORE, at=NOW))
    assert len(state.stale) == len(days)  # only noted, with nothing planned in the turn that heard of it
    (first,) = deciding.decide(state, TimerFired("replan", NOW), Moment(at=NOW, ids=count(1), workspace=offering()))
    assert isinstance(first, RemindersReplanned)
    assert sum(len(days[day]) for day in first.days) <= 2 * 1200
