"""Every pattern that our modules hold, found by looking, and the ways in which our sources use it.

So a pattern that is written tomorrow is swept tomorrow. `tests/test_layout.py` sees to it that there are none but at
the top of a module.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.fault.hostile import LENGTH

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("engine", "actors", "storage", "http", "migrations")
BOUNDS: Mapping[str, int] = {
    "actors.ai.hours._GOES_ON": 30,
    "actors.ai.hours._BESIDE_AFTER": 30,
    "actors.ai.hours._BESIDE_BEFORE": 12,
    "actors.ai.guard.NEGATED": 40,
    "actors.flows.values._AROUND": 60,
    "http.clients.written_numbers._AFTER": 120,
    "http.clients.written_numbers._BESIDE_IT": 120,
}
"""Characters that whoever uses such a pattern cuts the text to before; all others take whatever there is."""
_USE = re.compile(r"\b(\w+)\.(fullmatch|match|search|subn?|findall|finditer|split)\b")


class Found(NamedTuple):
    """A pattern: where it is, what runs it as we do, and how long a text may be that it is run on."""

    name: str
    pattern: re.Pattern[Any]
    runs: Sequence[Callable[[Any], object]]
    length: int

    def text(self, text: str) -> Any:
        """The text as this pattern takes it."""
        text = text[: self.length]
        return text if isinstance(self.pattern.pattern, str) else text.encode("utf-8", "replace")


def patterns() -> Iterator[Found]:
    """All of them, each once."""
    known: set[int] = set()
    for name, value in _values():
        for pattern in _within(value):
            if id(pattern) not in known:
                known.add(id(pattern))
                yield Found(name, pattern, _runs(pattern, name), BOUNDS.get(name, LENGTH))
    for name, pattern in _declared():
        yield Found(name, pattern, [pattern.search], LENGTH)


def _values() -> Iterator[tuple[str, object]]:
    """What stands at the top of each module and of its classes, by its whole name."""
    for path in _files():
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for name, value in vars(importlib.import_module(f"plixa.{module}")).items():
            yield f"{module}.{name}", value
            if isinstance(value, type) and value.__module__ == f"plixa.{module}":
                yield from ((f"{module}.{name}.{inner}", each) for inner, each in vars(value).items())


def _files() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def _within(value: object) -> Iterator[re.Pattern[Any]]:
    match value:
        case re.Pattern():
            yield value
        case dict():
            yield from (found for each in value.values() for found in _within(each))
        case list() | tuple() | set() | frozenset():
            yield from (found for each in value for found in _within(each))


def _runs(pattern: re.Pattern[Any], name: str) -> list[Callable[[Any], object]]:
    """What our sources do with it; whatever can be done, where it is in a table or goes by another name."""
    uses = _uses().get(name.rpartition(".")[2], {"fullmatch", "match", "search"})
    anchored: dict[str, Callable[[Any], object]] = {"fullmatch": pattern.fullmatch, "match": pattern.match}
    runs = [run for use, run in anchored.items() if use in uses]
    return [*runs, lambda text: sum(1 for _ in pattern.finditer(text))] if uses - set(anchored) else runs


@cache
def _uses() -> Mapping[str, set[str]]:
    """What is done with each name, wherever it is imported."""
    uses: dict[str, set[str]] = {}
    for path in _files():
        for name, use in _USE.findall(path.read_text()):
            uses.setdefault(name, set()).add(use)
    return uses


def _declared() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Those that a field's declaration holds, as text."""
    for path in _files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "pattern" and isinstance(node.value, ast.Constant):
                yield f"{path.relative_to(ROOT)}:{node.value.lineno}", re.compile(node.value.value)
