"""Texts of 65,536 characters of every nasty sort, thrown at whatever reads somebody's words, on the server and in the
browser.

Promise: no text takes the thread that everybody waits for longer than `LIMIT`, and none makes a reader raise. Every
pattern that our modules hold is tried by itself (`patterns.py` finds them), every reader as a whole (`readers.py`), and
so are the panel's and the simulator's scripts, in node (`scripts.py`). What is quadratic takes many times the limits.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tests.fault import scripts
from tests.fault.hostile import LENGTH, pumped, texts
from tests.fault.patterns import patterns
from tests.fault.readers import READERS
from tests.fault.report import Report
from tests.fault.stopwatch import seconds

LIMIT = 0.25
"""Seconds of the processor that a reader may take for one text."""
PER_CHARACTER = 4e-6
"""Seconds that a pattern may take for a character of its text."""
ELEMENTS = 1000
"""Of a page, that one message or row may take."""
WORST_SHOWN = 12


@dataclass
class Times:
    """The longest time of each, and what broke the promise."""

    limit: float = LIMIT
    worst: dict[str, tuple[float, str]] = field(default_factory=dict)
    breaches: list[str] = field(default_factory=list)

    def take(self, name: str, text: str, run: Callable[[], object]) -> None:
        """Run it; again where it took too long: the collector comes in between once, and what is slow is slow twice."""
        try:
            took = seconds(run, self.limit)
            if self.limit < took < float("inf"):
                took = min(took, seconds(run, self.limit))
        except Exception as error:  # noqa: BLE001  # whatever it raises is a breach
            self.breaches.append(f"{name}: {text}: raises {error!r:.200}")
            return
        self.add(name, text, took)

    def add(self, name: str, text: str, took: float) -> None:
        """It took so long."""
        self.worst[name] = max(self.worst.get(name, (0.0, "")), (took, text))
        if took > self.limit:
            self.breaches.append(f"{name}: {text}: {took * 1000:.0f} ms")

    def report(self, title: str) -> Report:
        """The slowest of them."""
        slowest = sorted(self.worst.items(), key=lambda each: each[1], reverse=True)[:WORST_SHOWN]
        figures = {name[:40]: f"{took * 1000:7.1f} ms  {text}" for name, (took, text) in slowest}
        return Report(f"{title}: {len(self.worst)}", figures, self.breaches)


def limit_of(length: int) -> float:
    """Seconds that a pattern may take for a text of this length."""
    return max(length * PER_CHARACTER, 0.02)


def sweep_patterns(length: int) -> Times:
    """Every pattern, on every text and on those that it should fear."""
    times, known = Times(limit_of(length)), texts(length)
    for found in patterns():
        for name, text in [*known.items(), *pumped(found.pattern, min(length, found.length))]:
            tried = found.text(text)
            for run in found.runs:
                times.take(found.name, name, lambda run=run, tried=tried: run(tried))
    return times


def sweep_readers(length: int, readers: Mapping[str, Callable[[str], object]] = READERS) -> Times:
    """Every reader, on every text."""
    times = Times()
    for name, reader in readers.items():
        for kind, text in texts(length).items():
            times.take(name, kind, lambda reader=reader, text=text: reader(text))
    return times


def sweep_scripts(length: int) -> Times:
    """Every pattern and function of the scripts that we serve."""
    times = Times()
    for spent in scripts.sweep(texts(length)):
        if spent.raised:
            times.breaches.append(f"{spent.name}: {spent.text}: raises {spent.raised}")
        if spent.elements > ELEMENTS:
            times.breaches.append(f"{spent.name}: makes {spent.elements} elements")
        times.add(spent.name, spent.text, spent.seconds)
    return times


def sweeps(length: int) -> Iterator[Report]:
    """All three."""
    yield sweep_patterns(length).report("patterns of our modules")
    yield sweep_readers(length).report("readers of somebody's words")
    yield sweep_scripts(length).report("patterns and functions of the scripts")


def main(length: int) -> bool:
    """Whether all is well."""
    shown = [report.show() for report in sweeps(length)]
    return all(shown)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.texts", description=__doc__)
    parser.add_argument("--length", type=int, default=LENGTH, help="characters of each text")
    sys.exit(0 if main(parser.parse_args().length) else 1)
