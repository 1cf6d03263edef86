"""`python -m tests.bench`: run the parts, print the table, write `bench.json` and `bench.png`."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict

from tests.bench import (
    agenda,
    answers,
    automation,
    deliveries,
    growth,
    history,
    ingress,
    live,
    machine,
    neighbours,
    office,
    plot,
    reads,
    report,
    several,
    sight,
)
from tests.bench.figures import Row
from tests.bench.lab import Lab, open_lab
from tests.bench.options import Options, parse
from tests.bench.processes import Failed


def main() -> None:
    """Exits with 1 if something could not be run; an aim that is not met is a result, not an error."""
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: terminated"))  # through all contexts, so that they close
    try:
        with open_lab(options.scale) as lab:
            rows = list(_measure(lab, options.parts))
    except Failed as error:
        sys.exit(f"bench: {error}")
    described = machine.describe()
    print(report.table(described, rows))
    report.store(options.out / "bench.json", described, asdict(options.scale), rows)
    if options.plot:
        _draw(options, described, rows)


def _measure(lab: Lab, parts: str) -> Iterator[Row]:
    if "a" in parts or "b" in parts:
        yield from ingress.measure(lab, parts)
    if "c" in parts:
        yield from live.measure(lab)
        yield from sight.measure(lab)
    if "d" in parts:
        yield from history.measure(lab)
    if "e" in parts:
        yield from growth.measure(lab)
    if "f" in parts:
        yield from automation.measure(lab.scale.walks)
        yield from answers.measure(lab)
    if "g" in parts:
        yield from reads.measure(lab)
    if "h" in parts:
        yield from neighbours.measure(lab)
    if "i" in parts:
        yield from deliveries.measure(lab)
    if "j" in parts:
        yield from office.measure(lab)
    if "k" in parts:
        yield from agenda.measure(lab)
    if "l" in parts:
        yield from several.measure(lab)


def _draw(options: Options, described: dict[str, str], rows: list[Row]) -> None:
    try:
        plot.draw(options.out / "bench.png", described, rows)
    except plot.NoMatplotlib as error:
        print(f"no bench.png: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
