"""A CSV file to the rows of an import; what is wrong is said line by line, with what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from plixa.actors.contacts.custom_fields import CUSTOM_FIELDS
from plixa.actors.contacts.importing import Problem, Row, may_set_values
from plixa.actors.contacts.labels import LABELS
from plixa.actors.folding import name_of, one_line
from plixa.actors.workspace.state import Workspace
from plixa.engine.clock import Clock
from plixa.http.clients.written_numbers import NoPhone, read_phone
from plixa.http.contacts.columns import Columns, columns_of, parted, unguarded
from plixa.http.contacts.text import NotCsv, Record, decoded, records

ROWS_LIMIT = 100_000
NAME, NOTES, VALUE = 120, 4000, 1000
_SHORTEST_NUMBER = 7
FIRST = 0
"""The place of the first name among a name's parts."""
_SPOILT = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A whole file. problems: with the file as such, not with one of its rows."""

    columns: Columns
    rows: list[Row]
    problems: list[Problem] = field(default_factory=list[Problem])


def parse(data: bytes, workspace: Workspace, clock: Clock) -> Parsed:
    """Read a file. Raises `NotCsv` when nothing of it can be taken. Blocks for about five seconds for 100,000 rows."""
    if not data.strip():
        raise NotCsv("The file is empty.")
    found = records(decoded(data))
    columns = columns_of(_header(found), CUSTOM_FIELDS.of(workspace))
    if "phone" not in columns.built_in:
        raise NotCsv("No column is a phone number. Call it “phone”, “telefone” or “teléfono” in the first line.")
    labels = frozenset(label.name.casefold() for label in LABELS.of(workspace).values())
    rows: list[Row] = []
    for record in found:
        rows.append(_row(record, columns, labels, workspace.country_code))
        if len(rows) > ROWS_LIMIT:
            raise NotCsv(f"The file has more than {ROWS_LIMIT:,} rows. Part it and send one after the other.")
    if not rows:
        raise NotCsv("The file has a first line and nothing below it.")
    return Parsed(columns, rows, list(_file_problems(columns, may_set_values(workspace, clock.now()))))


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


def _row(record: Record, columns: Columns, labels: frozenset[str], country: str) -> Row:
    if record.wrong is not None:
        hint = "Correct the line and import the file again."
        return Row(record.line, problems=(Problem(record.line, None, record.wrong, hint),), unusable=True)
    return _Reader(record, columns, labels, country).row()


class _Reader:
    """One record."""

    def __init__(self, record: Record, columns: Columns, labels: frozenset[str], country: str) -> None:
        self._record = record
        self._country = country
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
            name=self._name(),
            notes=self._text("notes", NOTES),
            labels=parted(self._cell(self._columns.built_in.get("labels")), self._labels),
            values=dict(self._values()),
            problems=tuple(self._problems),
            unusable=phone is None,
        )

    def _raw(self, place: int) -> str:
        return self._record.cells[place] if place < len(self._record.cells) else ""

    def _cell(self, place: int | None) -> str:
        if place is None:
            return ""
        cell = unguarded(self._raw(place))
        if not _SPOILT.search(cell):
            return cell
        message = "The cell has a NUL or half a character in it; they were left out."
        self._wrong(place, message, "Save the file anew as “CSV UTF-8”.")
        return _SPOILT.sub("", cell)

    def _wrong(self, place: int | None, message: str, hint: str) -> None:
        column = None if place is None else self._columns.names[place]
        self._problems.append(Problem(self._record.line, column, message, hint))

    def _phone(self) -> str | None:
        places = [self._columns.built_in["phone"], *self._columns.phones]
        place = next((each for each in places if self._raw(each).strip()), places[0])
        try:
            return read_phone(self._cell(place), self._country)
        except NoPhone as problem:
            self._wrong(place, f"{problem.message}; the line was left out.", problem.hint)
        return None

    def _name(self) -> str | None:
        """The name, or its parts where they stand apart; a family name beside a name that has none yet."""
        place, parts = self._columns.built_in.get("name"), self._columns.name_parts
        whole = self._cell(place).strip()
        told = [self._cell(each).strip() for part, each in parts.items() if part or not whole]
        if whole and (FIRST in parts or (told and whole.endswith(told[-1]))):
            told = []
        name = one_line(" ".join(each for each in (whole, *told) if each))
        if name_of(name) is None and len(name) >= _SHORTEST_NUMBER:  # the number again, which is no name
            return None
        return self._short(next(iter(parts.values()), None) if place is None else place, name, NAME)

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
