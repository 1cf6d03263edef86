"""One person, one number: the forms that WhatsApp and people use come to the same digits."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from plixa.http.clients.numbers import canonical, whatsapp_forms


@pytest.mark.parametrize(
    ("written", "one_form"),
    [
        ("551190004431", "5511990004431"),  # a mobile as it was before the ninth digit
        ("5511990004431", "5511990004431"),
        ("+55 (11) 99000-4431", "5511990004431"),
        ("551132345678", "551132345678"),  # a landline keeps its eight digits
        ("5511900004431", "5511900004431"),  # nine digits, though not one that grew from eight
        ("5215512345678", "525512345678"),
        ("525512345678", "525512345678"),
        ("5491123456789", "5491123456789"),
        ("541123456789", "5491123456789"),
        ("12125550173", "12125550173"),
        ("79000000042", "79000000042"),
        ("٣٤٥", ""),  # digits, but not the ones that WhatsApp writes
        ("", ""),
    ],
)
def test_canonical(written: str, one_form: str) -> None:
    assert canonical(written) == one_form


@pytest.mark.parametrize(
    ("phone", "forms"),
    [
        ("551190004431", ["5511990004431", "551190004431"]),
        ("5511900004431", ["5511900004431"]),  # 0000-4431 was never a mobile of eight digits
        ("551132345678", ["551132345678"]),
        ("5215512345678", ["525512345678", "5215512345678"]),
        ("541123456789", ["5491123456789", "541123456789"]),
        ("12125550173", ["12125550173"]),
    ],
)
def test_forms_to_try_start_with_the_canonical_one(phone: str, forms: list[str]) -> None:
    assert whatsapp_forms(phone) == forms


_NUMBERS = st.builds(
    "".join,
    st.tuples(st.sampled_from(["55", "521", "52", "54", "549", "1"]), st.from_regex(r"[0-9]{8,11}", fullmatch=True)),
)


@given(_NUMBERS)
def test_canonical_is_idempotent_and_every_form_leads_back_to_it(number: str) -> None:
    one_form = canonical(number)
    assert canonical(one_form) == one_form
    assert {canonical(form) for form in whatsapp_forms(number)} == {one_form}
