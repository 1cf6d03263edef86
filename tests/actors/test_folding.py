"""What reads the same, whoever typed it."""

from __future__ import annotations

import pytest

from plixa.actors.folding import figures, name_of

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
