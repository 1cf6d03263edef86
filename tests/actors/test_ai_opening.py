"""The opening hours as a customer is told them, in three languages."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from plixa.actors.ai.opening import hours_text, later_text
from plixa.actors.hours.week import ALWAYS, Hours, Window

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
WORKDAY, HALF, NEVER = Window("09:00", "18:00"), Window("09:00", "13:00"), Window(enabled=False)
CLINIC = Hours(True, "America/Sao_Paulo", (NEVER, *[WORKDAY] * 5, HALF))
MONDAY, SUNDAY = datetime(2026, 3, 2, 12, 0, tzinfo=SAO_PAULO), datetime(2026, 3, 1, 12, 0, tzinfo=SAO_PAULO)


@pytest.mark.parametrize(
    ("locale", "at", "told"),
    [
        (
            "pt-BR",
            MONDAY,
            "Segunda-feira a sexta-feira: 09:00-18:00; sábado: 09:00-13:00; domingo: fechado. Estamos abertos agora.",
        ),
        (
            "pt",
            SUNDAY,
            "Segunda-feira a sexta-feira: 09:00-18:00; sábado: 09:00-13:00; domingo: fechado. "
            "Estamos fechados agora e abrimos segunda-feira às 09:00.",
        ),
        (
            "es",
            SUNDAY,
            "Lunes a viernes: 09:00-18:00; sábado: 09:00-13:00; domingo: cerrado. "
            "Estamos cerrados ahora y abrimos el lunes a las 09:00.",
        ),
        (
            "en",
            MONDAY,
            "Monday to Friday: 09:00-18:00; Saturday: 09:00-13:00; Sunday: closed. We are open now.",
        ),
    ],
)
def test_days_in_a_row_that_are_alike_are_told_together(locale: str, at: datetime, told: str) -> None:
    assert hours_text(CLINIC, locale, at) == told


def test_around_the_clock_and_never() -> None:
    always = Hours(True, "UTC", (Window("00:00", "00:00"),) * 7)
    assert hours_text(always, "pt-BR", MONDAY) == "Todos os dias: 24 horas. Estamos abertos agora."
    never = Hours(True, "UTC", (NEVER,) * 7)
    assert hours_text(never, "es", MONDAY) == "Todos los días: cerrado. Estamos cerrados ahora."


def test_without_hours_nothing_is_told() -> None:
    assert hours_text(ALWAYS, "en", MONDAY) == ""


def test_over_midnight_stands_as_it_was_set() -> None:
    bar = Hours(True, "UTC", (*[NEVER] * 5, Window("22:00", "04:00"), NEVER))
    assert "Friday: 22:00-04:00; Saturday to Sunday: closed." in hours_text(bar, "en", MONDAY)


CLOSURES = {date(2026, 3, 3): "Carnaval; inventário", date(2026, 4, 2): None, date(2026, 4, 3): "Sexta-feira Santa"}


@pytest.mark.parametrize(
    ("locale", "soon", "later"),
    [
        (
            "pt-BR",
            "Fechamos em 3 de março (Carnaval; inventário); 2 de abril.",
            "Fechamos em 3 de abril (Sexta-feira Santa).",
        ),
        (
            "es",
            "Cerramos el 3 de marzo (Carnaval; inventário); 2 de abril.",
            "Cerramos el 3 de abril (Sexta-feira Santa).",
        ),
        (
            "en",
            "We are closed on 3 March (Carnaval; inventário); 2 April.",
            "We are closed on 3 April (Sexta-feira Santa).",
        ),
    ],
)
def test_closed_days_are_told_with_the_hours_when_they_are_near(locale: str, soon: str, later: str) -> None:
    told = hours_text(CLINIC, locale, MONDAY, CLOSURES)
    assert soon in told
    assert "Santa" not in told
    assert later_text(CLOSURES, locale, MONDAY) == later
    assert hours_text(ALWAYS, locale, MONDAY, CLOSURES) == soon, "also where no hours are kept"


def test_what_has_been_and_what_is_more_than_a_year_away_is_not_told() -> None:
    closures = {date(2026, 3, 1): "ontem", date(2027, 6, 1): "um dia"}
    assert "ontem" not in hours_text(CLINIC, "pt-BR", MONDAY, closures)
    assert later_text(closures, "pt-BR", MONDAY) == ""


def test_an_opening_that_is_further_away_than_a_week_is_told_by_its_date() -> None:
    days = frozenset(date(2026, 3, day) for day in range(2, 14))
    away = Hours(True, CLINIC.timezone, CLINIC.weekly, days)
    assert hours_text(away, "pt-BR", MONDAY).endswith("abrimos sábado (14 de março) às 09:00.")
    week = Hours(True, CLINIC.timezone, CLINIC.weekly, frozenset(date(2026, 3, day) for day in range(2, 7)))
    assert hours_text(week, "en", MONDAY).endswith("open on Saturday at 09:00.")


def test_a_house_without_hours_says_that_it_is_closed_on_a_closed_day() -> None:
    closures = {date(2026, 3, 2): "inventory"}
    always = Hours(False, "America/Sao_Paulo", closed_dates=frozenset(closures))
    assert hours_text(always, "en", SUNDAY, closures) == "We are closed on 2 March (inventory)."
    assert hours_text(always, "en", MONDAY, closures) == (
        "We are closed on 2 March (inventory). We are closed now and open on Tuesday at 00:00."
    )
