"""The table, and the file that holds the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from tests.bench.figures import Row

TITLES = {
    "a": "Messages through the webhook",
    "b": "What a message costs",
    "c": "From the webhook to the sockets",
    "d": "The log",
    "e": "Growing tenfold",
    "f": "Deciding by itself",
    "g": "Reading a hundredfold",
    "h": "Noisy neighbours",
    "i": "What it costs to tell endpoints",
    "j": "What staff list",
    "k": "The agenda of a busy house",
    "l": "Several processes",
}
VERDICTS = {None: "", True: "met", False: "NOT MET"}


def table(machine: Mapping[str, str], rows: Sequence[Row]) -> str:
    """Everything in one table, for a terminal."""
    cells = [(row.what, _number(row.value), row.unit, VERDICTS[row.met], row.aim, row.note) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [f"{name:>10}  {value}" for name, value in machine.items()]
    part = ""
    for row, cell in zip(rows, cells, strict=True):
        if row.part != part:
            part = row.part
            lines += ["", f"({part}) {TITLES[part]}"]
        lines.append(_line(cell, widths))
    return "\n".join(lines)


def _line(cell: Sequence[str], widths: Sequence[int]) -> str:
    what, value, unit, verdict, aim, note = cell
    left = f"    {what:<{widths[0]}}  {value:>{widths[1]}} {unit:<{widths[2]}}"
    return f"{left}  {verdict:<{widths[3]}}  {aim:<{widths[4]}}  {note}".rstrip()


def _number(value: float | None) -> str:
    """Three digits that count, or all before the point."""
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def store(path: Path, machine: Mapping[str, str], scale: Mapping[str, object], rows: Sequence[Row]) -> None:
    """Write the same as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"machine": machine, "scale": scale, "rows": msgspec.to_builtins(rows)}
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
