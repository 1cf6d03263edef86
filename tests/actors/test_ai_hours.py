"""Opening hours read from sentences, as people write them in three languages."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from plixa.actors.ai.hours import parse

CLOSED = "-"

# text, then Sunday to Saturday
WEEKS = [
    ("segunda a sexta das 8h às 18h, sábado 9-13", "- 08-18 08-18 08-18 08-18 08-18 09-13"),
    ("Mon-Fri 9am-5pm", "- 09-17 09-17 09-17 09-17 09-17 -"),
    ("lunes a viernes 9:00-18:00", "- 09-18 09-18 09-18 09-18 09-18 -"),
    ("todos os dias das 10h às 22h, exceto domingo", "- 10-22 10-22 10-22 10-22 10-22 10-22"),
    (
        "9am to 5pm, Monday to Friday, and 10am to 2pm on Saturdays. Closed on Sundays.",
        "- 09-17 09-17 09-17 09-17 09-17 10-14",
    ),
    ("das 8h às 18h de segunda a sexta, e das 9h às 13h aos sábados", "- 08-18 08-18 08-18 08-18 08-18 09-13"),
    ("24 horas todos os dias", "00-00 00-00 00-00 00-00 00-00 00-00 00-00"),
    ("Weekdays 9-5, weekends 10am-2pm", "10-14 09-17 09-17 09-17 09-17 09-17 10-14"),
    ("terça a domingo 18h às 2h", "18-02 - 18-02 18-02 18-02 18-02 18-02"),
    ("Segunda-feira:\n8h às 17h\nTerça-feira: 9h às 17h", "- 08-17 09-17 - - - -"),
    ("Corte R$ 40-50, de ter a sex 10h-20h", "- - 10-20 10-20 10-20 10-20 -"),
    ("Open 7-10pm Friday and Saturday", "- - - - - 19-22 19-22"),
    ("segunda, quarta e sexta das 14h às 20h", "- 14-20 - 14-20 - 14-20 -"),
    ("Entrega em 2 a 3 dias. Seg-Sex 09:00 - 18:00", "- 09-18 09-18 09-18 09-18 09-18 -"),
    ("noon to midnight every day", "12-00 12-00 12-00 12-00 12-00 12-00 12-00"),
    ("Monday to Friday 8 am – 6 pm; Saturday by appointment; Sunday closed", "- 08-18 08-18 08-18 08-18 08-18 -"),
    ("De segunda a sexta 8-18 e fechado aos domingos", "- 08-18 08-18 08-18 08-18 08-18 -"),
    ("We close on Mondays. Tue-Sun 11:00-23:00", "11-23 - 11-23 11-23 11-23 11-23 11-23"),
    ("SÁBADO E DOMINGO DAS 10H ÀS 14H", "10-14 - - - - - 10-14"),
    ("lunes, miércoles y viernes de 9 a 13 hs", "- 09-13 - 09-13 - 09-13 -"),
]


@pytest.mark.spec(104)
@pytest.mark.parametrize(("text", "week"), WEEKS)
def test_a_week_is_read(text: str, week: str) -> None:
    found = parse(text)
    shown = [f"{day.open[:2]}-{day.close[:2]}" if day.enabled else CLOSED for day in found.hours]
    assert " ".join(shown) == week
    assert found.found


def test_a_break_is_said_to_be_lost() -> None:
    found = parse("Seg a sex: 8h30 às 12h e 13h30 às 18h\nSáb: 9h às 13h\nDom: fechado")
    assert (found.hours[1].open, found.hours[1].close) == ("08:30", "18:00")
    assert "break" in found.notes[0]


def test_days_that_nobody_named_are_assumed_and_said_to_be() -> None:
    found = parse("Atendemos das 9h às 18h")
    assert [day.enabled for day in found.hours] == [False, True, True, True, True, True, False]
    assert "assumed" in found.notes[0]


@pytest.mark.parametrize(
    "text", ["", "Somos uma loja de roupas.", "Entrega em 2 a 3 dias.", "de 10 a 20 produtos", "ter 3 a 4 filhos"]
)
def test_a_text_without_hours_has_none(text: str) -> None:
    found = parse(text)
    assert not found.found
    assert len(found.hours) == 7
    assert found.notes


def test_the_message_for_closed_hours_is_taken_when_quoted() -> None:
    found = parse('Seg a sex 8-17. Mensagem fora do horário: "Voltamos já!"')
    assert found.message == "Voltamos já!"
    assert parse("Seg a sex 8-17").message is None


WORDS = ["seg", "sex", "a", "e", "das", "9", "18h", "9-13", "fechado", "exceto", "todos os dias", ".", ";", "\n",
         "noon", "24h", "closed", "Mon-Fri", "5pm", "99", ":", ","]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join) | st.text(max_size=60))
def test_any_text_gives_a_week_that_the_settings_take(text: str) -> None:
    found = parse(text)
    assert len(found.hours) == 7
    for day in found.hours:
        for moment in (day.open, day.close):
            hour, minute = moment.split(":")
            assert 0 <= int(hour) < 24
            assert 0 <= int(minute) < 60
    assert found.found == any(day.enabled for day in found.hours)
