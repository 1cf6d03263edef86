"""Figures of all scripts: what asks for figures and then makes a number of them must ask for the same ones.

`isdigit` is true for "²" and "❺", of which no number can be made, and `\\d` for Arabic figures, which an address or
code may not have. Where somebody types them, `folding.figures` makes them ASCII's first.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("engine", "actors", "storage", "http", "src")


def _files() -> Iterator[tuple[str, str]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text()


def test_a_number_is_only_made_of_figures_that_make_one() -> None:
    loose = [
        f"{name}:{number}"
        for name, text in _files()
        for number, line in enumerate(text.splitlines(), 1)
        if (".isdigit(" in line or ".isnumeric(" in line) and "isascii()" not in line
    ]
    assert loose == []


def test_a_field_takes_ascii_figures_only() -> None:
    loose = [
        f"{name}:{node.value.lineno}"
        for name, text in _files()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.keyword)
        and node.arg == "pattern"
        and isinstance(node.value, ast.Constant)
        and "\\d" in str(node.value.value)
    ]
    assert loose == []
