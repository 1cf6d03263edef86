"""The agenda decides: whatever is asked in whatever order, nobody is booked twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.actors.agenda_minutes import busiest, is_there, minute, utc
from tests.actors.given import Given, replay

from plixa.actors.scheduling import commands as cmd
from plixa.actors.scheduling.deciding import AGENDA
from plixa.actors.scheduling.events import AppointmentBooked, AppointmentMoved, AppointmentStatus, Claim
from plixa.actors.scheduling.guard import Guard, customers_bounds
from plixa.actors.scheduling.offering import Offering, Provider, Resource, Service
from plixa.actors.scheduling.rules import Rule
from plixa.actors.scheduling.walls import instant
from plixa.engine.actor import TimerFired
from plixa.engine.errors import Conflict, Invalid, NotFound
from plixa.engine.events import Event

ZONE = "America/Sao_Paulo"
NOW = utc("2026-11-30T08:00-03:00")
ANA, BIA, LEO = 7, 8, 9
WEEK = tuple(Rule("open", "09:00", "18:00", weekday=day) for day in range(7))
LATE = tuple(Rule("open", "10:00", "18:00", weekday=day) for day in range(7))
CUT = Service(id=1, name="Corte", duration_minutes=60, provider_ids=[ANA, BIA])
ROOM = Service(id=2, name="Sala", duration_minutes=60, resource_ids=[5])
CHAIR = Service(id=3, name="Cadeira", duration_minutes=60, provider_ids=[LEO], resource_ids=[5])
ASKED = Service(id=4, name="Cirurgia", duration_minutes=60, provider_ids=[ANA], requires_approval=True)
BUFFERED = Service(
    id=6, name="Laser", duration_minutes=30, buffer_before_minutes=60, buffer_after_minutes=60, provider_ids=[ANA]
)
SERVICES = {each.id: each for each in (CUT, ROOM, CHAIR, ASKED, BUFFERED)}


def offering(**changes: Any) -> Offering:
    """A small house with three providers and a room."""
    given = {
        "zone": ZONE,
        "services": SERVICES,
        "resources": {5: Resource(id=5, name="Sala 1", capacity=1)},
        "providers": {each: Provider(ZONE, WEEK) for each in (ANA, BIA, LEO)},
    }
    return Offering(**{**given, **changes})


def agenda(**changes: Any) -> Given:
    return Given(AGENDA, AGENDA.initial(1), offering(**changes), NOW)  # type: ignore[arg-type]


def at(text: str) -> int:
    """A minute of December in São Paulo, "4 09:00" being that of its fourth day."""
    day, time = text.split()
    return minute(f"2026-12-{int(day):02}T{time}-03:00")


def book(given: Given, when: str | int, service: Service = CUT, **more: Any) -> Claim:
    start = at(when) if isinstance(when, str) else when
    (booked,) = given.when(cmd.Book(service_id=service.id, start=start, **more))
    assert isinstance(booked, AppointmentBooked)
    return booked.claim


def refused(given: Given, command: Any, after: float = 0) -> Conflict:
    with pytest.raises(Conflict) as error:
        given.when(command, after)
    return error.value


def held(given: Given) -> list[Claim]:
    return given.state.holding()


def test_of_two_who_ask_for_one_time_the_second_is_refused_with_what_is_free() -> None:
    given = agenda()
    book(given, "1 09:00", provider_id=ANA)
    error = refused(given, cmd.Book(service_id=CUT.id, start=at("1 09:30"), provider_id=ANA))
    assert error.code == "SLOT_TAKEN"
    assert error.details == {
        "nearest": ["2026-12-01T13:00:00+00:00", "2026-12-01T13:15:00+00:00", "2026-12-01T13:30:00+00:00"]
    }


def test_any_provider_is_the_one_who_has_least_and_the_event_says_why() -> None:
    given = agenda()
    assert book(given, "1 09:00").provider_id == ANA
    (second,) = given.when(cmd.Book(service_id=CUT.id, start=at("1 11:00")))
    assert isinstance(second, AppointmentBooked)
    assert second.chosen is not None
    assert (second.claim.provider_id, second.chosen.minutes, second.chosen.over) == (BIA, 0, (ANA,))


def test_any_provider_is_never_one_who_is_not_there() -> None:
    """T23."""
    given = agenda(providers={ANA: Provider(ZONE, WEEK), BIA: Provider(ZONE, LATE)})
    more = {"source": "ai"}
    assert book(given, "1 09:00", **more).provider_id == ANA
    error = refused(given, cmd.Book(service_id=CUT.id, start=at("1 09:00"), source="ai"))
    assert error.code == "SLOT_TAKEN"


def test_two_services_share_one_room() -> None:
    """T10."""
    given = agenda()
    book(given, "1 09:00", ROOM)
    assert refused(given, cmd.Book(service_id=CHAIR.id, start=at("1 09:30"))).code == "RESOURCE_FULL"
    assert book(given, "1 10:00", CHAIR).units == {5: 0}


def test_the_fourth_of_three_is_refused() -> None:
    """T11."""
    given = agenda(resources={5: Resource(id=5, name="Salas", capacity=3)})
    assert [book(given, "1 09:00", ROOM).units[5] for _ in range(3)] == [0, 1, 2]
    assert refused(given, cmd.Book(service_id=ROOM.id, start=at("1 09:00"))).code == "RESOURCE_FULL"


def test_who_fits_by_number_gets_a_unit_though_others_must_change_theirs() -> None:
    given = agenda(resources={5: Resource(id=5, name="Salas", capacity=2)})
    others = [book(given, "1 13:00", ROOM) for _ in range(2)]
    given.when(cmd.Cancel(appointment_id=others[0].id))  # one that is left alone, though it has a lower unit to get
    nine = [book(given, "1 09:00", ROOM) for _ in range(2)]
    ten = [book(given, "1 10:00", ROOM) for _ in range(2)]
    for gone in (nine[1], ten[0]):  # unit 0 is held at nine, unit 1 at ten: none is free from half past nine on
        given.when(cmd.Cancel(appointment_id=gone.id))
    (booked,) = given.when(cmd.Book(service_id=ROOM.id, start=at("1 09:30")))
    assert isinstance(booked, AppointmentBooked)
    assert booked.reseated == {ten[1].id: {5: 0}}
    no_unit_is_held_twice(held(given))


def no_unit_is_held_twice(claims: Sequence[Claim]) -> None:
    """What the database's constraint says, pair by pair."""
    for index, one in enumerate(claims):
        for other in claims[index + 1 :]:
            if one.occupied[0] < other.occupied[1] and other.occupied[0] < one.occupied[1]:
                assert one.provider_id is None or one.provider_id != other.provider_id, (one, other)
                assert not one.units.items() & other.units.items(), (one, other)


def test_buffers_guard_bookings_and_moves_alike() -> None:
    given = agenda()
    book(given, "1 12:00", BUFFERED)
    assert refused(given, cmd.Book(service_id=BUFFERED.id, start=at("1 10:00"))).code == "SLOT_TAKEN"
    early = book(given, "1 09:30", BUFFERED)
    assert refused(given, cmd.Reschedule(appointment_id=early.id, start=at("1 10:00"))).code == "SLOT_TAKEN"


def test_a_move_does_not_clash_with_itself_and_frees_the_old_time_at_once() -> None:
    """T5, T19."""
    given = agenda()
    claim = book(given, "1 14:30", provider_id=ANA)
    (moved,) = given.when(cmd.Reschedule(appointment_id=claim.id, start=at("1 15:00")))
    assert isinstance(moved, AppointmentMoved)
    assert (moved.claim.start, moved.claim.revision, moved.claim.provider_id) == (at("1 15:00"), 2, ANA)
    assert given.when(cmd.Reschedule(appointment_id=claim.id, start=at("1 15:00"))) == []
    given.when(cmd.Reschedule(appointment_id=claim.id, start=at("2 15:00")))
    assert book(given, "1 15:00", provider_id=ANA).start == at("1 15:00")


def test_an_old_button_does_nothing() -> None:
    given = agenda()
    claim = book(given, "2 14:00", provider_id=ANA)
    given.when(cmd.Reschedule(appointment_id=claim.id, start=at("3 14:00")))
    error = refused(given, cmd.Cancel(appointment_id=claim.id, by="contact", revision=1))
    assert (error.code, "2026-12-03T17:00" in error.message) == ("STATUS_CONFLICT", True)
    (gone,) = given.when(cmd.Cancel(appointment_id=claim.id, by="contact", revision=2))
    assert isinstance(gone, AppointmentStatus)
    assert (gone.status, gone.by, gone.how) == ("cancelled", "contact", "cancelled")


def test_customers_change_nothing_shortly_before() -> None:
    given = agenda()
    claim = book(given, "1 09:00", provider_id=ANA)
    given.at = utc("2026-12-01T07:01-03:00")
    assert refused(given, cmd.Cancel(appointment_id=claim.id, by="contact")).code == "TOO_LATE"
    assert refused(given, cmd.Reschedule(appointment_id=claim.id, start=at("2 09:00"), by="contact")).code == "TOO_LATE"
    assert given.when(cmd.Cancel(appointment_id=claim.id)) != []


def test_a_series_is_all_or_nothing_and_every_clash_is_named() -> None:
    """T12."""
    given = agenda()
    book(given, "15 10:00", provider_id=ANA)
    series = cmd.Book(service_id=CUT.id, start=at("1 10:00"), provider_id=ANA, repeat="weekly", occurrences=4)
    error = refused(given, series)
    assert error.code == "SERIES_CONFLICT"
    assert error.details == {"occurrences": ["3: 2026-12-15T13:00:00+00:00: SLOT_TAKEN"]}
    assert len(held(given)) == 1


def test_a_series_is_one_providers() -> None:
    given = agenda()
    book(given, "1 10:00", provider_id=BIA)
    book(given, "8 10:00", provider_id=BIA)
    book(given, "15 12:00", provider_id=ANA)  # who would have more to do than Bia on that day
    given.when(cmd.Book(service_id=CUT.id, start=at("1 10:00"), repeat="weekly", occurrences=3))
    assert [each.provider_id for each in held(given) if each.series_id] == [ANA, ANA, ANA]


def test_what_lies_far_back_is_let_go() -> None:
    given = agenda()
    old = book(given, "1 10:00", provider_id=ANA)
    given.at = utc("2027-01-29T10:00-03:00")
    book(given, minute("2027-02-01T10:00-03:00"))
    assert given.state.find(old.id) is not None
    given.at = utc("2027-03-01T10:00-03:00")
    book(given, minute("2027-03-02T10:00-03:00"))
    assert given.state.find(old.id) is None


@pytest.mark.parametrize(
    ("scope", "left"), [("this", [1, 3, 4]), ("following", [1]), ("all", [])], ids=["this", "following", "all"]
)
def test_exactly_what_was_meant_is_cancelled(scope: cmd.Scope, left: list[int]) -> None:
    """T13."""
    given = agenda()
    given.when(cmd.Book(service_id=CUT.id, start=at("1 10:00"), provider_id=ANA, repeat="weekly", occurrences=4))
    second = next(each for each in held(given) if each.occurrence == 2)
    gone = given.when(cmd.Cancel(appointment_id=second.id, scope=scope))
    assert sorted(each.occurrence or 0 for each in held(given)) == left
    assert len(gone) == 4 - len(left)


def test_the_past_of_a_series_stays() -> None:
    given = agenda()
    given.when(cmd.Book(service_id=CUT.id, start=at("1 10:00"), provider_id=ANA, repeat="weekly", occurrences=4))
    third = next(each for each in held(given) if each.occurrence == 3)
    given.at = utc("2026-12-09T12:00-03:00")
    first = next(each for each in held(given) if each.occurrence == 1)
    given.when(cmd.Cancel(appointment_id=third.id, scope="all"))
    assert sorted(each.occurrence or 0 for each in held(given)) == [1, 2]
    assert given.when(cmd.Cancel(appointment_id=first.id, scope="following")) == []


def test_a_closed_day_is_closed_for_staff_too() -> None:
    """T20: booked, moved, in a series."""
    given = agenda(closed=frozenset({date(2026, 12, 8)}))
    assert refused(given, cmd.Book(service_id=CUT.id, start=at("8 10:00"))).code == "CLOSED_DAY"
    claim = book(given, "7 10:00", provider_id=ANA)
    assert refused(given, cmd.Reschedule(appointment_id=claim.id, start=at("8 10:00"))).code == "CLOSED_DAY"
    series = cmd.Book(service_id=CUT.id, start=at("1 12:00"), provider_id=ANA, repeat="weekly", occurrences=3)
    assert refused(given, series).details == {"occurrences": ["2: 2026-12-08T15:00:00+00:00: CLOSED_DAY"]}


def test_staff_may_book_outside_of_hours_and_are_told() -> None:
    given = agenda()
    (booked,) = given.when(cmd.Book(service_id=CUT.id, start=minute("2026-11-30T08:10-03:00"), provider_id=ANA))
    assert isinstance(booked, AppointmentBooked)
    assert booked.warnings == ("outside_hours", "short_notice")
    customer = cmd.Book(service_id=CUT.id, start=at("1 08:00"), provider_id=ANA, source="ai")
    assert refused(given, customer).code == "OUTSIDE_HOURS"
    soon = cmd.Book(service_id=CUT.id, start=minute("2026-11-30T08:59-03:00"), source="flow")
    assert refused(given, soon).code == "TOO_SOON"
    far = cmd.Book(service_id=CUT.id, start=minute("2027-03-01T10:00-03:00"), source="contact")
    assert refused(given, far).code == "TOO_FAR"


def test_a_request_holds_its_time_until_it_is_approved_or_ends() -> None:
    given = agenda()
    asked = book(given, "4 10:00", ASKED, source="ai", contact_id=3)
    assert (asked.status, asked.holds_until) == ("pending", utc("2026-12-03T10:00-03:00"))
    assert refused(given, cmd.Book(service_id=CUT.id, start=at("4 10:30"), provider_id=ANA)).code == "SLOT_TAKEN"
    assert given.timers == {f"request-{asked.id}": asked.holds_until}
    approved = agenda()
    again = book(approved, "4 10:00", ASKED, source="ai", contact_id=3)
    approved.when(cmd.Approve(appointment_id=again.id))
    assert (approved.state.find(again.id).status, approved.timers) == ("confirmed", {})
    assert given.when(TimerFired(name=f"request-{asked.id}", due=given.at)) == []
    given.at = utc("2026-12-03T10:00-03:00")
    (gone,) = given.when(TimerFired(name=f"request-{asked.id}", due=given.at))
    assert isinstance(gone, AppointmentStatus)
    assert (gone.status, gone.how, gone.by, gone.contact_id) == ("cancelled", "expired", "system", 3)
    assert given.when(TimerFired(name=f"request-{asked.id}", due=given.at)) == []
    assert book(given, "4 10:00", provider_id=ANA).status == "confirmed"


def test_a_request_for_soon_ends_half_way_there() -> None:
    given = agenda()
    asked = book(given, "1 08:00", ASKED, source="staff")
    assert asked.status == "confirmed"
    given = agenda()
    asked = book(given, minute("2026-11-30T14:00-03:00"), ASKED, source="ai")
    assert asked.holds_until == utc("2026-11-30T11:00-03:00")


def test_approving_is_booking_too() -> None:
    """T4: it is looked at again."""
    given = agenda()
    asked = book(given, "8 10:00", ASKED, source="ai")
    given.workspace = offering(closed=frozenset({date(2026, 12, 8)}))  # type: ignore[assignment]
    assert refused(given, cmd.Approve(appointment_id=asked.id)).code == "CLOSED_DAY"
    given.when(cmd.Decline(appointment_id=asked.id, reason="Feriado"))
    assert refused(given, cmd.Approve(appointment_id=asked.id)).code == "STATUS_CONFLICT"
    assert given.when(cmd.Decline(appointment_id=asked.id)) == []


@pytest.mark.parametrize(
    ("steps", "end"),
    [
        (("arrived", "completed"), "completed"),
        (("arrived", "not arrived", "no_show"), "no_show"),
        (("completed", "not completed", "no_show"), "no_show"),
        (("no_show", "not no_show", "completed"), "completed"),
        (("no_show", "completed", "no_show"), "no_show"),
        (("completed", "completed"), "completed"),
    ],
)
def test_what_became_of_it_and_slips_at_the_desk(steps: Sequence[Any], end: str) -> None:
    given = agenda()
    claim = book(given, "1 10:00", provider_id=ANA)
    for step in steps:
        command = cmd.Unmark if step.startswith("not ") else cmd.Mark
        given.when(command(appointment_id=claim.id, status=step.removeprefix("not ")))
    assert given.state.find(claim.id).status == end
    assert refused(given, cmd.Mark(appointment_id=claim.id, status="arrived")).code == "STATUS_CONFLICT"
    assert refused(given, cmd.Cancel(appointment_id=claim.id)).code == "STATUS_CONFLICT"


def test_what_cannot_be_asked_is_refused_with_its_field() -> None:
    given = agenda()
    with pytest.raises(Invalid) as unknown:
        given.when(cmd.Book(service_id=99, start=at("1 10:00")))
    assert unknown.value.details == {"service_id": ["This service cannot be booked."]}
    with pytest.raises(Invalid) as stranger:
        given.when(cmd.Book(service_id=CUT.id, start=at("1 10:00"), provider_id=LEO))
    assert stranger.value.details == {"provider_id": ["This member does not provide the service."]}
    with pytest.raises(NotFound):
        given.when(cmd.Cancel(appointment_id=12345))


def test_a_moved_appointment_keeps_its_length_though_its_service_has_another() -> None:
    given = agenda()
    claim = book(given, "1 10:00", provider_id=ANA)
    longer = Service(id=1, name="Corte", duration_minutes=120, provider_ids=[ANA])
    given.workspace = offering(services={1: longer})  # type: ignore[assignment]
    (moved,) = given.when(cmd.Reschedule(appointment_id=claim.id, start=at("1 11:00")))
    assert isinstance(moved, AppointmentMoved)
    assert moved.claim.minutes == 60
    given.workspace = offering(services={})  # type: ignore[assignment]
    assert given.when(cmd.Reschedule(appointment_id=claim.id, start=at("1 12:00"))) != []


class AgendaMachine(RuleBasedStateMachine):
    """Random lives of an agenda; what is held is judged by brute force after every step."""

    SLOTS = st.integers(0, 3 * 96 - 1).map(lambda step: minute("2026-12-01T00:00-03:00") + 15 * step)
    SOURCES = st.sampled_from(["staff", "ai", "contact"])

    @initialize(capacity=st.integers(1, 3))
    def begin(self, capacity: int) -> None:
        services = {
            **SERVICES,
            1: Service(id=1, name="Corte", duration_minutes=45, buffer_after_minutes=15, provider_ids=[ANA, BIA]),
        }
        room = Resource(id=5, name="Salas", capacity=capacity)
        self.capacity, self.offered, self.events = (
            capacity,
            offering(services=services, resources={5: room}),
            list[Event](),
        )
        self.given = Given(AGENDA, AGENDA.initial(1), self.offered, NOW)  # type: ignore[arg-type]

    def ask(self, command: Any) -> None:
        before = self.given.state
        try:
            self.events += self.given.when(command)
        except (Conflict, Invalid):
            assert self.given.state is before

    @rule(
        service=st.sampled_from([1, 2, 3, 4, 6]),
        start=SLOTS,
        source=SOURCES,
        provider=st.sampled_from([None, ANA, BIA]),
        times=st.sampled_from([1, 1, 2, 3]),
    )
    def book(self, service: int, start: int, source: Any, provider: int | None, times: int) -> None:
        series: Any = {"repeat": "daily", "occurrences": times} if times > 1 else {}
        self.ask(cmd.Book(service_id=service, start=start, source=source, provider_id=provider, **series))

    @rule(data=st.data(), start=SLOTS, by=st.sampled_from(["staff", "contact"]))
    def move(self, data: st.DataObject, start: int, by: Any) -> None:
        if known := self.known():
            self.ask(cmd.Reschedule(appointment_id=data.draw(st.sampled_from(known)), start=start, by=by))

    @rule(data=st.data(), scope=st.sampled_from(["this", "following", "all"]))
    def cancel(self, data: st.DataObject, scope: Any) -> None:
        if known := self.known():
            self.ask(cmd.Cancel(appointment_id=data.draw(st.sampled_from(known)), scope=scope))

    @rule(data=st.data(), approve=st.booleans())
    def answer(self, data: st.DataObject, approve: bool) -> None:
        if known := self.known():
            id_ = data.draw(st.sampled_from(known))
            self.ask(cmd.Approve(appointment_id=id_) if approve else cmd.Decline(appointment_id=id_))

    @rule(minutes=st.integers(1, 600))
    def wait(self, minutes: int) -> None:
        self.given.at += timedelta(minutes=minutes)
        for name, due in self.given.timers.items():
            if due <= self.given.at:
                self.ask(TimerFired(name=name, due=due))

    @rule(closed=st.sets(st.sampled_from([date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3)]), max_size=1))
    def close(self, closed: set[date]) -> None:
        self.given.workspace = offering(  # type: ignore[assignment]
            services=self.offered.services, resources=self.offered.resources, closed=frozenset(closed)
        )

    def known(self) -> list[int]:
        return sorted(claim for day in self.given.state.days.values() for claim in day)

    @invariant()
    def nobody_is_booked_twice(self) -> None:
        if not hasattr(self, "given"):
            return
        claims = held(self.given)
        no_unit_is_held_twice(claims)
        for claim in claims:
            everybody = [each.occupied for each in claims if 5 in each.units]
            assert busiest(everybody, claim.occupied) <= self.capacity
            assert claim.status != "pending" or claim.holds_until is not None

    @invariant()
    def replay_gives_the_same(self) -> None:
        if hasattr(self, "given"):
            assert replay(AGENDA, 1, self.events) == self.given.state

    @invariant()
    def customers_were_only_given_what_is_open(self) -> None:
        for event in getattr(self, "events", []):
            if isinstance(event, AppointmentBooked) and event.claim.source != "staff":
                start = event.claim.start
                assert start >= int(event.booked_at.timestamp()) // 60 + 60
                if event.claim.provider_id is not None:
                    assert all(is_there(WEEK, ZONE, each) for each in (start, start + event.claim.minutes - 1))

    @invariant()
    def what_is_offered_can_be_booked(self) -> None:
        if not hasattr(self, "given"):
            return
        now = int(self.given.at.timestamp()) // 60
        house: Any = self.given.workspace
        guard = Guard(self.given.state, house, customers_bounds(now), {})
        span = (minute("2026-12-01T00:00-03:00"), minute("2026-12-02T00:00-03:00"))
        offers = guard.offers(house.services[1], [ANA, BIA], span, customers_bounds(now))
        for start in [*offers][:1]:
            seat = guard.seat(house.services[1], offers[start], start, house.services[1].length, 1)
            assert not isinstance(seat, str), (instant(start), seat)


AgendaMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
test_nobody_is_booked_twice_whatever_comes = AgendaMachine.TestCase
