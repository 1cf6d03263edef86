"""An import: the rows of a file, a few hundred a turn, each with what came of it.

Rows come parsed and with their numbers in canonical form. A row of a number that is known changes that contact: what a
cell leaves empty stays as it is, labels are added. `after` says how many rows were done before, so that a chunk that is
handed in twice is taken once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.contacts.labels import LABELS
from plixa.actors.contacts.records import ContactAdded, changes, fitted, labelled, valued
from plixa.actors.contacts.state import Card, Contacts
from plixa.actors.workspace.plans import limits_of
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider
from plixa.engine.errors import NotFound
from plixa.engine.events import Event, event

decide: Decider[Contacts] = Decider()

PROBLEMS = 1000
"""How many an import keeps; of the others it keeps the number."""


class Problem(Struct, frozen=True):
    """What was wrong with a line of the file, and what to do. column: as the file's first line has it; None: all of it.

    Never with words of the file itself: they are about people.
    """

    line: int
    column: str | None
    message: str
    hint: str


class Row(Struct, frozen=True, omit_defaults=True):
    """A line. labels: by name. values: of custom fields, by definition. unusable: nothing of it can be taken."""

    line: int
    phone: str = ""
    name: str | None = None
    notes: str | None = None
    labels: tuple[str, ...] = ()
    values: dict[int, str] = {}  # msgspec copies an empty default
    problems: tuple[Problem, ...] = ()
    unusable: bool = False


class Job(Struct, frozen=True):
    """An import that runs, as the read model has it."""

    total: int
    done: int
    problems: int


class StartImport(Command, frozen=True, kw_only=True, tag=True):
    """A file of so many rows was handed in. problems: with the file as a whole."""

    by: int
    total: int
    problems: tuple[Problem, ...] = ()


class ImportRows(Command, frozen=True, kw_only=True, tag=True):
    """The rows from number `after` on. columns: what the columns of labels and custom fields are called in the file."""

    import_id: int
    after: int
    rows: tuple[Row, ...]
    labels_column: str | None = None
    value_columns: dict[int, str] = {}  # noqa: RUF012  # msgspec copies an empty default
    job: Job | None = None
    known: dict[str, Card] = {}  # noqa: RUF012


class EndImport(Command, frozen=True, kw_only=True, tag=True):
    """It cannot go on."""

    import_id: int
    reason: str
    job: Job | None = None


@event("import.started")
class ImportStarted(Event, frozen=True, kw_only=True):
    import_id: int
    by: int
    total: int
    started_at: datetime
    problems: tuple[Problem, ...] = ()


@event("import.progressed")
class ImportProgressed(Event, frozen=True, kw_only=True):
    """`done` rows are done, in all; the other numbers are of this chunk."""

    import_id: int
    done: int
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    merged: int = 0
    problems: tuple[Problem, ...] = ()


@event("import.finished")
class ImportFinished(Event, frozen=True, kw_only=True):
    import_id: int
    status: Literal["done", "failed"] = "done"
    reason: str | None = None


@dataclass(slots=True)
class Draft:
    """A contact that the chunk speaks of. `before` is None for a new one."""

    before: Card | None
    after: Card


@dataclass(slots=True)
class Chunk:
    """Rows becoming contacts; several rows of one number become one change."""

    command: ImportRows
    now: Moment
    drafts: dict[str, Draft] = field(default_factory=dict[str, Draft])
    problems: list[Problem] = field(default_factory=list[Problem])
    failed: int = 0
    merged: int = 0
    label_ids: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.label_ids = {label.name.casefold(): label.id for label in LABELS.of(self.now.workspace).values()}

    def take(self, row: Row) -> None:
        """One row more."""
        self.problems += row.problems
        if row.unusable:
            self.failed += 1
            return
        self.merged += row.phone in self.drafts
        draft = self._draft(row.phone)
        card = draft.after
        draft.after = replace(
            card,
            name=_told(row.name and row.name.strip(), card.name),
            notes=_told(row.notes, card.notes),
            labels=tuple(dict.fromkeys([*card.labels, *self._labels(row)])),
            values={**card.values, **self._values(row)},
        )

    def _draft(self, phone: str) -> Draft:
        draft = self.drafts.get(phone)
        if draft is None:
            known = self.command.known.get(phone)
            draft = Draft(known, known or Card(id=next(self.now.ids), phone=phone))
            self.drafts[phone] = draft
        return draft

    def _labels(self, row: Row) -> Iterator[int]:
        for name in row.labels:
            found = self.label_ids.get(name.casefold())
            if found is not None:
                yield found
                continue
            message = "There is no label of this name; the contact was taken without it."
            hint = "Create the label and import the file again."
            self.problems.append(Problem(row.line, self.command.labels_column, message, hint))

    def _values(self, row: Row) -> Mapping[int, str]:
        if not row.values or not may_set_values(self.now.workspace, self.now.at):
            return {}
        good, wrong = fitted(self.now.workspace, row.values)
        for id_, text in wrong.items():
            message = f"{text.removesuffix('.')}; the contact was taken without it."
            hint = "Correct the value and import the file again."
            self.problems.append(Problem(row.line, self.command.value_columns.get(id_), message, hint))
        return {id_: value for id_, value in good.items() if value is not None}

    def events(self) -> Iterator[Event]:
        """What happens to the contacts."""
        for draft in self.drafts.values():
            after, before = draft.after, draft.before
            if before is None:
                yield ContactAdded(
                    contact_id=after.id,
                    added_at=self.now.at,
                    origin="import",
                    phone=after.phone,
                    name=after.name,
                    notes=after.notes,
                )
                before = Card(id=after.id, phone=after.phone, name=after.name, notes=after.notes)
            yield from changes(before, after.name, after.notes, self.now)
            yield from labelled(before, after.labels)
            yield from valued(before, after.values)

    def counts(self) -> dict[str, int]:
        """Of contacts that are new, changed and as they were, of rows that could not be taken, and of those that went
        into the contact of a row above. Together they are all rows."""
        added = sum(draft.before is None for draft in self.drafts.values())
        unchanged = sum(draft.before == draft.after for draft in self.drafts.values())
        changed = len(self.drafts) - added - unchanged
        rows = {"failed": self.failed, "merged": self.merged}
        return {"added": added, "changed": changed, "unchanged": unchanged, **rows}


def _told(cell: str | None, known: str | None) -> str | None:
    """What a cell makes of what was there: an empty one changes nothing."""
    return cell if cell and cell.strip() else known


def may_set_values(workspace: Workspace, at: datetime) -> bool:
    """Whether the plan in effect includes custom fields."""
    return "custom_fields" in limits_of(workspace, at).features


@decide.on(StartImport)
def _start(state: Contacts, command: StartImport, now: Moment) -> Sequence[Event]:
    started = ImportStarted(
        import_id=next(now.ids),
        by=command.by,
        total=command.total,
        started_at=now.at,
        problems=command.problems[:PROBLEMS],
    )
    return [started]


@decide.on(ImportRows)
def _import(state: Contacts, command: ImportRows, now: Moment) -> Sequence[Event]:
    job = command.job
    if job is None:
        raise NotFound("import")
    if command.after != job.done:
        return []  # this chunk was taken before
    chunk = Chunk(command, now)
    for row in command.rows:
        chunk.take(row)
    done = job.done + len(command.rows)
    room = max(0, PROBLEMS - job.problems)
    progressed = ImportProgressed(
        import_id=command.import_id, done=done, problems=tuple(chunk.problems[:room]), **chunk.counts()
    )
    over = [ImportFinished(import_id=command.import_id)] if done >= job.total else []
    return [*chunk.events(), progressed, *over]


@decide.on(EndImport)
def _end(state: Contacts, command: EndImport, now: Moment) -> Sequence[Event]:
    if command.job is None:
        return []
    return [ImportFinished(import_id=command.import_id, status="failed", reason=command.reason)]
