"""How much of the contract is there: routes by method and path, behaviours by the `spec` marks in the tests' source.

Marks are read without running or importing a test, so that a test that is left out still counts as written; a number
counts once, however many tests show it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from plixa import features
from plixa.http.api import Route

ROUTES = features.routes()
HERE = Path(__file__).parent
TESTS = HERE.parent


@dataclass(frozen=True)
class Operation:
    """What must be served. `fields`: name → whether it is required."""

    method: str
    path: str
    tag: str
    fields: dict[str, bool]

    @property
    def key(self) -> str:
        """Names it as a route's key would."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Behaviour:
    """What must be shown."""

    number: int
    tag: str
    gist: str


def _lines(name: str) -> Iterator[list[str]]:
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        yield line.split("\t")


@cache
def operations() -> list[Operation]:
    """All that the contract lists."""
    return [Operation(method, path, tag, _fields(body)) for method, path, tag, body in _lines("operations.tsv")]


def _fields(body: str) -> dict[str, bool]:
    return {} if body == "-" else {name.rstrip("*"): name.endswith("*") for name in body.split(",")}


@cache
def implied_reads() -> list[Operation]:
    """All that its prose presumes."""
    return [Operation(method, path, tag, {}) for method, path, tag, _ in _lines("implied_reads.tsv")]


@cache
def behaviours() -> list[Behaviour]:
    """All that it promises."""
    return [Behaviour(int(number), tag, gist) for number, tag, gist in _lines("behaviours.tsv")]


def built() -> dict[tuple[str, str], Route]:
    """The routes that there are, by method and path, whatever the parameters are called."""
    return {(route.method, _shape(route.path)): route for route in ROUTES}


def route_of(operation: Operation) -> Route | None:
    """The route that serves it."""
    return built().get((operation.method, _shape(operation.path)))


def _shape(path: str) -> str:
    return re.sub(r"{\w+}", "{}", path)


def not_built(wanted: Iterable[Operation]) -> list[Operation]:
    """Those without a route."""
    there = built()
    return [each for each in wanted if (each.method, _shape(each.path)) not in there]


def not_shown() -> list[Behaviour]:
    """Those that no test claims to show."""
    marked = shown()
    return [each for each in behaviours() if each.number not in marked]


@cache
def shown(folder: Path = TESTS) -> dict[int, list[str]]:
    """Number → the test files with a mark of that number."""
    found: dict[int, list[str]] = {}
    for file in sorted(folder.rglob("test_*.py")):
        for number in sorted(set(_marks(ast.parse(file.read_text(encoding="utf-8"))))):
            found.setdefault(number, []).append(str(file.relative_to(folder)))
    return found


def _marks(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.spec"):
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, int))
