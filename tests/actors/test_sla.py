"""Service-level clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import assume, given, settings, strategies as st
from msgspec.structs import replace
from tests.actors.opening import MINUTE, cases, open_minutes

from plixa.actors.conversation import sla
from plixa.actors.conversation.events import Author
from plixa.actors.conversation.sla import SlaClock
from plixa.actors.hours.week import ALWAYS, Hours, Span, Window

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
SHUT = Window(enabled=False)
OFFICE = Hours(True, "UTC", (SHUT, *[Window("09:00", "18:00")] * 5, SHUT), pause_sla=True)
LOOK = 3 * 1440


def started(target: int = 3600, at: datetime = NOON, hours: Hours = ALWAYS) -> SlaClock:
    clock = sla.start("first_response", target, at, hours)
    assert clock is not None
    return clock


@pytest.mark.spec(205)
def test_no_target_is_no_clock() -> None:
    assert sla.start("resolution", None, NOON, OFFICE) is None
    assert sla.due(None) is None


@pytest.mark.spec(204)
@pytest.mark.parametrize("kind", ["first_response", "resolution"])
def test_a_clock_warns_at_four_fifths_and_is_due_at_the_target(kind: sla.ClockKind) -> None:
    clock = sla.start(kind, 3600, NOON, ALWAYS)
    assert clock is not None
    assert (clock.kind, clock.started_at) == (kind, NOON)
    assert (clock.warn_at, clock.due_at) == (NOON + 48 * MINUTE, NOON + HOUR)
    assert sla.due(clock) == clock.warn_at
    assert sla.on_timer(clock, NOON + 47 * MINUTE) is None
    assert sla.on_timer(clock, NOON + 48 * MINUTE) == "warn"
    clock = sla.warn(clock, NOON + 48 * MINUTE)
    assert sla.due(clock) == clock.due_at
    assert sla.on_timer(clock, NOON + 49 * MINUTE) is None
    assert sla.on_timer(clock, NOON + HOUR) == "breach"
    clock = sla.breach(clock)
    assert clock.breached_at == NOON + HOUR
    assert sla.due(clock) is None
    assert sla.on_timer(clock, NOON + 2 * HOUR) is None


def test_a_timer_that_is_late_by_all_of_it_does_not_warn_any_more() -> None:
    assert sla.on_timer(started(), NOON + 5 * HOUR) == "breach"


def test_an_answer_in_time_ends_it() -> None:
    clock = sla.meet(started(), NOON + 10 * MINUTE)
    assert (clock.met_at, clock.breached_at) == (NOON + 10 * MINUTE, None)
    assert sla.due(clock) is None
    assert sla.on_timer(clock, NOON + HOUR) is None
    assert sla.meet(clock, NOON + HOUR) == clock
    assert sla.elapsed(clock, NOON + 9 * HOUR, ALWAYS) == 600


@pytest.mark.parametrize("at", [NOON + HOUR, NOON + 2 * HOUR])
def test_an_answer_before_a_late_timer_does_not_hide_the_breach(at: datetime) -> None:
    told_first = sla.meet(sla.breach(started()), at)
    assert sla.meet(started(), at) == told_first
    assert (told_first.breached_at, told_first.met_at) == (NOON + HOUR, at)


def test_an_episode_that_ends_unanswered_is_no_verdict() -> None:
    clock = sla.stop(started(), NOON + 10 * MINUTE)
    assert (clock.met_at, clock.breached_at, clock.stopped_at) == (None, None, NOON + 10 * MINUTE)
    assert sla.due(clock) is None
    assert sla.meet(clock, NOON + 20 * MINUTE) == clock
    assert sla.stop(started(), NOON + 2 * HOUR).breached_at == NOON + HOUR


@pytest.mark.spec(105)
def test_closed_time_does_not_count_where_the_house_says_so() -> None:
    evening = NOON + 5 * HOUR
    clock = started(2 * 3600, evening, OFFICE)
    assert clock.segments == (
        Span(evening, NOON + 6 * HOUR),
        Span(NOON + 21 * HOUR, NOON + 22 * HOUR),
    )
    assert clock.due_at == NOON + 22 * HOUR
    assert clock.warn_at == NOON + 21 * HOUR + 36 * MINUTE
    assert started(2 * 3600, evening, replace(OFFICE, pause_sla=False)).due_at == NOON + 7 * HOUR
    assert started(2 * 3600, evening, replace(OFFICE, enabled=False)).due_at == NOON + 7 * HOUR


@pytest.mark.spec(105)
def test_it_shows_as_paused_while_it_is_closed_and_undecided() -> None:
    clock = started(8 * 3600, NOON, OFFICE)
    night = NOON + 8 * HOUR
    assert not sla.paused(clock, OFFICE, NOON)
    assert sla.paused(clock, OFFICE, night)
    assert not sla.paused(clock, replace(OFFICE, pause_sla=False), night)
    assert not sla.paused(sla.meet(clock, NOON), OFFICE, night)
    assert not sla.paused(sla.breach(clock), OFFICE, night)


def test_new_hours_lay_out_what_remains_and_keep_what_was() -> None:
    clock = started(2 * 3600, NOON + 5 * HOUR, OFFICE)
    holiday = replace(OFFICE, closed_dates=frozenset({date(2026, 3, 3)}))
    moved = sla.recompute(clock, NOON + 8 * HOUR, holiday)
    assert moved.due_at == NOON + 46 * HOUR
    assert moved.segments[0] == clock.segments[0]
    assert moved.target_seconds == clock.target_seconds
    unpaused = sla.recompute(clock, NOON + 8 * HOUR, replace(OFFICE, pause_sla=False))
    assert unpaused.due_at == NOON + 9 * HOUR


def test_new_hours_that_warn_earlier_do_not_warn_twice() -> None:
    clock = sla.warn(started(2 * 3600, NOON + 5 * HOUR, OFFICE), NOON + 21 * HOUR + 36 * MINUTE)
    moved = sla.recompute(clock, NOON + 21 * HOUR + 40 * MINUTE, ALWAYS)
    assert (moved.warn_at, moved.warned_at) == (clock.warn_at, clock.warned_at)
    assert sla.due(moved) == moved.due_at


@pytest.mark.parametrize(
    "past",
    [
        sla.breach(started()),
        sla.meet(started(), NOON + MINUTE),
        sla.stop(started(), NOON + MINUTE),
    ],
)
def test_what_is_decided_is_not_changed_by_new_hours(past: SlaClock) -> None:
    assert sla.recompute(past, NOON + 30 * MINUTE, OFFICE) == past
    assert sla.recompute(started(), NOON + HOUR, OFFICE) == started()  # due, though no timer has said so


def test_too_little_open_time_is_never_due_until_hours_change() -> None:
    never = replace(OFFICE, weekly=(SHUT,) * 7)
    clock = started(3600, NOON, never)
    assert (clock.due_at, clock.warn_at, sla.due(clock)) == (None, None, None)
    assert sla.on_timer(clock, NOON + 99 * HOUR) is None
    assert sla.elapsed(clock, NOON + 99 * HOUR, never) == 0
    assert sla.recompute(clock, NOON + HOUR, ALWAYS).due_at == NOON + 2 * HOUR


def test_a_clock_that_is_never_due_counts_on_past_the_horizon() -> None:
    seldom = replace(OFFICE, weekly=(SHUT, Window("09:00", "09:01"), *(SHUT,) * 5))
    clock = started(604_800, NOON, seldom)
    assert clock.due_at is None
    assert sla.elapsed(clock, NOON + timedelta(days=7 * 60), seldom) == 60 * 60


def test_after_the_due_time_the_hours_of_today_count() -> None:
    clock = sla.breach(started(3600, NOON, OFFICE))
    assert sla.elapsed(clock, NOON + 24 * HOUR, OFFICE) == 9 * 3600
    assert sla.elapsed(clock, NOON + 24 * HOUR, ALWAYS) == 24 * 3600


def test_clocks_of_the_first_days_still_work() -> None:
    stored: dict[str, Any] = {"target_seconds": 3600, "due_at": "2026-03-02T13:00:00+00:00"}
    clock = msgspec.convert(stored, SlaClock)
    assert clock == SlaClock(3600, NOON + HOUR)
    assert sla.due(clock) == NOON + HOUR
    assert sla.on_timer(clock, NOON + 59 * MINUTE) is None
    assert sla.elapsed(clock, NOON + 10 * MINUTE, ALWAYS) == 600
    assert sla.recompute(clock, NOON + 10 * MINUTE, ALWAYS).warn_at == NOON + 48 * MINUTE


@pytest.mark.parametrize("codec", [msgspec.json, msgspec.msgpack])
def test_clocks_can_be_stored(codec: Any) -> None:
    clock = sla.meet(sla.warn(started(2 * 3600, NOON + 5 * HOUR, OFFICE), NOON + 22 * HOUR), NOON + 23 * HOUR)
    assert codec.decode(codec.encode(clock), type=SlaClock) == clock


@pytest.mark.spec(204)
@pytest.mark.parametrize(
    ("author", "why", "expected"),
    [
        ("user", None, True),
        ("phone", None, True),
        ("api", None, True),
        ("ai", "prompt:3", True),
        ("flow", "flow:7", True),
        ("contact", None, False),
        ("system", None, False),
        ("system", "welcome", False),
        ("system", "closed_hours", False),
        ("ai", "closed_hours:2026-03-02", False),
        ("flow", "csat", False),
        ("api", "broadcast:12", False),
        ("user", "broadcast:12", False),
    ],
)
def test_an_answer_is_a_word_to_what_was_asked(author: str, why: str | None, expected: bool) -> None:
    assert sla.counts_as_answer(author, why) is expected


def test_every_author_that_there_is_either_answers_or_does_not() -> None:
    kinds = set(get_args(get_type_hints(Author)["kind"]))
    assert kinds == sla.ANSWERING | {"contact", "system"}


# -- against a look at the wall every minute ---------------------------------------------------------------------------

TARGETS = st.integers(1, 600).map(lambda tenths: tenths * 300)
"""Whole multiples of five minutes, so that four fifths are whole minutes too."""


def nth_open(minutes: list[bool], wanted: int) -> int | None:
    """The minute after the one in which so many open ones have passed."""
    counted = 0
    for index, is_counted in enumerate(minutes):
        counted += is_counted
        if counted == wanted:
            return index + 1
    return None


def assert_as_counted(clock: SlaClock, began: datetime, minutes: list[bool]) -> None:
    """Warning and breach come when so many of these minutes were open; what lies beyond them is not known here."""
    for found, seconds in ((clock.warn_at, clock.target_seconds * 4 // 5), (clock.due_at, clock.target_seconds)):
        index = nth_open(minutes, seconds // 60)
        if index is None:
            assert found is None or found > began + len(minutes) * MINUTE
        else:
            assert found == began + index * MINUTE


@given(cases(pause_sla=True), TARGETS)
@settings(deadline=None, max_examples=80)
def test_warning_and_breach_come_when_so_many_open_minutes_have_passed(
    case: tuple[Hours, datetime], target: int
) -> None:
    hours, at = case
    clock = started(target, at, hours)
    minutes = open_minutes(hours, at, LOOK)
    assert_as_counted(clock, at, minutes)


@given(cases(pause_sla=True), cases(pause_sla=True), TARGETS, st.integers(0, 1440))
@settings(deadline=None, max_examples=80)
def test_hours_that_change_in_the_middle_move_only_the_rest(
    before: tuple[Hours, datetime], after: tuple[Hours, datetime], target: int, later: int
) -> None:
    (old, at), (new, _) = before, after
    clock = started(target, at, old)
    changed_at = at + later * MINUTE
    assume(clock.due_at is None or changed_at < clock.due_at)
    moved = sla.recompute(clock, changed_at, new)
    assert sla.elapsed(moved, changed_at, new) == sla.elapsed(clock, changed_at, old)
    minutes = open_minutes(old, at, later) + open_minutes(new, changed_at, LOOK)
    assert_as_counted(moved, at, minutes)
    if moved.due_at is not None:
        assert sum((span.length for span in moved.segments), timedelta()) == timedelta(seconds=target)


CLOSINGS = st.lists(
    st.tuples(st.integers(1, 1440), st.frozensets(st.integers(-1, 6), max_size=5)), min_size=1, max_size=4
)
"""Minutes from one change to the next, and which days from the first on are closed from then."""


@given(cases(pause_sla=True), TARGETS, CLOSINGS)
@settings(deadline=None, max_examples=80)
def test_days_that_close_and_open_on_the_way_count_from_when_that_was_said(
    case: tuple[Hours, datetime], target: int, closings: list[tuple[int, frozenset[int]]]
) -> None:
    hours, began = case
    clock, at, minutes = started(target, began, hours), began, list[bool]()
    for later, days in closings:
        assume(clock.due_at is None or at + later * MINUTE < clock.due_at)
        minutes += open_minutes(hours, at, later)
        at += later * MINUTE
        hours = replace(hours, closed_dates=frozenset(began.date() + timedelta(days=day) for day in days))
        counted, clock = sla.elapsed(clock, at, hours), sla.recompute(clock, at, hours)
        assert sla.elapsed(clock, at, hours) == counted == 60 * sum(minutes), "what was counted is rewritten"
    minutes += open_minutes(hours, at, LOOK)
    assert_as_counted(clock, began, minutes)


@given(cases(pause_sla=True), TARGETS, st.floats(0, 3000))
@settings(deadline=None, max_examples=80)
def test_hours_that_did_not_change_change_nothing(case: tuple[Hours, datetime], target: int, later: float) -> None:
    hours, at = case
    clock = started(target, at, hours)
    assume(clock.due_at is not None)
    assert sla.recompute(clock, at + timedelta(minutes=later), hours) == clock


@given(cases(pause_sla=True), TARGETS, st.integers(0, 4000), st.integers(0, 4000))
@settings(deadline=None, max_examples=80)
def test_time_that_is_counted_never_runs_backwards_nor_faster_than_time(
    case: tuple[Hours, datetime], target: int, one: int, two: int
) -> None:
    hours, at = case
    clock = started(target, at, hours)
    first, second = at + min(one, two) * MINUTE, at + max(one, two) * MINUTE
    grown = sla.elapsed(clock, second, hours) - sla.elapsed(clock, first, hours)
    assert 0 <= grown <= (second - first).total_seconds()
    assert sla.elapsed(clock, second, hours) == 60 * sum(open_minutes(hours, at, max(one, two)))
    if clock.due_at is not None:
        assert sla.elapsed(clock, clock.due_at, hours) == target


@given(cases(pause_sla=True), TARGETS, st.frozensets(st.integers(-2, 6), max_size=4), st.integers(0, 1440))
@settings(deadline=None, max_examples=100)
def test_more_closed_days_never_bring_the_due_time_forward(
    case: tuple[Hours, datetime], target: int, days: frozenset[int], later: int
) -> None:
    hours, at = case
    closed = hours.closed_dates | {at.date() + timedelta(days=day) for day in days}
    stricter = replace(hours, closed_dates=closed)
    clock = started(target, at, hours)
    assume(clock.due_at is not None)  # else looking again later sees further
    changed_at = at + later * MINUTE
    for less in (started(target, at, stricter), sla.recompute(clock, changed_at, stricter)):
        for early, late in ((clock.due_at, less.due_at), (clock.warn_at, less.warn_at)):
            assert late is None or (early is not None and late >= early)
