"""Reading what customers write: options, numbers, dates, addresses."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, strategies as st
from tests.actors.flow_given import Walk, flow, node

from plixa.actors.assignment.choice import has_phrase
from plixa.actors.flows import run as r, values, words
from plixa.actors.flows.dates import read_date, shown_date
from plixa.actors.flows.nodes import CaptureData
from plixa.actors.flows.words import Choice, fold, one_letter_off

SHOP = [Choice("s", "Vendas", ("comprar",)), Choice("f", "Financeiro", ("boleto",)), Choice("t", "Financiamento")]
MONDAY = date(2026, 3, 2)


def meant(text: str) -> str | None:
    fit = words.surely(SHOP, text) or words.probably(SHOP, text)
    return None if fit is None else fit.choice.id


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("3)", "t"),
        ("nº 2", "f"),
        ("número dois", "f"),
        ("a segunda", "f"),
        ("the third, please", "t"),
        ("el primero", "s"),
        ("tercera", "t"),
        ("4", None),
        ("0", None),
        ("1 e 2", None),
        ("financeiro", "f"),
        ("FINANCEÍRO!!", "f"),
        ("o boleto, por favor", "f"),
        ("finance", "f"),
        ("financ", None),
        ("fi", None),
        ("venda", "s"),
        ("financiero", "f"),
        ("finaceiro", "f"),
        ("comprr", "s"),
        ("vendas ou financeiro", None),
        ("", None),
        ("👍", None),
    ],
)
def test_an_option_is_meant_only_where_one_alone_fits(text: str, id_: str | None) -> None:
    assert meant(text) == id_


def test_an_option_that_is_a_sign_is_chosen_by_that_sign() -> None:
    fit = words.surely([Choice("yes", "👍"), Choice("no", "👎")], "👎")
    assert fit is not None
    assert fit.choice.id == "no"


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("vendas", "vemdas", True),
        ("vendas", "venda", True),
        ("vendas", "evndas", True),
        ("vendas", "vendass", True),
        ("vendas", "vndsa", False),
        ("casa", "cama", False),
        ("vendas", "vendas", False),
    ],
)
def test_one_letter_may_be_wrong_in_a_longer_word(one: str, other: str, near: bool) -> None:
    assert one_letter_off(one, other) is one_letter_off(other, one) is near


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "locale", "number"),
    [
        ("12", "en", "12"),
        ("12,5", "pt-BR", "12.5"),
        ("12.5", "pt-BR", "12.5"),
        ("12,50", "en", "12.5"),
        ("1.234", "pt-BR", "1234"),
        ("1.234", "en", "1.234"),
        ("1,234", "en", "1234"),
        ("1.234.567,89", "es", "1234567.89"),
        ("1,234,567.89", "pt-BR", "1234567.89"),
        ("R$ 1.500,00", "pt-BR", "1500"),
        ("$ 20", "en", "20"),
        ("10 %", "en", "10"),
        ("-5", "en", "-5"),
        ("007", "en", "7"),
        ("três", "pt-BR", "3"),
        ("1.2.3", "en", None),
        ("1.23,45,6", "en", None),
        ("12 apples", "en", None),
        ("1" * 40, "en", None),
        ("٣٤", "en", "34"),
        ("", "en", None),
    ],
)
def test_numbers(text: str, locale: str, number: str | None) -> None:
    assert values.read_number(text, locale) == number


@pytest.mark.parametrize(
    ("text", "locale", "day"),
    [
        ("2026-12-25", "en", "2026-12-25"),
        ("1/2/2026", "pt-BR", "2026-02-01"),
        ("1/2/2026", "en", "2026-01-02"),
        ("25/12/2026", "en", "2026-12-25"),
        ("12/25/2026", "es", "2026-12-25"),
        ("25.12.26", "pt-BR", "2026-12-25"),
        ("7/8/85", "es", "1985-08-07"),
        ("25/12", "pt-BR", "2026-12-25"),
        ("1/2", "pt-BR", "2027-02-01"),
        ("29/02", "pt-BR", "2028-02-29"),
        ("hoje", "pt-BR", "2026-03-02"),
        ("Amanhã!", "pt-BR", "2026-03-03"),
        ("mañana", "es", "2026-03-03"),
        ("pasado mañana", "es", "2026-03-04"),
        ("day after tomorrow", "en", "2026-03-04"),
        ("yesterday", "en", "2026-03-01"),
        ("sexta-feira", "pt-BR", "2026-03-06"),
        ("monday", "en", "2026-03-09"),
        ("next friday", "en", "2026-03-06"),
        ("na quinta feira que vem", "pt-BR", "2026-03-05"),
        ("el viernes", "es", "2026-03-06"),
        ("15 de outubro", "pt-BR", "2026-10-15"),
        ("15 de enero de 2027", "es", "2027-01-15"),
        ("March 1st", "en", "2027-03-01"),
        ("Dec 25, 2026", "en", "2026-12-25"),
        ("31/02/2026", "pt-BR", None),
        ("2026-13-01", "en", None),
        ("15 de nada", "pt-BR", None),
        ("soon", "en", None),
        ("9999", "en", None),
        ("21 / 11 / 1989", "pt-BR", "1989-11-21"),
        ("nasci em 21/11/1989.", "pt-BR", "1989-11-21"),
        ("٢١/١١/١٩٨٩", "pt-BR", "1989-11-21"),
        ("21\u201311\u20131989", "pt-BR", "1989-11-21"),
        ("minha data é 21 de novembro de 1989", "pt-BR", "1989-11-21"),
        ("1º de maio de 2020", "pt-BR", "2020-05-01"),
        ("Primeiro de maio", "pt-BR", "2026-05-01"),
        ("1ro de mayo de 2020", "es", "2020-05-01"),
        ("pode ser amanhã", "pt-BR", "2026-03-03"),
        ("pode ser dia 25/12?", "pt-BR", "2026-12-25"),
        ("I was born on March 1st 1990", "en", "1990-03-01"),
        ("nací el 7/8/85", "es", "1985-08-07"),
        ("entre 21/11/1989 e 22/11/1989", "pt-BR", None),
        ("apto 12, 21/11/1989/3", "pt-BR", None),
    ],
)
def test_dates(text: str, locale: str, day: str | None) -> None:
    found = read_date(text, MONDAY, locale)
    assert (found.isoformat() if found else None) == day


@given(st.one_of(st.text(max_size=30), st.from_regex(r"[0-9]{1,4}[-/. ][0-9]{1,4}([-/.][0-9]{1,4})?")), st.dates())
def test_reading_a_date_never_raises(text: str, today: date) -> None:
    read_date(text, today, "pt-BR")


@pytest.mark.parametrize("text", ["tomorrow", "monday", "29/02", "31/12"])
def test_the_calendar_has_an_end(text: str) -> None:
    read_date(text, date.max, "pt-BR")


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("meu número é (11) 98765-0001", "11987650001"),
        ("+55 11 98765-0001 (whatsapp)", "+5511987650001"),
        ("(+55) 11 98765-0001", "+5511987650001"),
        ("\u202a+55\u00a011\u202f98765\u20110001\u202c", "+5511987650001"),
        ("１１ ９８７６５ ０００１", "11987650001"),
        ("٠١١ ٩٨٧٦٥-٠٠٠١", "011987650001"),
        ("11 98765-0001 ramal 12", None),
        ("11 98765-0001 ou 11 98765-0002", None),
        ("❺❺❺❺❺❺❺❺❺", None),
        ("não tenho", None),
        ("98765", None),
    ],
)
def test_phones(text: str, phone: str | None) -> None:
    assert values.read_phone(text) == phone


BILLS = [Choice("v", "2ª via de boleto"), Choice("n", "Nota fiscal"), Choice("t", "Terceira opção de entrega")]


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("segunda via", "v"),
        ("2 via", "v"),
        ("2a via", "v"),
        ("a segunda via, por favor", "v"),
        ("quero a 2ª via de boleto", "v"),
        ("3a opção de entrega", "t"),
        ("segunda", "n"),
    ],
)
def test_a_place_is_the_same_in_words_and_in_figures(text: str, id_: str | None) -> None:
    fit = words.surely(BILLS, text) or words.probably(BILLS, text)
    assert (fit.choice.id if fit else None) == id_


@pytest.mark.parametrize("keyword", ["2ª via", "2a via", "segunda via", "SEGUNDA VIA"])
@pytest.mark.parametrize("text", ["preciso da 2ª via", "a segunda via do boleto", "2 via"])
def test_a_keyword_of_a_rule_is_found_however_it_is_written(keyword: str, text: str) -> None:
    assert has_phrase(text, keyword)


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("Ana@Example.com.", "ana@example.com"),
        ("é (ana@example.com)!", "ana@example.com"),
        ("<ana@example.com>", "ana@example.com"),
        ("e-mail:ana@example.com", "ana@example.com"),
        ("\u200bana@example.com\u200b", "ana@example.com"),
        ("a@b", None),
        ("a@x.com or b@x.com", None),
        ("a b@x..com", None),
        ("joão.silva@example.com", None),
        ("josé@example.com", None),
        ("ma\u200bria@example.com", None),
        ('joa"silva@example.com', None),
        ("joao,silva@example.com", None),
        ("ana@exemplo.com.ção", None),
        ("a" * 70 + "@example.com", None),
        (".ana@example.com", None),
        ("ana.@example.com", None),
        ("ana..b@example.com", None),
    ],
)
def test_e_mail_addresses(text: str, email: str | None) -> None:
    assert values.read_email(text) == email


@pytest.mark.parametrize(
    ("text", "phone"),
    [("81 99999-0000", "81999990000"), ("+1 (415) 555 2671", "+14155552671"), ("1234567", None), ("call me", None)],
)
def test_phone_numbers(text: str, phone: str | None) -> None:
    assert values.read_phone(text) == phone


@pytest.mark.parametrize(
    ("text", "name"),
    [("Oi, me chamo Ana", "Ana"), ("I'm Bo.", "Bo"), ("Sou a Rita", "Rita"), ("Soya", "Soya"), ("Hilda", "Hilda")],
)
def test_a_name_is_freed_of_the_words_around_it(text: str, name: str) -> None:
    assert values.read(CaptureData(field="name"), text, MONDAY, "en").value == name


def test_a_very_long_text_is_no_answer() -> None:
    assert values.read(CaptureData(field="city"), "x" * 1001, MONDAY, "en").value is None


@pytest.mark.parametrize(
    ("value", "locale", "shown"),
    [
        ("2026-03-05", "pt-BR", "05/03/2026"),
        ("2026-03-05", "es", "05/03/2026"),
        ("2026-03-05", "en", "March 5, 2026"),
        ("2026-13-05", "pt-BR", "2026-13-05"),
        ("um bolo", "pt-BR", "um bolo"),
    ],
)
def test_a_day_is_shown_as_people_write_it(value: str, locale: str, shown: str) -> None:
    assert shown_date(value, locale) == shown


def test_what_is_said_shows_days_and_what_is_kept_keeps_them() -> None:
    walk = Walk(
        flow(
            node("when", "capture", text="When?", field="flow.day", kind="date"),
            node("keep", "set_field", field="flow.copy", value="{{flow.day}}"),
            node("told", "handoff", text="Noted for {{flow.day}}.", note="{{flow.copy}}"),
            "start when",
            "when keep",
            "keep told",
        ),
        locale="pt-BR",
    )
    walk.begin()
    handed = walk.say("05/03/2026").actions[-1]
    assert isinstance(handed, r.HandOff)
    assert handed.text == "Noted for 05/03/2026."
    assert "copy: 2026-03-05" in handed.summary
