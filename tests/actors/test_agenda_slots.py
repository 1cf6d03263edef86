"""What can be booked when, against what other products were reported to get wrong and against brute force."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given, settings, strategies as st
from tests.actors.agenda_minutes import busiest, is_there, local, minute

from plixa.actors.scheduling.choosing import Candidate, choose
from plixa.actors.scheduling.rules import Rule, closed_spans, openings
from plixa.actors.scheduling.series import Repeat, occurrences
from plixa.actors.scheduling.slots import Bounds, Free, Length, is_outside_hours, refusal, starts
from plixa.actors.scheduling.spans import Span, cut, full, is_clear, joined, lies_within
from plixa.actors.scheduling.walls import Wall, instant, minute_of

NEW_YORK, SAO_PAULO, LISBON, SANTIAGO = "America/New_York", "America/Sao_Paulo", "Europe/Lisbon", "America/Santiago"
EVER = Bounds(0, 10**9)
HOUR = Length(60)


def every_day(start: str, end: str) -> list[Rule]:
    """Open on all weekdays."""
    return [Rule("open", start, end, weekday=day) for day in range(7)]


def week(start: str, end: str) -> tuple[Rule, ...]:
    """The same, as `openings` takes it."""
    return tuple(every_day(start, end))


def offered(
    rules: list[Rule],
    zone: str,
    day: str,
    length: Length,
    step: int | None = None,
    taken: list[Span] | None = None,
    closed: set[date] | None = None,
    bounds: Bounds = EVER,
) -> list[str]:
    """The local times at which something may begin on a date, every `step` minutes."""
    on = date.fromisoformat(day)
    shut = closed_spans(closed or set(), zone, on, on)
    free = Free(open=openings((*rules,), zone, on, on, (*shut,)), closed=shut, taken=joined(taken or []))
    whole = Wall(zone, on, on).when(*_day(on))
    found = [at for span in whole for at in starts(free, length, span, bounds)]
    if step is not None:
        found = [at for at in found if (local(at, zone).minute + 60 * local(at, zone).hour) % step == 0]
    return [f"{local(at, zone):%H:%M}" for at in found]


def _day(on: date) -> tuple[int, int]:
    first = (on - date(1970, 1, 1)).days * 1440
    return first, first + 1440


def booked(start: str, end: str, length: Length) -> Span:
    """What an appointment occupies."""
    assert minute(end) - minute(start) == length.minutes
    return length.occupied(minute(start))


# -- T1 to T26 of what others were reported to get wrong, as far as they are about time alone


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2026-03-07", "2026-03-07T18:00Z", "2026-03-07T22:00Z"),
        ("2026-03-08", "2026-03-08T17:00Z", "2026-03-08T21:00Z"),  # clocks went forward that night
        ("2026-11-01", "2026-11-01T18:00Z", "2026-11-01T22:00Z"),
    ],
)
def test_a_window_is_what_the_wall_reads_on_days_when_clocks_change(day: str, first: str, last: str) -> None:
    """T1: hours are the wall's."""
    on = date.fromisoformat(day)
    there = openings(week("13:00", "18:00"), NEW_YORK, on, on)
    found = starts(Free(open=there), HOUR, (minute(first) - 600, minute(first) + 600), EVER)
    assert (found[0], found[-1]) == (minute(first), minute(last))


def test_the_monday_after_clocks_went_back_begins_at_nine() -> None:
    """T2: no offset of another day."""
    rules = every_day("09:00", "17:00")
    assert offered(rules, NEW_YORK, "2026-11-02", HOUR)[0] == "09:00"
    on = date(2026, 11, 2)
    assert openings((*rules,), NEW_YORK, on, on).windows[2] == (
        minute("2026-11-02T14:00Z"),
        minute("2026-11-02T22:00Z"),
    )


def test_buffers_of_neighbours_add_up() -> None:
    """T6: before and after."""
    length = Length(30, 60, 60)
    taken = [booked("2026-12-01T12:00-03:00", "2026-12-01T12:30-03:00", length)]
    found = offered(every_day("08:00", "18:00"), SAO_PAULO, "2026-12-01", length, taken=taken)
    assert "09:30" in found
    assert not {"09:45", "10:00", "12:00", "14:15"} & {*found}
    assert found[found.index("09:30") + 1] == "14:30"


def test_a_buffer_may_stick_out_of_the_window_and_the_service_may_not() -> None:
    """T7: the last start."""
    length = Length(60, before=15)
    other = Length(60)
    taken = [booked("2026-12-01T12:50-03:00", "2026-12-01T13:50-03:00", other)]
    on = date(2026, 12, 1)
    there = openings(week("08:00", "16:00"), SAO_PAULO, on, on)
    after = [
        at
        for at in range(minute("2026-12-01T13:00-03:00"), minute("2026-12-01T17:00-03:00"), 5)
        if refusal(Free(open=there, taken=taken), length, at, EVER) is None
    ]
    assert [f"{local(at, SAO_PAULO):%H:%M}" for at in (after[0], after[-1])] == ["14:05", "15:00"]


def test_a_window_runs_past_midnight() -> None:
    """T8: over night."""
    rules = [Rule("open", "22:30", "02:00", weekday=5)]
    assert offered(rules, SAO_PAULO, "2026-12-04", HOUR, step=30) == ["22:30", "23:00", "23:30"]
    assert offered(rules, SAO_PAULO, "2026-12-05", HOUR, step=30) == ["00:00", "00:30", "01:00"]


def test_from_midnight_to_midnight_is_the_whole_day_and_runs_into_the_next() -> None:
    """T9: `00:00` to `00:00`."""
    found = offered(every_day("00:00", "00:00"), SAO_PAULO, "2026-12-04", HOUR, step=60)
    assert found == [f"{hour:02}:00" for hour in range(24)]
    assert offered([Rule("open", "00:00", "00:00", weekday=5)], SAO_PAULO, "2026-12-04", HOUR)[-1] == "23:00"


def test_what_is_blocked_over_several_dates_is_blocked_on_all_of_them() -> None:
    """T21: away for two weeks."""
    days = [date(2026, 12, 12) + timedelta(days=number) for number in range(17)]
    whole = [Rule("blocked", "00:00", "00:00", date=day) for day in days[1:-1]]
    blocked = [
        Rule("blocked", "14:30", "00:00", date=days[0]),
        *whole,
        Rule("blocked", "00:00", "16:45", date=days[-1]),
    ]
    rules = every_day("09:00", "18:00") + blocked
    assert offered(rules, SAO_PAULO, "2026-12-12", HOUR)[-1] == "13:30"
    assert all(offered(rules, SAO_PAULO, day.isoformat(), HOUR) == [] for day in days[1:-1])
    assert offered(rules, SAO_PAULO, "2026-12-28", HOUR)[0] == "16:45"


def test_windows_of_a_date_replace_those_of_its_weekday() -> None:
    rules = [*every_day("09:00", "18:00"), Rule("open", "20:00", "22:00", date=date(2026, 12, 24))]
    assert offered(rules, SAO_PAULO, "2026-12-24", HOUR) == ["20:00", "20:15", "20:30", "20:45", "21:00"]
    assert offered(rules, SAO_PAULO, "2026-12-25", HOUR)[0] == "09:00"


def test_a_closed_date_is_closed_where_its_midnight_does_not_exist() -> None:
    """T26: Santiago in September."""
    rules, shut = every_day("09:00", "18:00"), {date(2026, 9, 6)}
    assert offered(rules, SANTIAGO, "2026-09-06", HOUR, closed=shut) == []
    for day in ("2026-09-05", "2026-09-07"):
        found = offered(rules, SANTIAGO, day, HOUR, closed=shut)
        assert (found[0], found[-1]) == ("09:00", "17:00")


def test_what_counts_is_how_many_hold_a_resource_at_once() -> None:
    """T25: the peak."""
    holders = [(540, 600), (600, 660)]
    assert is_clear((570, 630), full(holders, 2))
    assert not is_clear((570, 630), full(holders, 1))
    assert full([(540, 600)] * 3, 3) == [(540, 600)]
    assert full([(540, 600)] * 2, 3) == []


@pytest.mark.parametrize(
    ("repeat", "start", "zone", "expected"),
    [
        (
            "monthly",
            "2027-01-31T10:00-03:00",
            SAO_PAULO,
            ["2027-01-31T13:00Z", "2027-02-28T13:00Z", "2027-03-31T13:00Z", "2027-04-30T13:00Z"],
        ),
        ("weekly", "2026-10-20T10:00+01:00", LISBON, ["2026-10-20T09:00Z", "2026-10-27T10:00Z"]),
        ("biweekly", "2026-10-20T23:30+01:00", LISBON, ["2026-10-20T22:30Z", "2026-11-03T23:30Z"]),
        ("daily", "2026-09-05T00:15-04:00", SANTIAGO, ["2026-09-05T04:15Z", None, "2026-09-07T03:15Z"]),
    ],
)
def test_a_series_keeps_what_the_wall_reads(repeat: Repeat, start: str, zone: str, expected: list[str | None]) -> None:
    """T15, T16: the last day of months, and the hour when clocks change."""
    found = occurrences(minute(start), zone, repeat, len(expected))
    assert found == [None if each is None else minute(each) for each in expected]


def test_whoever_has_least_that_day_gets_it_and_why_is_told() -> None:
    chosen = choose([Candidate(7, 60, 5), Candidate(3, 30, 9), Candidate(5, 30, 2), Candidate(4, 30, 2)])
    assert chosen is not None
    assert (chosen.user_id, chosen.minutes, chosen.over) == (4, 30, (5, 3, 7))
    assert choose([]) is None


def test_every_refusal_says_why() -> None:
    on, shut = date(2026, 12, 1), closed_spans({date(2026, 12, 2)}, SAO_PAULO, date(2026, 12, 1), date(2026, 12, 2))
    there = openings(week("09:00", "18:00"), SAO_PAULO, on, on, (*shut,))
    at = minute("2026-12-01T10:00-03:00")
    free = Free(open=there, closed=shut)
    assert refusal(free, HOUR, at, Bounds(at + 1, at + 5)) == "TOO_SOON"
    assert refusal(free, HOUR, at, Bounds(at - 5, at - 1)) == "TOO_FAR"
    assert refusal(free, HOUR, at, Bounds(at, at)) is None
    assert refusal(free, HOUR, minute("2026-12-02T10:00-03:00"), None) == "CLOSED_DAY"
    assert refusal(free, HOUR, minute("2026-12-01T17:30-03:00"), EVER) == "OUTSIDE_HOURS"
    assert refusal(free, HOUR, minute("2026-12-01T17:30-03:00"), None) is None
    assert is_outside_hours(free, HOUR, minute("2026-12-01T17:30-03:00"))
    assert not is_outside_hours(free, HOUR, at)
    assert refusal(Free(open=there, taken=[(at + 59, at + 70)]), HOUR, at, None) == "SLOT_TAKEN"
    assert refusal(Free(open=there, taken=[(at + 60, at + 70)]), HOUR, at, None) is None
    assert refusal(Free(open=there, busy=[(at - 5, at + 1)]), HOUR, at, None) == "PROVIDER_AWAY"
    assert refusal(Free(open=there, full={4: [(at, at + 1)]}), HOUR, at, None) == "RESOURCE_FULL"


# -- against brute force

ZONES = (SAO_PAULO, NEW_YORK, LISBON, SANTIAGO, "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC")
FIRST = st.sampled_from([date(2026, 3, 7), date(2026, 9, 4), date(2026, 9, 5), date(2026, 10, 24), date(2026, 10, 31)])
TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 5, 15, 30, 45, 59]))


@st.composite
def schedules(draw: st.DrawFn) -> tuple[list[Rule], str, date, set[date], str]:
    """Rules around a few days on which clocks change somewhere."""
    first = draw(FIRST)
    near = st.integers(-1, 3).map(lambda days: first + timedelta(days=days))
    rule = st.builds(Rule, st.sampled_from(["open", "open", "blocked"]), TIMES, TIMES, st.integers(0, 6))
    dated = st.builds(Rule, st.sampled_from(["open", "blocked"]), TIMES, TIMES, st.none(), near)
    rules = draw(st.lists(rule, min_size=1, max_size=8)) + draw(st.lists(dated, max_size=3))
    return rules, draw(st.sampled_from(ZONES)), first, draw(st.sets(near, max_size=2)), draw(st.sampled_from(ZONES))


@settings(max_examples=40)
@given(schedules())
def test_a_provider_is_there_exactly_when_the_wall_says_so(case: tuple[list[Rule], str, date, set[date], str]) -> None:
    rules, zone, first, closed, house = case
    last = first + timedelta(days=1)
    shut = closed_spans(closed, house, first, last)
    there = openings((*rules,), zone, first, last, (*shut,))
    wall = Wall(zone, first, last)
    begins, ends = wall.when(*_day(first))[0][0], wall.when(*_day(last))[-1][1]
    wrong = [
        instant(at)
        for at in range(begins, ends)
        if lies_within((at, at + 1), there.whole) is not is_there(rules, zone, at, closed, house)
    ]
    assert wrong == []


SPANS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 60)).map(lambda at: (at[0], at[0] + at[1])), max_size=12)


@given(SPANS, st.integers(1, 4), st.tuples(st.integers(0, 220), st.integers(1, 60)))
@example([(0, 10), (10, 20)], 2, (5, 10))
def test_a_resource_is_full_exactly_when_all_its_units_are_held(
    holders: list[Span], capacity: int, at: tuple[int, int]
) -> None:
    whole = full(holders, capacity)
    held = [minute for minute in range(300) if busiest(holders, (minute, minute + 1)) >= capacity]
    assert [minute for start, end in whole for minute in range(start, end)] == held
    span = (at[0], at[0] + at[1])
    assert is_clear(span, whole) is (busiest(holders, span) < capacity)


@example([(5, 5)], (0, 10))
@given(SPANS, st.tuples(st.integers(0, 200), st.integers(1, 60)))
def test_spans_are_joined_cut_and_compared_as_sets_of_minutes(spans: list[Span], at: tuple[int, int]) -> None:
    span = (at[0], at[0] + at[1])
    minutes = {minute for start, end in spans for minute in range(start, end)}
    whole = joined(spans)
    assert {minute for start, end in whole for minute in range(start, end)} == minutes
    assert all(first[1] < second[0] for first, second in pairwise(whole))
    assert {minute for start, end in cut(span, whole) for minute in range(start, end)} == {*range(*span)} - minutes
    assert is_clear(span, whole) is minutes.isdisjoint(range(*span))
    assert lies_within(span, whole) is ({*range(*span)} <= minutes)


@settings(max_examples=30)
@given(schedules(), SPANS, st.sampled_from([5, 30, 50, 60, 240]), st.integers(0, 60), st.integers(0, 60))
def test_what_is_offered_is_all_of_the_grid_that_is_not_refused(
    case: tuple[list[Rule], str, date, set[date], str], busy: list[Span], minutes: int, before: int, after: int
) -> None:
    rules, zone, first, closed, house = case
    shut = closed_spans(closed, house, first, first)
    there = openings((*rules,), zone, first, first, (*shut,))
    begins, ends = Wall(zone, first, first).when(*_day(first))[0][0], Wall(zone, first, first).when(*_day(first))[-1][1]
    taken = joined((start * 7 + begins, end * 7 + begins) for start, end in busy)
    length, bounds = Length(minutes, before, after), Bounds(begins + 60, ends - 60)
    free = Free(open=there, closed=shut, taken=taken)
    held = {at for start, end in taken for at in range(start, end)}
    expected = [
        at
        for at in range(begins, ends)
        if bounds.earliest <= at <= bounds.latest
        and any(start <= at < end and (at - start) % min(15, minutes) == 0 for start, end in there.windows)
        and all(is_there(rules, zone, each, closed, house) for each in (at, at + minutes // 2, at + minutes - 1))
        and lies_within((at, at + minutes), there.whole)
        and held.isdisjoint(range(at - before, at + minutes + after))
    ]
    assert starts(free, length, (begins, ends), bounds) == expected


def test_minutes_and_instants_are_the_same_moments() -> None:
    assert minute_of(instant(12345)) == 12345
