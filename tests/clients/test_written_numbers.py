"""Phone numbers as people and spreadsheets write them: the right person's, or nobody's."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from plixa.http.clients.numbers import canonical
from plixa.http.clients.written_numbers import NoPhone, given_phone, read_phone, shown_phone

AT_HOME = [
    ("BR", "(11) 98765-0020", "5511987650020"),
    ("BR", "(11) 8765-0021", "5511987650021"),
    ("BR", "(11) 3333-0022", "551133330022"),
    ("BR", "011 98765-0023", "5511987650023"),
    ("BR", "0 15 11 98765-0024", "5511987650024"),
    ("BR", "11987650020", "5511987650020"),
    ("BR", "55999991234", "5555999991234"),
    ("BR", "5555999991234", "5555999991234"),
    ("BR", "5511987650010.0", "5511987650010"),
    ("BR", "5511987650011.00", "5511987650011"),
    ("BR", "11987650011,0", "5511987650011"),
    ("BR", "+55 (0)11 98765-0030", "5511987650030"),
    ("BR", "0055 11 98765-0031", "5511987650031"),
    ("BR", "55011987650030", "5511987650030"),
    ("BR", "+44 (0)7911 123456", "447911123456"),
    ("BR", "447911123456", "447911123456"),
    ("BR", "14155552671", "14155552671"),
    ("GB", "07911 123456", "447911123456"),
    ("DE", "0151/23456789", "4915123456789"),
    ("DE", "030/1234567", "49301234567"),
    ("US", "(415) 555-2671", "14155552671"),
    ("US", "011 55 11 98765-0001", "5511987650001"),
    ("PT", "912 345 678", "351912345678"),
    ("AR", "011 15 2345-6789", "5491123456789"),
    ("AR", "11 15 2345 6789", "5491123456789"),
    ("AR", "+54 11 15 2345-6789", "5491123456789"),
    ("AR", "11 2345-6789", "5491123456789"),
    ("AR", "+54 9 11 2345-6789", "5491123456789"),
    ("MX", "55 1234 5678", "525512345678"),
    ("MX", "044 55 1234 5678", "525512345678"),
    ("MX", "01 55 1234 5678", "525512345678"),
    ("MX", "+52 1 55 1234 5678", "525512345678"),
    ("MX", "5215512345678", "525512345678"),
    ("BR", '="5511987650060"', "5511987650060"),
    ("BR", "'5511987650061", "5511987650061"),
    ("BR", "tel:+5511987650062", "5511987650062"),
    ("BR", "+55 11 98765-0063 (Maria)", "5511987650063"),
    ("BR", "Cel.: (11) 98765-0063", "5511987650063"),
    ("BR", "11 98765-0063 (whatsapp)", "5511987650063"),
    ("BR", "https://wa.me/5511987650063", "5511987650063"),
    ("BR", "5511987650063@s.whatsapp.net", "5511987650063"),
    ("BR", "\u202a+55\u00a011\u00a098765\u20110001\u202c", "5511987650001"),
    ("BR", "+55 11 98765\u20130001\u2060", "5511987650001"),
    ("BR", "+55１１９８７６５００９９", "5511987650099"),
    ("BR", "٥٥١١٩٨٧٦٥٠٠٠١", "5511987650001"),
    ("", "5511987650001", "5511987650001"),
]


@pytest.mark.parametrize(("country", "written", "number"), AT_HOME)
def test_the_workspaces_country_decides(country: str, written: str, number: str) -> None:
    assert read_phone(written, country) == number


NOBODYS = [
    ("BR", "98765-0025", "not a phone"),
    ("BR", "3333-0022", "not a phone"),
    ("BR", "(20) 98765-0020", "not a phone"),
    ("BR", "55119876500100", "not a phone"),
    ("BR", "+55 11 98765-0064 ramal 12", "not a phone"),
    ("BR", "(11) 98765-0020 / (11) 3333-0022", "more than one"),
    ("BR", "11987650020;11987650021", "more than one"),
    ("BR", "11987650020 ::: 11987650021", "more than one"),
    ("BR", "11 98765-0020 e 11 98765-0021", "more than one"),
    ("BR", "+5511987650020 +5511987650021", "more than one"),
    ("BR", "3333-0022/23", "more than one"),
    ("BR", "5.51199E+12", "rounded"),
    ("BR", "5,51E+12", "rounded"),
    ("BR", "551199E+07", "rounded"),
    ("BR", "3222345678", "here or abroad"),
    ("MX", "1 55 1234 5678", "here or abroad"),
    ("BR", "", "no phone"),
    ("BR", "\u200b\u202a", "no phone"),
    ("BR", "a definir", "not a phone"),
    ("BR", "❺❺❺❺❺❺❺❺❺❺", "not a phone"),
    ("AR", "15 2345-6789", "not a phone"),
    ("", "(11) 98765-0020", "not a phone"),
]


@pytest.mark.parametrize(("country", "written", "why"), NOBODYS)
def test_what_cannot_be_told_for_sure_is_nobodys(country: str, written: str, why: str) -> None:
    with pytest.raises(NoPhone, match=why) as refused:
        read_phone(written, country)
    assert refused.value.hint.endswith(".")


GIVEN = [
    ("BR", "5511987650001", "5511987650001"),
    ("BR", "+5511987650001", "5511987650001"),
    ("BR", "551187650001", "5511987650001"),
    ("BR", "11987650020", "5511987650020"),
    ("BR", "011987650023", "5511987650023"),
    ("BR", "005511987650031", "5511987650031"),
    ("BR", "3222345678", "3222345678"),
    ("BR", "+11987650020", "11987650020"),
    ("AR", "0111523456789", "5491123456789"),
    ("MX", "5512345678", "525512345678"),
    ("BR", "12345678", "12345678"),
    ("BR", "1" * 18, "1" * 18),
    ("", "11987650020", "11987650020"),
]


@pytest.mark.parametrize(("country", "digits", "number"), GIVEN)
def test_a_request_gives_the_country_code_or_means_its_own_country(country: str, digits: str, number: str) -> None:
    assert given_phone(digits, country) == number


REAL = ["5511987650001", "551133330022", "14155552671", "447911123456", "5491123456789", "525512345678", "390612345678"]


@pytest.mark.parametrize("number", REAL)
def test_what_is_shown_is_no_sum_for_a_spreadsheet_and_is_read_again(number: str) -> None:
    shown = shown_phone(number)
    assert shown.startswith("+")
    assert " " in shown
    assert [read_phone(shown, country) for country in ("BR", "US", "")] == [number] * 3


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("5511987650001", "+55 11 98765-0001"),
        ("447911123456", "+44 7911 123456"),
        ("14155552671", "+1 415-555-2671"),
        ("123456789012", "+1 23456789012"),
        ("99999999", "+99 999999"),
    ],
)
def test_a_number_is_shown_as_its_country_parts_it(number: str, shown: str) -> None:
    assert shown_phone(number) == shown


@given(st.integers(10**7, 10**18 - 1).map(str), st.sampled_from(["BR", "AR", "MX", "US", "DE", ""]))
def test_every_number_is_shown_with_all_its_digits(digits: str, country: str) -> None:
    number = given_phone(digits, country)
    assert canonical(shown_phone(number)) == canonical(number)
    assert given_phone(number, country) == number or given_phone(f"+{number}", country) == number


@given(st.text(max_size=200), st.sampled_from(["BR", "AR", "MX", "US", ""]))
def test_any_cell_is_read_or_refused(cell: str, country: str) -> None:
    try:
        number = read_phone(cell, country)
    except NoPhone:
        return
    assert number.isascii()
    assert number.isdigit()
    assert read_phone(f"+{number}", country) == number
