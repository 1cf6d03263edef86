"""A CSV file to the rows of an import; what is wrong is said line by line, with what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from plixa.actors.contacts.custom_fields import CUSTOM_FIELDS
from plixa.actors.contacts.importing import Problem, Row, may_set_values
from plixa.actors.contacts.labels import LABELS
from plixa.actors.workspace.state import Workspace
from plixa.engine.clock import Clock
from plixa.http.clients.numbers import canonical
from plixa.http.contacts.columns import Columns, columns_of, parted, unguarded
from plixa.http.contacts.text import NotCsv, Record, decoded, records

ROWS_LIMIT = 100_000
NAME, NOTES, VALUE = 120, 4000, 1000
_DIGITS = re.compile(r"\+?\d{8,18}")
_SEPARATORS = re.compile(r"[\s().\-/\u00a0\u202a\u202c\u200b\u200e]+")
_ROUNDED = re.compile(r"\d([.,]\d+)?[eE]\+?\d{1,2}")
_SPOILT = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A whole file. problems: with the file as such, not with one of its rows."""

    columns: Columns
    rows: list[Row]
    problems: list[Problem] = field(default_factory=list[Problem])


def parse(data: bytes, house: Workspace, clock: Clock) -> Parsed:
    """Read a file. Raises `NotCsv` when nothing of it can be taken. Blocks for about a second for 10 MB."""
    if not data.strip():
        raise NotCsv("The file is empty.")
    found = records(decoded(data))
    columns = columns_of(_header(found), CUSTOM_FIELDS.of(house))
    if "phone" not in columns.built_in:
        raise NotCsv("No column is a phone number. Call it “phone”, “telefone” or “teléfono” in the first line.")
    labels = frozenset(label.name.casefold() for label in LABELS.of(house).values())
    rows: list[Row] = []
    for record in found:
        rows.append(_row(record, columns, labels))
        if len(rows) > ROWS_LIMIT:
            raise NotCsv(f"The file has more than {ROWS_LIMIT:,} rows. Part it and send one after the other.")
    if not rows:
        raise NotCsv("The file has a first line and nothing below it.")
    return Parsed(columns, rows, list(_file_problems(columns, may_set_values(house, clock.now()))))


def _header(found: Iterator[Record]) -> list[str]:
    first = next(found, None)
    if first is None or first.wrong is not None:
        raise NotCsv(f"The first line, which names the columns, cannot be read. {first.wrong if first else ''}".strip())
    if any(_SPOILT.search(cell) for cell in first.cells):
        raise NotCsv("The first line, which names the columns, has characters that no text has. Save the file anew.")
    return first.cells


def _file_problems(columns: Columns, may_set: bool) -> Iterator[Problem]:
    hint = "Call it phone, name, notes, labels, or by a custom field's key, and import the file again."
    for name in columns.ignored[:50]:
        yield Problem(1, name, "The column is not known, or is there twice; it was left out.", hint)
    if columns.custom and not may_set:
        hint = "Custom fields come with Professional and Business."
        for place in columns.custom.values():
            name = columns.names[place]
            yield Problem(1, name, "The plan does not include custom fields; the column was left out.", hint)


def _row(record: Record, columns: Columns, labels: frozenset[str]) -> Row:
    if record.wrong is not None:
        hint = "Correct the line and import the file again."
        return Row(record.line, problems=(Problem(record.line, None, record.wrong, hint),), unusable=True)
    return _Reader(record, columns, labels).row()


class _Reader:
    """One record."""

    def __init__(self, record: Record, columns: Columns, labels: frozenset[str]) -> None:
        self._record = record
        self._columns = columns
        self._labels = labels
        self._problems: list[Problem] = []

    def row(self) -> Row:
        """The record as a row of the import."""
        phone = self._phone()
        extra = len(self._record.cells) > len(self._columns.names)
        if extra and any(cell.strip() for cell in self._record.cells[len(self._columns.names) :]):
            message = "The line has more cells than the first line has columns; what is too much was left out."
            self._wrong(None, message, "Put text that has a delimiter in it in quotes.")
        return Row(
            line=self._record.line,
            phone=phone or "",
            name=self._text("name", NAME),
            notes=self._text("notes", NOTES),
            labels=parted(self._cell(self._columns.built_in.get("labels")), self._labels),
            values=dict(self._values()),
            problems=tuple(self._problems),
            unusable=phone is None,
        )

    def _cell(self, place: int | None) -> str:
        if place is None or place >= len(self._record.cells):
            return ""
        cell = unguarded(self._record.cells[place])
        if not _SPOILT.search(cell):
            return cell
        message = "The cell has a NUL or half a character in it; they were left out."
        self._wrong(place, message, "Save the file anew as “CSV UTF-8”.")
        return _SPOILT.sub("", cell)

    def _wrong(self, place: int | None, message: str, hint: str) -> None:
        column = None if place is None else self._columns.names[place]
        self._problems.append(Problem(self._record.line, column, message, hint))

    def _phone(self) -> str | None:
        place = self._columns.built_in["phone"]
        cell = self._cell(place).strip()
        plain = _SEPARATORS.sub("", cell)
        if _DIGITS.fullmatch(plain) and plain.isascii() and len(number := canonical(plain)) <= 18:
            return number
        if not plain:
            self._wrong(place, "There is no phone number; the line was left out.", "Fill in the number.")
        elif _ROUNDED.fullmatch(plain):
            hint = "Make the column text in the spreadsheet, correct the numbers and save it again."
            self._wrong(place, "The spreadsheet has rounded the number; the line was left out.", hint)
        else:
            hint = "Write country code, area code and number, 8 to 18 digits, like 5511987650001."
            self._wrong(place, "This is not a phone number; the line was left out.", hint)
        return None

    def _text(self, what: str, most: int) -> str | None:
        place = self._columns.built_in.get(what)
        return self._short(place, self._cell(place), most)

    def _values(self) -> Iterator[tuple[int, str]]:
        for id_, place in self._columns.custom.items():
            value = self._short(place, self._cell(place), VALUE)
            if value:
                yield id_, value

    def _short(self, place: int | None, text: str, most: int) -> str | None:
        if len(text) <= most:
            return text or None
        message = f"The text is longer than {most} characters; the contact was taken without it."
        self._wrong(place, message, "Shorten it and import the file again.")
        return None
