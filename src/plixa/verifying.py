"""`plixa verify-billing`: count each invoice's range of the log anew, and hold all of them to the whole log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plixa.actors.billing.statements import TYPES, Counted, Line, Tally
from plixa.storage.billing import periods
from plixa.storage.eventlog.reader import head
from plixa.storage.postgres.bridge import Database

PAGE = 5_000


async def verify(database: Database, tenant: int, say: Callable[[str], object]) -> list[str]:
    """Tell every line of every range; returns what does not hold: ranges that leave a gap or overlap, sums that do not
    make up the whole, ranges of which something else was counted when they were closed."""
    rows, last = await database.run(periods.periods, tenant), await database.run(head, tenant)
    borders = [(row["invoice"], row["after"], row["position"]) for row in rows]
    borders.append(("not billed yet", borders[-1][2] if borders else 0, last))
    lines = [(name, after, upto, await _lines(database, tenant, after, upto)) for name, after, upto in borders]
    for name, after, upto, counted in lines:
        for line in counted:
            say(f"{name} ({after}, {upto}] {line.kind}: {line.quantity} of {line.events} events, {line.digest}")
    for row in rows:
        if row["sums"] is None:
            say(f"{row['invoice']}: what it covers is not written down yet; a running server does so within a day")
    written = {row["invoice"]: row["sums"] for row in rows if row["sums"] is not None}
    changed = [each for name, _, _, counted in lines for each in _changed(name, counted, written.get(name))]
    return [*_gaps(borders), *changed, *_sums([each[3] for each in lines], await _lines(database, tenant, 0, last))]


async def _lines(database: Database, tenant: int, after: int, upto: int) -> list[Line]:
    tally = Tally()
    while found := await database.run(periods.counted_events, tenant, after, upto, TYPES, PAGE):
        tally.count(Counted(row["position"], row["type"], row["data"]) for row in found)
        after = found[-1]["position"]
    return tally.lines


def _gaps(borders: list[tuple[Any, int, int]]) -> list[str]:
    until, wrong = 0, list[str]()
    for name, after, upto in borders:
        if after != until or upto < after:
            wrong.append(f"{name} begins after {after}, where {until} was reached")
        until = upto
    return wrong


def _changed(name: str, counted: list[Line], written: list[dict[str, Any]] | None) -> list[str]:
    """Of which lines it was written down otherwise. written: None for a range that is not closed, or was long ago."""
    known = {each["kind"]: each for each in written or []}
    return [
        f"{name}, {line.kind}: counted {line.quantity} of {line.events} events, {line.digest[:12]}, written down as "
        f"{known[line.kind]['quantity']} of {known[line.kind]['events']}, {known[line.kind]['digest'][:12]}"
        for line in counted
        if line.kind in known and known[line.kind] != line._asdict()
    ]


def _sums(parts: list[list[Line]], whole: list[Line]) -> list[str]:
    return [
        f"{line.kind}: the bills count {sum(part[n].quantity for part in parts)}, the log {line.quantity}"
        for n, line in enumerate(whole)
        if (sum(part[n].quantity for part in parts), sum(part[n].events for part in parts))
        != (line.quantity, line.events)
    ]
