"""Any life of a linked calendar ends well: each future appointment has one living event of its very time, there is none
of ours without an appointment, and nothing of the member's own is touched.

Whatever happens on the way: bookings, moves, cancellations, the member's own doings at Google, faults of the network
and of Google, crashes between any two steps, links that die and are made anew.
"""

from __future__ import annotations

from typing import Any

import pytest
import trio
from hypothesis import HealthCheck, given, settings, strategies as st
from tests.calendars.near import NOW, Crash, Person, same, span_of

from plixa.http.clients.google.errors import GoogleAway, GoogleError

FAULTS = (
    "unauthorised", "rates", "full", "busy", "crashed", "away", "lost", "unsent", "garbled", "unknown", "expired",
    "dead", "brief",
)  # fmt: skip
ids = st.integers(1, 4)
times = st.integers(1, 200).map(lambda each: NOW + each * 15)
steps = st.one_of(
    st.tuples(st.just("book"), ids, times),
    st.tuples(st.just("cancel"), ids),
    st.tuples(st.just("write"), ids),
    st.tuples(st.just("look")),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS), st.integers(1, 3)),
    st.tuples(st.just("crash"), st.integers(0, 4)),
    st.tuples(st.just("revoke")),
    st.tuples(st.just("connect")),
    st.tuples(st.just("own"), times),
    st.tuples(st.just("moves"), st.integers(0, 3), times),
    st.tuples(st.just("removes"), st.integers(0, 3)),
    st.tuples(st.just("copies"), st.integers(0, 3)),
    st.tuples(st.just("decide"), st.integers(0, 3), st.booleans()),
)
PASSES = (GoogleError, GoogleAway, Crash)


async def step(person: Person, what: tuple[Any, ...]) -> None:
    match what:
        case ("book", id_, start):
            person.book(id_, start)
        case ("cancel", id_):
            person.agenda.pop(id_, None)
        case ("write", id_):
            await person.write(id_)
        case ("look",):
            await person.look()
        case ("fault", name, times_):
            setattr(person.app.world.faults, name, times_)
        case ("crash", writes):
            person.shelf.crash_in = writes
        case ("revoke",):
            person.app.world.revoke("ana@clinic.example")
        case ("connect",):
            person.connect()
        case ("own", start):
            person.add(start)
        case ("decide", number, accepts):
            await decide(person, number, accepts=accepts)
        case (doing, number, *rest):
            if number < len(ours := person.ours()):
                {"moves": person.move, "removes": person.remove, "copies": person.copy}[doing](ours[number], *rest)


async def decide(person: Person, number: int, *, accepts: bool) -> None:
    """A person looks at what was changed in Google."""
    rows = [row for row in person.shelf.kept.values() if row.alive and row.seen is not None]
    if number >= len(rows):
        return
    row = rows[number]
    if accepts and row.seen == "removed":
        person.agenda.pop(row.appointment_id, None)
    elif accepts and row.seen_first is not None:
        person.book(row.appointment_id, row.seen_first)
    elif row.appointment_id in person.agenda:
        await person.line.put_back(row, person.agenda[row.appointment_id])
        return
    await person.write(row.appointment_id)


async def live(person: Person, life: list[tuple[Any, ...]]) -> None:
    for each in life:
        try:
            await step(person, each)
        except Crash:
            person.restart()
        except PASSES:
            pass


async def settle(person: Person) -> None:
    """Everything works again, nobody does anything more, and all that is to be decided is put back."""
    for name in FAULTS:
        setattr(person.app.world.faults, name, 0)
    person.shelf.crash_in = None
    person.connect()
    await person.look()
    for _ in range(10):
        await decide(person, 0, accepts=False)
    await person.look()


def check(person: Person) -> None:
    living = person.ours()
    found = {each.data["extendedProperties"]["private"]["plixa"]: span_of(each) for each in living}
    assert len(found) == len(living), "two events of one appointment"
    assert found == {f"abc.7.{id_}": (each.start, each.end) for id_, each in person.agenda.items()}
    for id_, own in person.own.items():
        assert same(person.account.events[id_], own), "the member's own was touched"
    kept = repr(person.shelf)
    assert not any(token in kept for token in (*person.app.world.refresh, *person.app.world.access))


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=120)
@given(st.lists(steps, max_size=40))
def test_any_life_ends_with_one_event_an_appointment(life: list[tuple[Any, ...]]) -> None:
    async def whole() -> None:
        person = Person()
        await live(person, life)
        await settle(person)
        check(person)

    trio.run(whole)


@pytest.mark.parametrize("fault", ["crashed", "lost", "garbled"])
def test_an_insert_whose_answer_is_lost_makes_no_second_event(fault: str) -> None:
    async def whole() -> None:
        person = Person()
        person.book(1, NOW + 60)
        setattr(person.app.world.faults, fault, 1)
        person.app.world.faults.path = "/events"
        with pytest.raises((GoogleError, GoogleAway)):
            await person.write(1)
        await person.write(1)
        check(person)

    trio.run(whole)


def test_an_appointment_that_goes_while_its_insert_is_in_doubt_leaves_nothing() -> None:
    async def whole() -> None:
        person = Person()
        person.book(1, NOW + 60)
        person.app.world.faults.lost, person.app.world.faults.path = 1, "/events"
        with pytest.raises((GoogleError, GoogleAway)):
            await person.write(1)
        del person.agenda[1]
        await person.write(1)
        check(person)

    trio.run(whole)


def test_an_insert_that_arrives_after_its_delete_is_swept_away() -> None:
    async def whole() -> None:
        person = Person()
        person.book(1, NOW + 60)
        await person.write(1)
        late = dict(person.ours()[0].data)
        person.account.events.clear()  # it had not arrived yet
        del person.agenda[1]
        await person.write(1)
        person.app.world.change(person.account, late)
        await person.look()
        check(person)

    trio.run(whole)


def test_a_calendar_that_comes_back_to_a_deleted_id_takes_the_next_one() -> None:
    async def whole() -> None:
        person = Person()
        for _ in range(3):
            person.book(1, NOW + 60)
            await person.write(1)
            del person.agenda[1]
            await person.write(1)
        person.shelf.kept.clear()  # as if rows had been lost, too
        person.book(1, NOW + 60)
        await person.write(1)
        check(person)
        assert len(person.account.events) == 4

    trio.run(whole)


def test_what_the_member_does_in_google_waits_for_a_person() -> None:
    async def whole() -> None:
        person = Person()
        person.book(1, NOW + 60)
        person.book(2, NOW + 120)
        await person.look()
        moved, removed = sorted(person.ours(), key=span_of)
        person.move(moved, NOW + 300)
        person.remove(removed)
        await person.look()
        await person.look()
        rows = person.shelf.kept
        assert (rows[1].seen, rows[1].seen_first, rows[2].seen) == ("moved", NOW + 300, "removed")
        assert [span_of(each)[0] for each in person.ours()] == [NOW + 300], "nothing is done by itself"
        await decide(person, 0, accepts=True)
        await decide(person, 0, accepts=False)
        check(person)
        assert person.agenda[1].start == NOW + 300

    trio.run(whole)


def test_a_sync_token_that_is_too_old_costs_a_full_look_and_no_change() -> None:
    async def whole() -> None:
        person = Person()
        for number in range(6):
            person.book(number, NOW + 60 * (number + 1))
        await person.look()
        person.move(sorted(person.ours(), key=span_of)[5], NOW + 900)
        person.app.world.faults.expired = 1
        await person.look()
        assert [row.appointment_id for row in person.shelf.kept.values() if row.seen == "moved"] == [5]

    trio.run(whole)


def test_an_event_that_google_has_forgotten_is_missed_by_a_full_look() -> None:
    async def whole() -> None:
        person = Person()
        person.book(1, NOW + 60)
        await person.look()
        person.account.events.clear()
        person.shelf.token = None
        await person.look()
        assert person.shelf.kept[1].seen == "removed"

    trio.run(whole)


def test_a_change_on_a_later_page_is_seen() -> None:
    async def whole() -> None:
        person = Person(page=2)
        for number in range(7):
            person.book(number, NOW + 60 * (number + 1))
        await person.look()
        for stored in person.ours():
            person.remove(stored)
        await person.look()
        assert [row.seen for row in person.shelf.kept.values()] == ["removed"] * 7

    trio.run(whole)


def test_what_is_busy_leaves_out_what_is_ours_and_what_keeps_nobody() -> None:
    async def whole() -> None:
        person = Person()
        person.book(1, NOW + 60, 60)
        await person.look()
        person.add(NOW + 90, 60)
        person.add(NOW + 300, 60, transparency="transparent")
        person.add(NOW + 400, 60, attendees=[{"self": True, "responseStatus": "declined"}])
        person.add(NOW + 500, 60, status="tentative")
        person.add(NOW + 100 * 1440 - 3000, 60)
        await person.line.look_at_busy()
        [(_, busy)] = person.shelf.spans.items()
        assert busy == [
            (NOW + 120, NOW + 150),
            (NOW + 500, NOW + 560),
            (NOW + 100 * 1440 - 3000, NOW + 100 * 1440 - 2940),
        ]
        assert await person.line.look_exactly(NOW + 60, NOW + 450) == [(NOW + 90, NOW + 150)]
        person.app.world.faults.unknown = 1
        with pytest.raises(GoogleError):
            await person.line.look_at_busy()
        [(_, kept)] = [(at, each) for at, each in person.shelf.spans.items() if at[1] - at[0] > 1440]
        assert kept == busy, "not known is not free"

    trio.run(whole)
