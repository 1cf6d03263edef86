"""What reads the same, whoever typed it."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from plixa.actors.folding import bare, figures, folded, name_of, searchable, sought

# -- names ------------------------------------------------------------------------------------------------------------

NUMBERS = ["5511987650001", "+55 11 98765-0001", "551187650001", "١١٩٨٧", "", " ", "\n", "\u202e", "\u200b", "."]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_no_name(number: str) -> None:
    assert name_of(number) is None


def test_a_name_stands_on_one_line_and_turns_nothing_around() -> None:
    assert name_of(" Ana\r\nMaria \u202eLima") == "Ana Maria Lima"
    assert (name_of("José 2"), name_of("✨"), name_of("李")) == ("José 2", "✨", "李")


# -- figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("＋５５\u2011١١", "+55-11"),
        ("\u202a+55\u00a011\u202f9\u2060\u202c", "+55 11 9"),
        ("٢١／١١／١٩٨٩", "21/11/1989"),
        ("१२:३०", "12:30"),
        ("−5 ❺ ½ é", "-5 ❺ ½ é"),
    ],
)
def test_figures_of_every_script_are_read_alike(written: str, plain: str) -> None:
    assert figures(written) == plain


# -- what is found ----------------------------------------------------------------------------------------------------


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert bare(bare(text)) == bare(text)
    assert folded(folded(text, 200), 200) == folded(text, 200)


@given(st.text(max_size=60))
def test_whatever_is_looked_for_whole_is_found(text: str) -> None:
    kept = searchable(text, 200, 10_000).split()
    assert all(any(word.startswith(piece) for word in kept) for piece in sought(text, 200))


def test_what_is_kept_is_bounded() -> None:
    assert len(searchable("山" * 5000, 200, 400)) <= 601
    assert len(searchable("d'a " * 5000, 200, 400)) <= 601
