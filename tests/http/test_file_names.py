"""Names of files, and cells of spreadsheets, that read as what they are not."""

from __future__ import annotations

import pytest

from plixa.http.contacts.columns import guarded, unguarded
from plixa.http.conversation.routes.messages import _file_name  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200f", "\u061c", "\ufeff", "\x85", "\n"])
def test_a_name_holds_nothing_that_turns_its_direction(sign: str) -> None:
    assert _file_name(f"n{sign}gnp.exe") == "ngnp.exe"


def test_a_name_is_the_last_part_of_a_path_whoever_sent_it() -> None:
    assert _file_name("../../etc/passwd") == "passwd"
    assert _file_name("..\\boleto.pdf") == "boleto.pdf"


@pytest.mark.parametrize("sign", "=+-@＝＋－＠\t\r\n")
def test_what_a_spreadsheet_takes_for_a_formula_is_guarded(sign: str) -> None:
    assert guarded(f"{sign}1") == f"'{sign}1"
    assert unguarded(guarded(f"{sign}1")) == f"{sign}1"
