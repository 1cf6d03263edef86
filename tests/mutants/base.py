"""The tests without any fault: which are green, how long each takes, and what it reaches.

Kept in `mutants-out/base/`, a file for each file of tests, until that file changes.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.trial import OUT, Mutant, run

AT_ONCE = 8
"""Files of tests in one run: what is interrupted is begun anew from there."""
OF_A_KIND = 4
"""Of a test with parameters these go first."""
LIMIT = 900.0
"""Seconds for one such run, and for those of its tests that were red, once more."""


@dataclass(frozen=True)
class Test:
    """A green test; `seconds` with its fixtures."""

    id: str
    seconds: float
    reached: frozenset[str]

    @property
    def name(self) -> str:
        """Without its parameters."""
        return self.id.partition("[")[0]

    @property
    def file(self) -> str:
        """Where it stands."""
        return self.id.partition("::")[0]


def base(copy: Path, files: Sequence[str]) -> list[Test]:
    """The tests of these files; runs those that are not known yet."""
    missing = [file for file in files if not _record(copy, file).exists()]
    for number in range(0, len(missing), AT_ONCE):
        print(f"  base: {number} of {len(missing)} files, {missing[number]} …", flush=True)
        _recorded(copy, missing[number : number + AT_ONCE])
    return [test for file in files for test in _read(_record(copy, file))]


def chosen(copy: Path, mutant: Mutant, tests: Sequence[Test], seconds: float) -> list[Test]:
    """Those that reach a fault, until their `seconds` are used up: quick ones of files that import its module first.

    What stands in no function (a constant, a declaration) may be read by tests that run nothing of its module: the
    quickest of all tests go before the others then. Of a test with parameters a few are taken before the rest.
    """
    near = mutant.area.tests_near(copy, copy / mutant.module)
    function = function_at((copy / mutant.module).read_bytes(), mutant.fault.start)
    reaching = _first(_reaching(mutant.module, function, tests), seconds, near)
    quick = [] if function else _first(tests, seconds / 2, set())
    return list(dict.fromkeys([*quick, *reaching]))


def _first(tests: Sequence[Test], seconds: float, near: set[str]) -> list[Test]:
    alike = Counter[str]()
    picked, used = list[Test](), 0.0

    def rank(test: Test) -> tuple[bool, bool, float]:
        alike[test.name] += 1
        return alike[test.name] > OF_A_KIND, test.file not in near, test.seconds

    for test in sorted(tests, key=rank):
        if picked and used + test.seconds > seconds:
            break
        picked.append(test)
        used += test.seconds
    return picked


def _reaching(module: str, function: str, tests: Sequence[Test]) -> list[Test]:
    """What stands in no function is reached by all that reach anything of the module; where it only declares, of its
    folder.
    """
    wanted = f"{module}:{function}"
    inside = f"{wanted}.<" if function else wanted
    found = [test for test in tests if any(name == wanted or name.startswith(inside) for name in test.reached)]
    folder = module[: module.rindex("/") + 1]
    if found or function:
        return found
    return [test for test in tests if any(name.startswith(folder) for name in test.reached)]


def function_at(source: bytes, position: int) -> str:
    """The qualified name of the innermost function that holds this byte; empty where none does."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    names, function = list[str](), ""
    node: ast.AST = ast.parse(source)
    while True:
        for child in ast.walk(node):
            if child is node or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            begins = starts[child.lineno - 1] + child.col_offset
            ends = starts[(child.end_lineno or child.lineno) - 1] + (child.end_col_offset or 0)
            if begins <= position < ends:
                node = child
                break
        else:
            return function
        names.append(node.name)
        if not isinstance(node, ast.ClassDef):
            function = ".".join(names)
            names.append("<locals>")


def _recorded(copy: Path, files: Sequence[str]) -> None:
    report = copy / "reach.jsonl"
    report.unlink(missing_ok=True)
    report.touch()
    found = run(copy, files, LIMIT, reach=report)
    if found.red:
        run(copy, found.red, LIMIT, reach=report)
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    green = {line["test"] for line in lines}
    for test in sorted(set(found.red) - green):
        print(f"  left out, for it is red without any fault: {test}", flush=True)
    for file in files:
        record = _record(copy, file)
        record.parent.mkdir(parents=True, exist_ok=True)
        own = [json.dumps(line) + "\n" for line in lines if line["test"].partition("::")[0] == file]
        record.write_text("".join(own))


def _record(copy: Path, file: str) -> Path:
    text = hashlib.sha256((copy / file).read_bytes()).hexdigest()[:12]
    return OUT / "base" / f"{file.replace('/', '.')}.{text}.jsonl"


def _read(record: Path) -> list[Test]:
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    return [Test(line["test"], line["seconds"], frozenset(line["reached"])) for line in lines]
