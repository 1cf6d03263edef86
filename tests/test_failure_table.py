"""ARCHITECTURE.md's tables of what happens when something raises: each row names tests that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEADINGS = ("## What happens when X raises or hangs", "## Outbox", "## Carrying requests")
NAMED = re.compile(r"`(test_\w+)`")


def rows(heading: str) -> Iterator[tuple[str, str]]:
    """What goes wrong, and the column that says what shows it."""
    text = (ROOT / "ARCHITECTURE.md").read_text().partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    table = [line for line in text.splitlines() if line.startswith("| ")]
    assert table[0].endswith("| shown by |")
    for line in table[1:]:
        what, _, shown = line.strip("| ").split(" | ")
        yield what, shown


def functions() -> Iterator[str]:
    """The names of all test functions."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield node.name


@pytest.mark.parametrize("heading", HEADINGS)
def test_each_row_of_what_happens_when_something_raises_names_its_tests(heading: str) -> None:
    known, table = set(functions()), list(rows(heading))
    assert len(table) >= 15
    assert [what for what, shown in table if not NAMED.findall(shown)] == []
    assert {name for _, shown in table for name in NAMED.findall(shown)} - known == set()
