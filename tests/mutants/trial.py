"""Trying one fault: in a copy of the project, never in the checkout itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path
from signal import SIGINT, SIGKILL
from typing import Literal

from tests.mutants.areas import Area
from tests.mutants.faults import Fault

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "mutants-out"
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".plixa", "__pycache__", ".*_cache", ".hypothesis", "bench-out", OUT.name
)
START = (
    "import signal, sys, pytest; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "sys.exit(pytest.main(sys.argv[1:]))"
)
"""Tests that can be interrupted, also from a shell's background, so that they stop their database."""
END_WITHIN = 10.0
PYTEST = (sys.executable, "-c", START, "-m", "not slow and not browser", "--no-header", "--tb", "no", "-rfE")
RED = re.compile(r"^(?:FAILED|ERROR) (tests/.+?)(?: - .*)?$", re.MULTILINE)
Verdict = Literal["killed", "survived", "too slow", "unreached"]


@dataclass(frozen=True)
class Mutant:
    """A fault in a module (its path from the root) of an area."""

    area: Area
    module: str
    fault: Fault

    @property
    def key(self) -> str:
        """No two faults have the same."""
        return f"{self.module}:{self.fault} ({self.fault.start})"

    def __str__(self) -> str:
        return f"{self.module}:{self.fault}"


@dataclass(frozen=True)
class Found:
    """What a run of tests gave. `red`: ids; empty where the run itself came to nothing."""

    verdict: Verdict
    red: Sequence[str]


@contextmanager
def copy_of_the_project() -> Generator[Path]:
    """A folder of its own, which goes when it is over."""
    with tempfile.TemporaryDirectory(prefix="plixa-mutants-") as folder:
        copy = Path(folder) / "project"
        shutil.copytree(ROOT, copy, symlinks=True, ignore=NOT_COPIED)
        yield copy


def tried(copy: Path, mutant: Mutant, tests: Sequence[str], seconds: float) -> Found:
    """What these tests make of a mutant. One that takes too long may only hang: it is not counted as killed."""
    path = copy / mutant.module
    source = path.read_bytes()
    path.write_bytes(mutant.fault.applied(source))
    _forget(path)
    try:
        return run(copy, tests, seconds, until_red=True)
    finally:
        path.write_bytes(source)
        _forget(path)


def run(
    copy: Path, tests: Sequence[str], seconds: float, *, until_red: bool = False, reach: Path | None = None
) -> Found:
    """Run tests, to the first that is red, or noting in a file what each reaches.

    In a process group of its own, so that far ends of the tests end with them.
    """
    variables = os.environ | {"PYTHONPATH": "src", "LC_ALL": "C.UTF-8", "HYPOTHESIS_PROFILE": "mutants"}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [*PYTEST, "--timeout", "30", "-x"] if until_red else [*PYTEST, "--timeout", "120"]
    if reach is not None:
        command += ["-p", "tests.mutants.reach"]
        variables["PLIXA_REACH"] = str(reach)
    told = copy / "told.txt"
    with (
        told.open("w") as output,
        subprocess.Popen(
            [*command, *tests], cwd=copy, env=variables, start_new_session=True,
            stdout=output, stderr=subprocess.DEVNULL,
        ) as process,
    ):  # fmt: skip
        try:
            verdict: Verdict = "killed" if process.wait(seconds) else "survived"
        except subprocess.TimeoutExpired:
            verdict = "too slow"
        finally:
            if process.poll() is None:  # too slow, or the whole is interrupted
                _end(process)
    return Found(verdict, RED.findall(told.read_text(errors="replace")))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(SIGINT)
    try:
        process.wait(END_WITHIN)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, SIGKILL)


def _forget(path: Path) -> None:
    """What was compiled of a module: a fault as long as what was there, in the same second, would not be noticed."""
    Path(cache_from_source(str(path))).unlink(missing_ok=True)
