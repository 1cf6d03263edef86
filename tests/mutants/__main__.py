"""`python -m tests.mutants --area engine --number 40 --seed 7`: the kill rate of each area, and who survived.
`--edges`: the chosen faults of `edges.py`, each of which must be killed.

The same seed draws the same faults from the same sources. What is known already is not tried again: verdicts are kept
in `mutants-out/` as they come, and a run that was interrupted goes on. Some survivors are no faults at all (what they
change cannot be told from outside): a person reads the list.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

from tests.mutants.areas import AREAS, Area
from tests.mutants.base import Test, base, chosen
from tests.mutants.edges import EDGES
from tests.mutants.faults import faults
from tests.mutants.trial import OUT, Mutant, Verdict, copy_of_the_project, tried

PATIENCE, STARTING = 4.0, 40.0
"""How many times longer than without a fault tests may take, and seconds for what comes before the first of them."""


def drawn(root: Path, area: Area, number: int, seed: int) -> list[Mutant]:
    """A sample of an area's faults, each of the same chance. A greater number holds the smaller sample first."""
    every = [
        Mutant(area, str(module.relative_to(root)), fault)
        for module in area.modules(root)
        for fault in faults(module.read_bytes())
    ]
    Random(f"{area.name} {seed}").shuffle(every)
    return every[:number]


def measured(copy: Path, mutants: Iterable[Mutant], record: Path, seconds: float, *, again: bool) -> Counter[Verdict]:
    """Try these; tells each one that lives as soon as it has. again: also those that lived the last time."""
    known = {key: verdict for key, verdict in _known(record).items() if verdict == "killed" or not again}
    verdicts = Counter[Verdict]()
    bases = dict[str, list[Test]]()
    for mutant in mutants:
        if mutant.key not in known:
            if mutant.area.name not in bases:
                bases[mutant.area.name] = base(copy, mutant.area.tests_in(copy))
            verdict, by = _verdict(copy, mutant, bases[mutant.area.name], seconds)
            known[mutant.key] = verdict
            with record.open("a") as file:
                file.write(json.dumps({"mutant": mutant.key, "verdict": verdict, "by": by}) + "\n")
            if verdict != "killed":
                print(f"  {verdict:9} {mutant}", flush=True)
        verdicts[known[mutant.key]] += 1
    return verdicts


def _verdict(copy: Path, mutant: Mutant, tests: list[Test], seconds: float) -> tuple[Verdict, str | None]:
    """And the test that killed it. A fault that no test reaches is left alive without any run."""
    some = chosen(copy, mutant, tests, seconds)
    if not some:
        return "unreached", None
    limit = STARTING + PATIENCE * sum(test.seconds for test in some)
    found = tried(copy, mutant, [test.id for test in some], limit)
    return found.verdict, next(iter(found.red), None)


def _known(record: Path) -> dict[str, Verdict]:
    if not record.exists():
        return {}
    return {line["mutant"]: line["verdict"] for line in map(json.loads, record.read_text().splitlines())}


def figure(name: str, verdicts: Counter[Verdict], seconds: float) -> str:
    """A line."""
    rate = 100 * verdicts["killed"] / max(1, verdicts.total())
    counts = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
    return f"{name}: {rate:.0f} % killed of {verdicts.total()} ({counts}) in {seconds:.0f} s"


def main() -> None:
    """Run by the options."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--area", choices=AREAS, action="append", help="again for several; all without it")
    parser.add_argument("--number", type=int, default=20, help="faults of each area")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--seconds", type=float, default=30.0, help="of tests for one fault, by what they took without it"
    )
    parser.add_argument("--again", action="store_true", help="try anew what lived the last time, when tests were added")
    parser.add_argument("--edges", action="store_true", help="those of edges.py instead of a sample")
    options = parser.parse_args()
    with copy_of_the_project() as copy:
        if options.edges:
            _told(copy, "edges", [edge.mutant(copy) for edge in EDGES if _asked(edge.area, options)], options)
            return
        for area in [each for each in AREAS.values() if _asked(each.name, options)]:
            _told(copy, f"{area.name}-{options.seed}", drawn(copy, area, options.number, options.seed), options)


def _asked(area: str, options: argparse.Namespace) -> bool:
    return not options.area or area in options.area


def _told(copy: Path, name: str, mutants: Sequence[Mutant], options: argparse.Namespace) -> None:
    print(name, flush=True)
    began = time.monotonic()
    verdicts = measured(copy, mutants, OUT / f"{name}.jsonl", options.seconds, again=options.again)
    print(figure(name, verdicts, time.monotonic() - began), flush=True)


if __name__ == "__main__":
    main()
