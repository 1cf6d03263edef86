"""Trying one fault: in a copy of the project, never in the checkout itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from typing import Literal

from tests.mutants.areas import Area
from tests.mutants.faults import Fault

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", ".plixa", "__pycache__", ".*_cache", ".hypothesis", "bench-out")
TEST = (sys.executable, "-B", "-m", "pytest", "-x", "-m", "not slow", "--timeout", "30", "--no-header", "--tb", "no")
Verdict = Literal["killed", "survived", "too slow"]


@dataclass(frozen=True)
class Mutant:
    """A fault in a module (its path from the root) of an area."""

    area: Area
    module: str
    fault: Fault


@contextmanager
def copy_of_the_project() -> Iterator[Path]:
    """A folder of its own, which goes when it is over."""
    with tempfile.TemporaryDirectory(prefix="plixa-mutants-") as folder:
        copy = Path(folder) / "project"
        shutil.copytree(ROOT, copy, symlinks=True, ignore=NOT_COPIED)
        yield copy


def tried(copy: Path, mutant: Mutant, seconds: float) -> Verdict:
    """What becomes of a mutant in `seconds`. One that is too slow may only hang: it is not counted as killed."""
    path = copy / mutant.module
    source = path.read_bytes()
    path.write_bytes(mutant.fault.applied(source))
    try:
        return _tested(copy, mutant.area.tests_for(copy, path), seconds)
    finally:
        path.write_bytes(source)


def passes(copy: Path, area: Area, seconds: float) -> bool:
    """Whether the area's tests are green without any fault."""
    return _tested(copy, area.tests_for(copy, copy / "none.py"), seconds) == "survived"


def _tested(copy: Path, tests: list[str], seconds: float) -> Verdict:
    """Run in a process group of its own, so that databases and far ends of the tests end with them."""
    variables = os.environ | {"PYTHONPATH": "src", "LC_ALL": "C.UTF-8", "HYPOTHESIS_PROFILE": "mutants"}
    with subprocess.Popen(
        [*TEST, *tests], cwd=copy, env=variables, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            return "killed" if process.wait(seconds) else "survived"
        except subprocess.TimeoutExpired:
            return "too slow"
        finally:
            if process.poll() is None:  # too slow, or the whole is interrupted
                os.killpg(process.pid, SIGKILL)
