"""Names of files, and cells of spreadsheets, that read as what they are not."""

from __future__ import annotations

import pytest

from plixa.http.contacts.columns import guarded, unguarded
from plixa.http.conversation.file_names import download_name, plain_name
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


# -- downloads --------------------------------------------------------------------------------------------------------

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CASES = [
    (None, "application/pdf", "message-52.pdf"),
    (None, "audio/ogg; codecs=opus", "message-52.ogg"),
    (None, "video/quicktime", "message-52.mov"),
    (None, "image/jpeg", "message-52.jpg"),
    (None, "application/octet-stream", "message-52.bin"),
    (None, "nonsense", "message-52"),
    ("contrato", DOCX, "contrato.docx"),
    ("contrato.v2", DOCX, "contrato.v2.docx"),
    ("fatura 30.04", "application/pdf", "fatura 30.04.pdf"),
    ("Fatura.PDF", "application/pdf", "Fatura.PDF"),
    ("planta.dwg", "application/octet-stream", "planta.dwg"),
    ("server.log", "text/plain", "server.log"),
    ("nota", "text/plain", "nota.txt"),
    ("fatura_\u202efdp.exe", "application/pdf", "fatura_fdp.exe"),
    ('../../etc/a;b"c.pdf', "application/pdf", "a;b_c.pdf"),
    ("C:\\temp\\a.pdf", "application/pdf", "a.pdf"),
    ("..", "application/pdf", "message-52.pdf"),
    ("\u202e\r\n", "application/pdf", "message-52.pdf"),
]


@pytest.mark.parametrize(("name", "mime", "saved"), CASES)
def test_a_download_has_a_name_that_its_system_can_open(name: str | None, mime: str, saved: str) -> None:
    assert download_name(name, mime, "message-52") == saved


def test_a_long_name_is_cut() -> None:
    assert len(plain_name("a" * 300)) == 200
