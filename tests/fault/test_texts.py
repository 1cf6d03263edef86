"""The short form of `texts`, and that it finds what it is there for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.fault import scripts
from tests.fault.hostile import LENGTH, pumped, texts
from tests.fault.patterns import BOUNDS, patterns
from tests.fault.texts import LIMIT, Times, limit_of, sweep_patterns, sweep_readers, sweep_scripts

SHORT = 8192
"""A reader has bounds of its own: a longer text is none for it. Of a pattern's time the square must show."""
CARELESS = [
    r"\s*(?:\[\.\]|[。｡․])\s*",  # blanks that no dot follows
    r"(?m)^\s*\d{1,2}\s?[.)-]\s",  # empty lines that no number follows
    r"</?\s*system\b[^>\n]*>",  # tags that nothing closes
    r"[+()\d\s./-]*\d[+()\d\s./-]*",  # either part takes the digits
    r"\b[a-z][a-z0-9+.-]*://",  # a scheme may begin at each point of another
    r"(?:[a-z]+,?)+;",
]


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_every_pattern_takes_time_in_proportion_to_the_text() -> None:
    assert sweep_patterns(2 * SHORT).breaches == []


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_no_text_keeps_a_reader_busy_or_makes_it_raise() -> None:
    assert sweep_readers(SHORT).breaches == []


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_no_text_keeps_a_browser_busy() -> None:
    assert sweep_scripts(SHORT).breaches == []


@pytest.mark.parametrize("source", CARELESS)
def test_a_careless_pattern_is_found(source: str) -> None:
    pattern, times = re.compile(source), Times(limit_of(2 * SHORT))
    for name, text in [*texts(2 * SHORT).items(), *pumped(pattern, 2 * SHORT)]:
        for run in (pattern.search, pattern.fullmatch):
            times.take(source, name, lambda run=run, text=text: run(text))
            if times.breaches:
                return
    pytest.fail("It went unnoticed.")


def test_a_reader_that_raises_is_found() -> None:
    times = sweep_readers(64, {"a number": lambda text: int(text) if text.isdigit() else 0})
    assert [breach for breach in times.breaches if "circled digits" in breach]


def test_the_patterns_of_a_module_are_found_wherever_they_stand() -> None:
    names = {found.name for found in patterns()}
    assert {"actors.ai.text._DOT", "actors.ai.guard.INJECTIONS", "actors.ai.facts._READERS"} <= names
    assert any(name.startswith("actors/fields.py:") for name in names)
    assert set(BOUNDS) <= names


def test_a_careless_script_is_found(tmp_path: Path) -> None:
    script = tmp_path / "trim.js"
    script.write_text(
        'export const trimmed = (text) => text.replace(/\\s+$/, "");\nexport const half = (text) => text / 2 / 1;'
    )
    blanks = {"blanks, then a letter": " " * (LENGTH // 2) + "x"}
    spent = {each.name: each for each in scripts.sweep(blanks, {"mine": tmp_path})}
    assert spent["mine/trim.js /\\s+$/"].seconds > LIMIT
    assert spent["mine/trim.js trimmed(text)"].seconds > LIMIT
    assert spent["mine/trim.js half(text)"].seconds < LIMIT
