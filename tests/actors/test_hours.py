"""When a workspace is open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings, strategies as st
from tests.actors.opening import MINUTE, cases, looks_open, open_minutes

from plixa.actors.hours import week as hours_module
from plixa.actors.hours.business_hours import BusinessHours, Day
from plixa.actors.hours.week import (
    ALWAYS,
    HORIZON,
    Hours,
    Span,
    Window,
    add_open_time,
    hours_of,
    is_open,
    joined,
    next_closing,
    next_opening,
    open_seconds,
    open_spans,
)

SHUT = Window("00:00", "00:00", enabled=False)
SAO_PAULO = "America/Sao_Paulo"  # three hours behind UTC since 2019, all year
FRIDAY = 5
LOOK = 3 * 1440
"""Minutes that the brute force looks at."""


def week(days: dict[int, tuple[str, str]], zone: str = "UTC", *closed: date) -> Hours:
    """Open on these weekdays (0 is Sunday) only."""
    weekly = tuple(Window(*days[day]) if day in days else SHUT for day in range(7))
    return Hours(True, zone, weekly, frozenset(closed))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


OFFICE = week(dict.fromkeys(range(1, 6), ("09:00", "18:00")), SAO_PAULO)


@pytest.mark.spec(102)
@pytest.mark.spec(104)
@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-02T11:59:59", False),  # a Monday, 08:59:59 in São Paulo
        ("2026-03-02T12:00:00", True),
        ("2026-03-02T20:59:59", True),
        ("2026-03-02T21:00:00", False),
        ("2026-03-01T15:00:00", False),  # Sunday
        ("2026-03-07T15:00:00", False),  # Saturday
    ],
)
def test_it_is_open_from_open_until_just_before_close(at: str, expected: bool) -> None:
    assert is_open(OFFICE, utc(at)) is expected


@pytest.mark.spec(311)
def test_the_zone_of_the_workspace_decides_and_not_the_one_of_the_time_that_is_asked_with() -> None:
    moment = utc("2026-03-02T12:30:00")
    assert is_open(OFFICE, moment)
    assert is_open(OFFICE, moment.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+09:00").tzinfo))
    assert not is_open(week(dict.fromkeys(range(1, 6), ("09:00", "18:00")), "Asia/Kathmandu"), moment)


def test_a_window_that_closes_before_it_opens_runs_into_the_next_day() -> None:
    bar = week({FRIDAY: ("22:00", "06:00")})
    (span,) = open_spans(bar, utc("2026-03-01"), utc("2026-03-08"))
    assert span == Span(utc("2026-03-06T22:00"), utc("2026-03-07T06:00"))


def test_a_window_from_saturday_runs_into_sunday() -> None:
    assert is_open(week({6: ("22:00", "06:00")}), utc("2026-03-01T05:59"))


def test_equal_times_are_around_the_clock() -> None:
    (span,) = open_spans(week({FRIDAY: ("08:00", "08:00")}), utc("2026-03-01"), utc("2026-03-08"))
    assert span == Span(utc("2026-03-06T08:00"), utc("2026-03-07T08:00"))
    always = week(dict.fromkeys(range(7), ("00:00", "00:00")), SAO_PAULO)
    assert next_closing(always, utc("2026-03-01")) is None


def test_a_closed_date_is_closed_from_midnight_to_midnight_and_no_longer() -> None:
    bar = week({FRIDAY: ("22:00", "06:00"), 6: ("22:00", "06:00")}, "UTC", date(2026, 3, 7))
    spans = list(open_spans(bar, utc("2026-03-05"), utc("2026-03-09")))
    assert spans == [
        Span(utc("2026-03-06T22:00"), utc("2026-03-07T00:00")),
        Span(utc("2026-03-08T00:00"), utc("2026-03-08T06:00")),
    ]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),  # 00:00 never came
        ("America/Sao_Paulo", date(2018, 2, 17), 25),  # 23:00 came twice
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Pacific/Apia", date(2011, 12, 30), 0),
        ("Asia/Kathmandu", date(1986, 1, 1), 23.75),
        ("America/St_Johns", date(2006, 10, 28), 24 + 59 / 60),  # from 00:01 on the 29th back to 23:01 on the 28th
    ],
)
def test_a_whole_day_has_as_many_hours_as_its_clock_shows(zone: str, day: date, hours: float) -> None:
    whole = week({day.isoweekday() % 7: ("00:00", "00:00")}, zone)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    three_days = timedelta(days=3)
    assert open_seconds(whole, noon - three_days, noon + three_days) == pytest.approx(hours * 3600)


def test_hours_that_do_not_exist_are_not_counted_and_those_that_come_twice_are_twice() -> None:
    night = week({0: ("02:00", "03:00")}, "America/New_York")
    assert open_seconds(night, utc("2026-03-07"), utc("2026-03-10")) == 0
    assert next_opening(night, utc("2026-03-07")) == utc("2026-03-15T06:00")
    early = week({0: ("01:00", "02:00")}, "America/New_York")
    assert list(open_spans(early, utc("2026-10-31"), utc("2026-11-03"))) == [
        Span(utc("2026-11-01T05:00"), utc("2026-11-01T07:00"))
    ]


def test_hours_that_are_off_are_always_open() -> None:
    off = msgspec.structs.replace(OFFICE, enabled=False)
    night = utc("2026-03-01T03:00")
    assert is_open(off, night)
    assert next_opening(off, night) == night
    assert next_closing(off, night) is None
    assert add_open_time(off, night, 90) == (night + timedelta(seconds=90), (Span(night, utc("2026-03-01T03:01:30")),))


def test_never_is_none() -> None:
    never = week({})
    assert next_opening(never, utc("2026-03-01")) is None
    assert next_closing(never, utc("2026-03-01")) == utc("2026-03-01")
    assert add_open_time(never, utc("2026-03-01"), 1) == (None, ())


def test_what_lies_beyond_the_horizon_is_never_and_what_there_is_is_told() -> None:
    sundays = week({0: ("09:00", "09:01")})
    due, segments = add_open_time(sundays, utc("2026-03-01"), 604_800)
    assert due is None
    assert len(segments) == 53  # 2026-03-01 is a Sunday
    assert segments[-1].end <= utc("2026-03-01") + HORIZON


def test_open_time_goes_over_nights_weekends_and_holidays_and_says_how() -> None:
    office = msgspec.structs.replace(OFFICE, closed_dates=frozenset({date(2026, 3, 9)}))
    due, segments = add_open_time(office, utc("2026-03-06T20:00"), 3 * 3600)  # Friday 17:00
    assert segments == (
        Span(utc("2026-03-06T20:00"), utc("2026-03-06T21:00")),
        Span(utc("2026-03-10T12:00"), utc("2026-03-10T14:00")),
    )
    assert due == utc("2026-03-10T14:00")


def test_a_closed_date_is_closed_where_no_week_is_kept() -> None:
    off = Hours(False, SAO_PAULO, closed_dates=frozenset({date(2026, 3, 9)}), pause_sla=True)
    midnight = utc("2026-03-09T03:00")  # in São Paulo
    assert [is_open(off, midnight + MINUTE * minutes) for minutes in (-1, 0, 1439, 1440)] == [True, False, False, True]
    assert next_opening(off, midnight) == utc("2026-03-10T03:00")
    assert next_closing(off, utc("2026-03-01")) == midnight
    assert add_open_time(off, utc("2026-03-09T02:00"), 7200)[0] == utc("2026-03-10T04:00")


@pytest.mark.parametrize("enabled", [True, False])
def test_a_promise_of_an_hour_is_not_looked_for_through_a_year(enabled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    windows, days = hours_module._windows, list[date]()

    def counted(hours: Hours, day: date) -> Iterator[tuple[timedelta, timedelta]]:
        days.append(day)
        return windows(hours, day)

    monkeypatch.setattr(hours_module, "_windows", counted)
    always = Hours(enabled, SAO_PAULO, (Window("00:00", "00:00"),) * 7, frozenset({date(2026, 12, 25)}))
    assert add_open_time(always, utc("2026-03-09T12:00"), 3600)[0] == utc("2026-03-09T13:00")
    assert next_opening(always, utc("2026-03-09T12:00")) == utc("2026-03-09T12:00")
    assert len(days) < 8


def test_no_time_is_over_at_once() -> None:
    assert add_open_time(OFFICE, utc("2026-03-01"), 0) == (utc("2026-03-01"), ())


def test_a_week_has_seven_days() -> None:
    with pytest.raises(ValueError, match="7 windows"):
        Hours(weekly=(SHUT,) * 6)


def test_spans_that_touch_are_one() -> None:
    one, two, three, four = (utc(f"2026-03-0{day}") for day in (1, 2, 3, 4))
    assert list(joined([Span(one, two), Span(two, three)])) == [Span(one, three)]
    assert list(joined([Span(one, three), Span(two, three)])) == [Span(one, three)]
    assert list(joined([Span(one, two), Span(three, four)])) == [Span(one, two), Span(three, four)]


def test_hours_come_from_what_is_configured() -> None:
    config = BusinessHours(enabled=True, hours=[Day("10:00", "12:00", True)] * 7, pause_sla=True)
    hours = hours_of(config, SAO_PAULO, [date(2026, 3, 2)])
    assert hours == Hours(True, SAO_PAULO, (Window("10:00", "12:00"),) * 7, frozenset({date(2026, 3, 2)}), True)
    assert not hours_of(BusinessHours(enabled=True, hours=[]), "UTC").enabled


@pytest.mark.parametrize("codec", [msgspec.json, msgspec.msgpack])
def test_hours_and_spans_can_be_stored(codec: object) -> None:
    def through(value: object) -> object:
        return codec.decode(codec.encode(value), type=type(value))  # type: ignore[attr-defined]

    hours = msgspec.structs.replace(OFFICE, closed_dates=frozenset({date(2026, 3, 9)}))
    assert through(hours) == hours
    span = Span(utc("2026-03-06T20:00"), utc("2026-03-06T21:00"))
    assert through(span) == span


# -- against a look at the wall every minute ---------------------------------------------------------------------------


@given(cases())
@settings(deadline=None, max_examples=60)
def test_open_time_is_what_the_wall_says(case: tuple[Hours, datetime]) -> None:
    hours, start = case
    minutes = open_minutes(hours, start, LOOK)
    assert open_seconds(hours, start, start + LOOK * MINUTE) == 60 * sum(minutes)
    spans = list(open_spans(hours, start, start + LOOK * MINUTE))
    flags = [False] * LOOK
    for span in spans:
        for each in range((span.start - start) // MINUTE, (span.end - start) // MINUTE):
            flags[each] = True
    assert flags == minutes
    assert all(one.end < two.start for one, two in pairwise(spans))


@given(cases(), st.integers(0, 1440))
@settings(deadline=None, max_examples=150)
def test_is_open_and_the_next_change_are_what_the_wall_says(case: tuple[Hours, datetime], later: int) -> None:
    hours, start = case
    at = start + later * MINUTE
    assert is_open(hours, at) == looks_open(hours, at)
    assert is_open(hours, at + timedelta(seconds=59.5)) == looks_open(hours, at)
    minutes = open_minutes(hours, at, LOOK)
    for wanted, found in ((True, next_opening(hours, at)), (False, next_closing(hours, at))):
        if wanted in minutes:
            assert found == at + minutes.index(wanted) * MINUTE
        else:
            assert found is None or found >= at + LOOK * MINUTE


@given(cases(), st.integers(1, 40 * 60))
@settings(deadline=None, max_examples=80)
def test_the_due_time_is_where_counting_open_minutes_ends(case: tuple[Hours, datetime], wanted: int) -> None:
    hours, start = case
    due, segments = add_open_time(hours, start, wanted * 60)
    minutes = open_minutes(hours, start, LOOK)
    if sum(minutes) < wanted:
        assert due is None or due > start + LOOK * MINUTE
        return
    counted = 0
    for index, is_counted in enumerate(minutes):
        counted += is_counted
        if counted == wanted:
            assert due == start + (index + 1) * MINUTE
            break
    assert sum((span.length for span in segments), timedelta()) == wanted * MINUTE
    assert segments[-1].end == due


@given(cases(), st.integers(1, 5000), st.floats(0, 5000))
@settings(deadline=None, max_examples=100)
def test_open_time_adds_up(case: tuple[Hours, datetime], minutes: int, part: float) -> None:
    hours, start = case
    end = start + minutes * MINUTE
    middle = start + min(timedelta(minutes=part), end - start)
    both = open_seconds(hours, start, middle) + open_seconds(hours, middle, end)
    assert both == pytest.approx(open_seconds(hours, start, end), abs=1e-6)
    assert 0 <= both <= (end - start).total_seconds()
    assert open_seconds(ALWAYS, start, end) == minutes * 60


@pytest.mark.parametrize("window", [("00:00", "23:59"), ("08:00", "23:59"), ("22:00", "05:59")])
def test_an_end_at_a_minute_59_is_the_end_of_that_minute(window: tuple[str, str]) -> None:
    hours = week(dict.fromkeys(range(7), window))
    hour = int(window[1][:2])
    last = datetime(2026, 6, 10, hour, 59, 59, 999_999, tzinfo=UTC)
    assert is_open(hours, last)
    assert is_open(hours, last + timedelta(microseconds=1)) == (window[0] == "00:00")


def test_a_week_of_days_until_2359_never_closes() -> None:
    hours = week(dict.fromkeys(range(7), ("00:00", "23:59")))
    start = datetime(2026, 6, 10, tzinfo=UTC)
    assert next_closing(hours, start) is None
    assert open_seconds(hours, start, start + timedelta(days=7)) == 7 * 86_400
