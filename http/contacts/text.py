"""A file's bytes to its records: which encoding, which delimiter, where each record begins and ends.

Whatever is handed in, work and memory stay in proportion to the bytes: a line, a record and a row of cells have limits,
and a file whose quotes are broken again and again is refused as a whole.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

FILE_LIMIT = 10 * 1024 * 1024
LINE_LIMIT = 64 * 1024
"""Characters of one physical line, and of one record of several lines."""
LINES_LIMIT = 200
CELLS_LIMIT = 300
BROKEN_LIMIT = 200
BLANK_LIMIT = 100_000
MAGIC = {b"PK\x03\x04": "a spreadsheet or an archive", b"\x1f\x8b": "an archive", b"\xd0\xcf\x11\xe0": "a spreadsheet"}
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SAVE_AS = "Save it as “CSV UTF-8” and send that file."


class NotCsv(ValueError):
    """The file as a whole cannot be read; the message is for the one who sent it."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the number of its first line, and its cells, or what is wrong with it."""

    line: int
    cells: list[str]
    wrong: str | None = None


def decoded(data: bytes) -> str:
    """The file's text: UTF-8, UTF-16 or Latin-1 (as Windows has it). Raises `NotCsv`."""
    for magic, what in MAGIC.items():
        if data.startswith(magic):
            raise NotCsv(f"The file is {what}, not CSV. {_SAVE_AS}")
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise NotCsv(f"The file is damaged: it says that it is UTF-16 and is not. {_SAVE_AS}") from None
    # Any bytes are Latin-1; what is UTF-8 by chance has NULs at most.
    unlikely = "\0\1\2\3\4\5\6\7\x0e\x0f" if encoding in ("cp1252", "latin-1") else "\0"
    head = text[:65_536]
    if sum(head.count(control) for control in unlikely) > len(head) // 20:
        raise NotCsv(f"The file is not text. {_SAVE_AS}")
    return text


def _encoding(data: bytes) -> str:
    for bom, name in _BOMS:
        if data.startswith(bom):
            return name
    head = data[:4096]
    if head.count(0) > len(head) // 4:  # every other byte, in what is mostly Latin letters
        return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    for name in ("utf-8", "cp1252"):
        try:
            data.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "latin-1"


def delimiter_of(text: str) -> str:
    """What parts the cells of the first line: comma, semicolon or tab."""
    first = text.lstrip("\r\n")[:LINE_LIMIT].partition("\n")[0]
    unquoted = "".join(first.split('"')[::2])
    return max(",;\t", key=unquoted.count)


class _Lines:
    """Physical lines for `csv.reader`, which is told when a record grows too long."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="").readlines()
        self.at = 0
        self._record_at = 0
        self._characters = 0

    def begin(self, at: int) -> None:
        """The next record begins with this line."""
        self.at = self._record_at = at
        self._characters = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self.at >= len(self._lines):
            raise StopIteration
        line = self._lines[self.at]
        self._characters += len(line)
        if self._characters > LINE_LIMIT or self.at - self._record_at >= LINES_LIMIT:
            raise OverflowError
        self.at += 1
        return line


def records(text: str) -> Iterator[Record]:
    """All records that are not blank, the first line's included. Raises `NotCsv`."""
    text = text.removeprefix("\ufeff")
    delimiter = delimiter_of(text)
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep="):  # what a spreadsheet writes for another spreadsheet
        delimiter, text = (first.strip()[4:5] or delimiter), f"\n{rest}"
    if len(delimiter.encode()) != 1 or delimiter in '"\r\n':
        raise NotCsv("The delimiter that the first line names is none. Use a comma, a semicolon or a tab.")
    lines = _Lines(text)
    reader, broken, blank = csv.reader(lines, delimiter=delimiter), 0, 0
    while True:
        start = lines.at
        lines.begin(start)
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (OverflowError, csv.Error):
            broken += 1
            if broken > BROKEN_LIMIT:
                raise NotCsv(
                    "The file's quotes do not match on too many lines. Correct them and send it again."
                ) from None
            yield Record(start + 1, [], "The line is too long, or a quote in it is never closed.")
            lines.begin(start + 1)
            reader = csv.reader(lines, delimiter=delimiter)
            continue
        if len(cells) > CELLS_LIMIT:
            yield Record(start + 1, [], f"The line has more than {CELLS_LIMIT} cells.")
        elif any(cell.strip() for cell in cells):
            yield Record(start + 1, cells)
        elif (blank := blank + 1) > BLANK_LIMIT:
            raise NotCsv("The file has too many empty lines. Remove them and send it again.")
