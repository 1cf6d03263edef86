"""What a notice is about, whether it is still so, and what can be done from there: pure, by what the agenda has."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from tests.actors.given import Given
from tests.actors.test_agenda import ANA, CUT, NOW, agenda, at, book, offering
from tests.kinds import workspace

from plixa.actors.scheduling import commands as cmd
from plixa.actors.scheduling.catalogue import Booking
from plixa.http.scheduling.asking import Book
from plixa.http.scheduling.concerning import STANDS, concerned, is_told, ways_on
from plixa.http.scheduling.subjects import Place, Subject
from plixa.http.scheduling.times_free import Free

LIA = 31


def opened(given: Given, **settings: Any) -> Book:
    return Book(workspace(id=1, name="Salão", booking=Booking(**settings)), given.state, offering())


def request(what: str, id_: int, revision: int = 1) -> dict[str, Any]:
    return {"what": what, "appointment_id": id_, "revision": revision}


@pytest.mark.parametrize("tells", [True, False])
def test_what_the_house_did_itself_is_told_where_it_wants_that_and_while_it_is_so(tells: bool) -> None:
    given = agenda()
    id_ = book(given, "1 09:00", contact_id=LIA).id

    def told(what: str, revision: int = 1) -> bool:
        asked, house = request(what, id_, revision), opened(given, tell_customers=tells)
        return is_told(asked, concerned(asked, given.state), house)

    assert [told("staff_booked"), told("staff_booked", 2), told("staff_cancelled")] == [tells, False, False]
    given.when(cmd.Reschedule(appointment_id=id_, start=at("1 11:00")))
    assert [told("staff_booked"), told("staff_moved", 2)] == [False, tells]
    given.when(cmd.Cancel(appointment_id=id_))
    assert [told("staff_moved", 2), told("staff_cancelled", 2)] == [False, tells]
    assert told("paid_late")  # what they did themselves is always told
    assert is_told(request("staff_booked", 999), [], opened(given, tell_customers=tells))


def test_a_series_is_told_with_what_holds_of_it() -> None:
    given = agenda()
    given.when(cmd.Book(service_id=CUT.id, start=at("7 09:00"), contact_id=LIA, repeat="weekly", occurrences=3))
    first, second, third = [each.id for each in sorted(given.state.holding(), key=lambda each: each.start)]
    given.when(cmd.Cancel(appointment_id=second))
    assert [each.id for each in concerned(request("staff_booked", first), given.state)] == [first, third]
    assert [each.id for each in concerned(request("staff_moved", first), given.state)] == [first]
    assert concerned(request("staff_booked", 999), given.state) == []
    along = {**request("staff_cancelled", first), "along": [first, second]}
    assert [each.id for each in concerned(along, given.state)] == [first, second]


def test_only_from_what_is_theirs_there_are_ways_on_and_of_a_series_only_its_file() -> None:
    given = agenda()
    single = book(given, "1 09:00", contact_id=LIA)
    given.when(cmd.Book(service_id=CUT.id, start=at("7 09:00"), contact_id=LIA, repeat="weekly", occurrences=2))
    series = [each for each in given.state.holding() if each.series_id is not None]
    mine = Subject("mine", ((single.id, 1),))
    assert {ways_on(what, [single]) for what in STANDS} == {(mine, ("file", "move", "cancel"))}
    assert ways_on("staff_booked", series)[1] == ways_on("moved", series[:1])[1] == ("file",)
    assert ways_on("booked", [single, single])[1] == ("file",)
    asked = book(given, "8 10:00", given.workspace.services[4], source="ai", contact_id=LIA)  # type: ignore[attr-defined]
    assert ways_on("booked", [asked]) == ways_on("booked", []) == ways_on("declined", [single]) == (None, ())


@pytest.mark.parametrize("place", [Place("slots", "f", 3), Place("mine", "a", 0, 41, 2), Place("services", "c", 12)])
def test_a_place_in_booking_is_read_as_it_was_written(place: Place) -> None:
    assert Place.of(str(place)) == place


@pytest.mark.parametrize(
    "text",
    [
        "", "book:", "back:slots.f.3.0.0", "book:slots.f.3.0", "book:slots.f.3.0.0.0", "book:hours.f.3.0.0",
        "book:slots.f.x.0.0", "book:slots.f.3.x.0", "book:slots.f.3.0.x", "book:slots.f.٣.0.0", "book:slots.f.².0.0",
        "book:slots.f.-3.0.0",
    ],
)  # fmt: skip
def test_what_is_no_place_is_none(text: str) -> None:
    assert Place.of(text) is None


def test_whose_doing_a_booking_is_follows_from_the_place() -> None:
    assert [Place("slots", each, 1).booked_by for each in ("f", "a", "c", "?")] == ["flow", "ai", "contact", "contact"]
    subject = Subject("reminder", ((41, 1), (42, 3)))
    assert (str(subject), Subject.of(str(subject))) == ("reminder-41.1+42.3", subject)
    for text in ("", "reminder-", "reminder-41", "reminder-41.x", "reminder-41.1.2"):
        with pytest.raises(ValueError, match=r"."):
            Subject.of(text)


async def test_the_next_page_of_what_is_free_begins_after_the_last_time_that_was_shown() -> None:
    given = agenda()
    mine = book(given, "1 09:00", provider_id=ANA)
    free = Free(opened(given), CUT, [ANA], NOW)
    first = await free.starts(most=3)
    assert all(later - earlier >= CUT.duration_minutes for earlier, later in pairwise(first))
    assert (await free.starts(after=first[-1], most=3))[0] > first[-1]
    assert (await free.starts(after=at("1 08:00"), most=1)) == [at("1 10:00")]
    moving = Free(opened(given), CUT, [ANA], NOW, but=(mine.id,))
    assert (await moving.starts(after=at("1 08:00"), most=1)) == [at("1 09:00")]  # their own time is no obstacle
    assert (await moving.starts(after=at("1 09:00"), most=1)) == [at("1 09:15")]
    assert await free.days(date(2026, 12, 1), most=2) == [date(2026, 12, 1), date(2026, 12, 2)]
