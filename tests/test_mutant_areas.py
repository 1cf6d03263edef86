"""Every part of the project has an area of `make mutants`: what is in none would never be found to be untested.
And a fault is tried by the tests that reach the function it is in.
"""

from __future__ import annotations

from inspect import CO_OPTIMIZED
from types import CodeType

import pytest

from tests.mutants.areas import AREAS
from tests.mutants.base import function_at
from tests.mutants.edges import EDGES, Edge
from tests.mutants.trial import ROOT

APART = ("http/panel", "http/google_simulator", "http/stripe_simulator", "http/simulator")
"""What shows, and far ends for tests and demonstrations."""


def test_every_module_is_in_an_area() -> None:
    tried = {module for area in AREAS.values() for module in area.modules(ROOT)}
    folders = {module.parent for module in tried}
    there = {
        module.parent
        for layer in ("engine", "actors", "storage", "http")
        for module in (ROOT / layer).glob("*/*.py")
        if module.name != "__init__.py"
    }
    left_out = {str(folder.relative_to(ROOT)) for folder in there - folders}
    assert left_out - {*APART} == set()


@pytest.mark.parametrize("module", ["engine/cell.py", "engine/fanout.py", "http/api/limits.py", "storage/store.py"])
def test_a_place_in_a_source_is_in_the_function_that_runs_it(module: str) -> None:
    source = (ROOT / module).read_bytes()
    lines = source.splitlines(keepends=True)
    for code in _functions(compile(source, module, "exec")):
        last = max(line for *_, line in code.co_lines() if line is not None)
        indented = len(lines[last - 1]) - len(lines[last - 1].lstrip())
        assert function_at(source, sum(map(len, lines[: last - 1])) + indented) == code.co_qualname


def _functions(code: CodeType) -> list[CodeType]:
    """Those in which no other function stands."""
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    if inner or code.co_name.startswith("<") or not code.co_flags & CO_OPTIMIZED:
        return [each for one in inner for each in _functions(one)]
    return [code]


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.wrong)
def test_an_edge_is_where_it_was_and_the_fault_is_one(edge: Edge) -> None:
    mutant = edge.mutant(ROOT)
    compile(mutant.fault.applied((ROOT / mutant.module).read_bytes()), mutant.module, "exec")
