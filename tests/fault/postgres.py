"""Kills the database under load: `python -m tests.fault.postgres --rounds 10`.

The postmaster and all its children get SIGKILL at random moments and stay away for up to two seconds (one round in
three is longer, up to eight). The server is never touched: it must come back by itself. Every promise is checked after.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

import trio

from tests.fault.checks import broken_promises
from tests.fault.crash import FAILING_GATEWAY, Plan, report, under_load
from tests.fault.report import Report
from tests.fault.rig import Rig, open_rig
from tests.harness import Json, answering

BACK_WITHIN = 15.0


class Outages:
    """Breaks the database and measures how long the server takes to work again once it is back."""

    def __init__(self) -> None:
        self.kills = 0
        self.slowest = 0.0

    async def strike(self, rig: Rig) -> None:
        """SIGKILL Postgres, start it again later, and wait for the server. Raises RuntimeError if it is gone."""
        await trio.to_thread.run_sync(rig.postgres.kill)
        self.kills += 1
        await trio.sleep(random.uniform(2, 8) if self.kills % 3 == 0 else random.uniform(0, 2))
        await trio.to_thread.run_sync(rig.postgres.start)
        began = time.monotonic()
        await answering(f"{rig.url}/readyz", rig.server, BACK_WITHIN)
        self.slowest = max(self.slowest, time.monotonic() - began)


async def outage(plan: Plan, faults: Json) -> Report:
    """Run the rounds and check; the report says what was found."""
    outages = Outages()
    async with open_rig() as rig:
        load, evidence = await under_load(rig, plan, faults, outages.strike)
        shown = report("Postgres killed" + (", gateway failing" if faults else ""), rig, plan, load, evidence)
    figures = {**shown.figures, "slowest recovery after Postgres, seconds": outages.slowest}
    return Report(shown.title, figures, broken_promises(evidence))


async def main(rounds: int) -> bool:
    """Both forms; whether all is well."""
    well = [(await outage(Plan(rounds), faults)).show() for faults in ({}, FAILING_GATEWAY)]
    return all(well)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.postgres", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="how often Postgres is killed, in each of two runs")
    sys.exit(0 if trio.run(main, parser.parse_args().rounds) else 1)
