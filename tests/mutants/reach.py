"""A pytest plugin: which functions of the project each test reaches, and how long it takes (`-p tests.mutants.reach`).

A line of JSON for each test that is green, appended to the file that `PLIXA_REACH` names. Functions are named as
`function_at` names them. What a test has other processes do is not seen.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from types import CodeType, FrameType

import pytest

LAYERS = ("engine", "actors", "storage", "http", "src/plixa")
ROOT = Path(__file__).resolve().parents[2]
_called: dict[int, CodeType] = {}


def _noted(frame: FrameType, _event: str, _argument: object) -> None:
    """For each call. By identity: the hash of a code object is that of all its constants."""
    code = frame.f_code
    if id(code) not in _called:
        _called[id(code)] = code


def _named(code: CodeType) -> str | None:
    """`engine/cell.py:Cell.run`; None for what is not the project's, and for what is no function of it."""
    path = Path(code.co_filename)
    if not path.is_relative_to(ROOT) or code.co_name == "<module>":
        return None
    module = str(path.relative_to(ROOT)).removeprefix("src/plixa/")
    return f"{module}:{code.co_qualname}" if not module.startswith("tests/") else None


class Recorder:
    """Notes what is called from a test's first fixture to its last."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._green = True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Write the test's line if all of it was green."""
        _called.clear()
        self._green, began = True, time.monotonic()
        result = yield
        if self._green:
            reached = sorted({name for code in list(_called.values()) if (name := _named(code)) is not None})
            line = {"test": item.nodeid, "seconds": round(time.monotonic() - began, 3), "reached": reached}
            with self._file.open("a") as file:
                file.write(json.dumps(line) + "\n")
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One part of the test is over."""
        self._green &= report.passed


def pytest_configure(config: pytest.Config) -> None:
    """From here on every call is noted."""
    config.pluginmanager.register(Recorder(Path(os.environ["PLIXA_REACH"])))
    sys.settrace(_noted)
    threading.settrace(_noted)
