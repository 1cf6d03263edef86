"""`python -m tests.mutants --area engine --number 40 --seed 7`: the kill rate of each area, and who survived.

The same seed draws the same faults from the same sources. Some survivors are no faults at all (what they change
cannot be told from outside): a person reads the list.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path
from random import Random

from tests.mutants.areas import AREAS, Area
from tests.mutants.faults import faults
from tests.mutants.trial import ROOT, Mutant, Verdict, copy_of_the_project, passes, tried


def drawn(area: Area, number: int, seed: int) -> list[Mutant]:
    """A sample of an area's faults, each of the same chance."""
    every = [
        Mutant(area, str(module.relative_to(ROOT)), fault)
        for module in area.modules(ROOT)
        for fault in faults(module.read_bytes())
    ]
    return Random(f"{area.name} {seed}").sample(every, min(number, len(every)))


def measured(copy: Path, area: Area, options: argparse.Namespace) -> Counter[Verdict]:
    """Try an area's sample; tells each one that lives as soon as it has."""
    if not passes(copy, area, options.seconds * 4):
        raise SystemExit(f"The tests of {area.name} are not green as they are.")
    verdicts = Counter[Verdict]()
    for mutant in drawn(area, options.number, options.seed):
        verdict = tried(copy, mutant, options.seconds)
        verdicts[verdict] += 1
        if verdict != "killed":
            print(f"  {verdict:9} {mutant.module}:{mutant.fault}", flush=True)
    return verdicts


def figure(area: Area, verdicts: Counter[Verdict], seconds: float) -> str:
    """An area's line."""
    rate = 100 * verdicts["killed"] / max(1, verdicts.total())
    counts = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
    return f"{area.name}: {rate:.0f} % killed of {verdicts.total()} ({counts}) in {seconds:.0f} s"


def main() -> None:
    """Run by the options."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--area", choices=AREAS, action="append", help="again for several; all without it")
    parser.add_argument("--number", type=int, default=20, help="faults of each area")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=240.0, help="for the tests of one fault")
    options = parser.parse_args()
    with copy_of_the_project() as copy:
        for area in [AREAS[name] for name in options.area or AREAS]:
            print(f"{area.name}, seed {options.seed}", flush=True)
            began = time.monotonic()
            print(figure(area, measured(copy, area, options), time.monotonic() - began), flush=True)


if __name__ == "__main__":
    main()
