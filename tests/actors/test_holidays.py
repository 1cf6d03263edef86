"""Closed days: by hand, and by the country's holidays."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from tests.actors.given import NOON, Given, replay, types
from tests.harness import ROOT, inherited
from tests.kinds import WORKSPACE, workspace

from plixa.actors.hours.business_hours import BusinessHours, Day
from plixa.actors.hours.closures import Closure
from plixa.actors.hours.holiday_config import HolidaysSynced, HolidayStatus
from plixa.actors.hours.holidays import TIMER, asks
from plixa.actors.hours.opening import closed_days, opening_hours
from plixa.actors.hours.public_holidays import days_of
from plixa.actors.hours.week import is_open
from plixa.actors.workspace import upkeep
from plixa.actors.workspace.regional import Regional
from plixa.actors.workspace.state import Member
from plixa.engine.actor import TimerFired
from plixa.engine.events import Event

CHRISTMAS, NEW_YEAR = date(2026, 12, 25), date(2027, 1, 1)
ON = upkeep.Configure(config="holidays", values={"block_holidays": True}, by=7)
OFF = upkeep.Configure(config="holidays", values={"block_holidays": False}, by=7)


def founded(country: str = "BR", locale: Any = "pt-BR") -> Given:
    """A bakery in Brazil on the 2nd of March 2026."""
    return Given(
        WORKSPACE,
        workspace(
            id=1,
            name="Padaria",
            country_code=country,
            regional=Regional("America/Sao_Paulo", locale, "BRL"),
            members={7: Member(7, "Ana", "ana@plixa.example", "owner")},
        ),
    )


def close(day: date, reason: str | None = None) -> upkeep.Create:
    return upkeep.Create(collection="closures", values={"date": day.isoformat(), "reason": reason}, by=7)


def on(house: Given, day: date) -> Closure | None:
    """What closes the house on that day."""
    return next((each for each in house.state.closures.values() if each.date == day), None)


def reopen(house: Given, day: date) -> None:
    closure = on(house, day)
    assert closure is not None
    house.when(upkeep.Remove(collection="closures", item_id=closure.id, by=7))


def holidays(house: Given) -> dict[date, str | None]:
    return {each.date: each.reason for each in house.state.closures.values() if each.source == "holiday"}


def fire(house: Given) -> list[Event]:
    """The timer of the holidays comes, when it is due."""
    due = house.timers[TIMER]
    return list(house.when(TimerFired(name=TIMER, due=due), after=(due - house.at).total_seconds()))


# -- the library ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "locale", "name"),
    [
        ("BR", "pt-BR", "Natal"),
        ("BR", "en", "Christmas Day"),
        ("PT", "pt-BR", "Dia de Natal"),
        ("ES", "es", "Natividad del Señor"),
        ("MX", "es", "Navidad"),
        ("US", "pt-BR", "Christmas Day"),  # not known in Portuguese: as they are called there
        ("GB", "en", "Christmas Day"),
        ("BR", "es", "Natal"),
    ],
)
def test_holidays_have_the_names_of_the_house_s_language_or_of_the_country(
    country: str, locale: str, name: str
) -> None:
    days = days_of(country, (2026, 2027), locale)
    assert days is not None
    assert days[CHRISTMAS].startswith(name)
    assert {day.year for day in days} == {2026, 2027}


def test_of_a_country_that_is_not_known_nothing_is() -> None:
    assert days_of("ZZ", (2026,), "en") is None
    assert days_of("", (2026,), "en") is None


def test_nothing_is_imported_before_it_is_needed() -> None:
    code = "import sys, plixa.compose; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=inherited(), check=False).returncode == 0


def test_it_is_loaded_for_those_commands_alone_that_look_holidays_up() -> None:
    house = founded()
    language = upkeep.Configure(config="regional", values={"locale": "en"}, by=7)
    tick = TimerFired(name=TIMER, due=NOON)
    assert [asks(house.state, each) for each in (ON, OFF, tick, language, close(CHRISTMAS))] == [
        True, False, True, False, False,
    ]  # fmt: skip
    house.when(ON)
    assert asks(house.state, language)


# -- the setting ------------------------------------------------------------------------------------------------------


@pytest.mark.spec(232)
@pytest.mark.spec(233)
def test_the_country_s_holidays_of_this_year_and_the_next_become_closures_at_once() -> None:
    house = founded()
    events = house.when(ON)
    assert types(events) == ["config.changed", "holidays.synced"]
    closed = holidays(house)
    assert closed[CHRISTMAS] == "Natal"
    assert closed[NEW_YEAR] == "Confraternização Universal"
    assert min(closed) == date(2026, 4, 3), "what has been is left as it was"
    assert {day.year for day in closed} == {2026, 2027}
    assert len([each for each in house.queued() if each.startswith("cascade-hours-")]) == 1, "all are told once"
    assert house.when(ON, after=60) == [], "it is so already"
    assert replay(WORKSPACE, 1, events).closures == house.state.closures


@pytest.mark.spec(234)
def test_turning_it_off_drops_what_is_to_come_and_keeps_what_has_been_and_what_was_closed_by_hand() -> None:
    house = founded()
    house.when(close(CHRISTMAS, "férias"))
    house.when(ON)
    house.when(OFF, after=86_400 * 60)  # on the 1st of May, a holiday
    assert [each.date for each in house.state.closures.values()] == [CHRISTMAS, date(2026, 4, 3), date(2026, 4, 21),
                                                                      date(2026, 5, 1)]  # fmt: skip
    assert TIMER not in house.timers
    assert house.when(OFF) == []


@pytest.mark.spec(260)
def test_a_day_that_was_closed_by_hand_stays_so() -> None:
    house = founded()
    house.when(close(CHRISTMAS, "férias"))
    house.when(ON)
    closure = on(house, CHRISTMAS)
    assert closure is not None
    assert (closure.source, closure.reason) == ("manual", "férias")
    assert house.when(close(NEW_YEAR)) == [], "it is closed already"
    assert holidays(house)[NEW_YEAR]


@pytest.mark.spec(262)
@pytest.mark.parametrize("by_hand", [False, True])
def test_a_holiday_that_the_owner_opened_stays_open(by_hand: bool) -> None:
    house = founded()
    if by_hand:
        house.when(close(CHRISTMAS))
    house.when(ON)
    reopen(house, CHRISTMAS)
    for command in (ON, OFF, ON):
        house.when(command, after=60)
        assert on(house, CHRISTMAS) is None
    while house.at < datetime(2026, 12, 2, tzinfo=UTC):
        fire(house)
        assert on(house, CHRISTMAS) is None
    house.when(close(CHRISTMAS))
    closure = on(house, CHRISTMAS)
    assert closure is not None
    assert closure.source == "manual"


def test_it_never_runs_out() -> None:
    house = founded()
    house.when(ON)
    for _ in range(40):
        events = fire(house)
        assert types(events) == ["holidays.synced"]
        assert house.timers[TIMER] > house.at
        local = house.at.astimezone(house.state.zone)
        assert (local.day, local.hour) == (1, 3)
        assert date(local.year + 1, 12, 25) in closed_days(house.state)
    assert house.at > datetime(2029, 6, 1, tzinfo=UTC)
    months = [each for each in house.queued() if each.startswith("cascade-hours-")]
    assert len(months) == 1 + 3, "only a new year has new days"


def test_a_timer_that_is_late_by_years_asks_once() -> None:
    house = founded()
    house.when(ON)
    due = house.timers[TIMER]
    house.when(TimerFired(name=TIMER, due=due), after=86_400 * 800)
    assert house.timers[TIMER] > house.at
    assert date(house.at.year + 1, 12, 25) in closed_days(house.state)


@pytest.mark.spec(235)
def test_where_nothing_is_known_the_wish_is_kept_and_tried_again() -> None:
    house = founded("ZZ")
    [_, synced] = house.when(ON)
    assert isinstance(synced, HolidaysSynced)
    assert "ZZ are not known" in synced.why
    status = HolidayStatus.of(house.state)
    assert (status.synced, house.state.holidays.block_holidays) == (False, True)
    assert status.message is not None
    house.state = msgspec.structs.replace(house.state, country_code="BR")  # as after a release that knows it
    fire(house)
    assert HolidayStatus.of(house.state).synced
    assert CHRISTMAS in closed_days(house.state)


def test_another_country_has_other_days_and_another_language_other_names() -> None:
    house = founded()
    house.when(ON)
    there = set(house.state.closures)
    house.when(upkeep.Configure(config="regional", values={"locale": "en"}, by=7))
    assert holidays(house)[CHRISTMAS] == "Christmas Day"
    assert set(house.state.closures) == there, "the same closures, with other names"
    house.state = msgspec.structs.replace(house.state, country_code="PT")
    house.when(ON)
    assert date(2026, 9, 7) not in closed_days(house.state)  # Brazil's independence
    assert holidays(house)[date(2026, 6, 10)]  # Portugal's day


# -- what being closed does -------------------------------------------------------------------------------------------


@pytest.mark.spec(256)
def test_a_closed_day_is_closed_whatever_the_week_says() -> None:
    always = BusinessHours(True, "Fechado.", [Day("00:00", "00:00", True)] * 7)
    house = founded()
    house.state = msgspec.structs.replace(house.state, business_hours=always)
    assert is_open(opening_hours(house.state), NOON)
    house.when(close(NOON.date()))
    assert not is_open(opening_hours(house.state), NOON)
    assert is_open(opening_hours(house.state), NOON + timedelta(days=1))
    reopen(house, NOON.date())
    assert is_open(opening_hours(house.state), NOON)
    told = {each for each in house.queued() if each.startswith("cascade-hours")}
    assert len(told) == 2, "those with promises were told of both"


@pytest.mark.spec(259)
def test_closing_a_closed_day_changes_nothing() -> None:
    house = founded()
    house.when(close(CHRISTMAS, "férias"))
    assert house.when(close(CHRISTMAS, "outra razão")) == []
    assert len(house.state.closures) == 1
