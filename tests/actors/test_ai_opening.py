"""The opening hours as a customer is told them, in three languages."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from plixa.actors.ai.opening import hours_text
from plixa.actors.hours import ALWAYS, Hours, Window

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
