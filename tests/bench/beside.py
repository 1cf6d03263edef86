"""`python -m tests.bench.beside REVISION`: part (f), a message that a flow answers, at HEAD and at another revision.

Both are installations of their own on this machine at the same time, and take turns within one run, so that what the
machine does beside them falls on both. A round is one burst of every customer on one of them, until the last answer has
gone out and is booked. Told are CPU (with Postgres), events of the conversations' logs, and their ratios; and CPU less
what the installation takes while nothing happens, which on a busy machine is a good part of a long round.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncpg

from tests.bench import answers
from tests.bench.figures import median, spread
from tests.bench.lab import Lab, open_lab, say
from tests.bench.options import FULL
from tests.bench.processes import Failed
from tests.bench.rivals import Contestant
from tests.bench.site import Site, site
from tests.fault.rolling import tree_of

LIMIT = 30.0
IDLE = 10.0
EVENTS = "select count(*) from events where stream like 'conversation-%'"
OPEN = "select count(*) from outbox where state in ('queued', 'attempting', 'unknown')"


@dataclass
class Side:
    """One of the two. cpu, net: ms a message of each round, and less `idle`, which is seconds a second; events: a
    message of each round."""

    name: str
    site: Site
    contestant: Contestant
    idle: float = 0.0
    cpu: list[float] = field(default_factory=list[float])
    net: list[float] = field(default_factory=list[float])
    events: list[float] = field(default_factory=list[float])


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser("python -m tests.bench.beside", description=__doc__)
    parser.add_argument("revision", help="of this checkout's history")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--customers", type=int, default=FULL.customers)
    given = parser.parse_args()
    with (
        open_lab(replace(FULL, customers=given.customers)) as lab,
        tree_of(given.revision) as before,
        tree_of("HEAD") as after,  # and not this folder, in which somebody may be at work
    ):
        for line in compare(lab, {given.revision: before, "HEAD": after}, given.rounds):
            print(line)


def compare(lab: Lab, trees: dict[str, Path], rounds: int) -> Iterator[str]:
    """Lines of what was found; the last tree is held against the first."""
    with ExitStack() as stack:
        sides = [stack.enter_context(_side(lab, name, tree)) for name, tree in trees.items()]
        for number in range(rounds):
            for side in sides if number % 2 == 0 else reversed(sides):
                say(f"round {number + 1} of {rounds}, {side.name}")
                _round(lab, side)
        for side in sides:
            rates = f"{median(side.cpu):.2f} ms of CPU a message (±{spread(side.cpu):.0%}), {median(side.net):.2f} net"
            yield f"{side.name}: {rates}, {median(side.events):.2f} events; {side.idle:.1%} of a processor idle"
        before, after = sides[0], sides[-1]
        yield f"CPU {median(after.cpu) / median(before.cpu):.2f} times, of each round {_ratios(before.cpu, after.cpu)}"
        yield f"CPU, net, {median(after.net) / median(before.net):.2f} times, {_ratios(before.net, after.net)}"
        yield f"events {median(after.events) / median(before.events):.2f} times"


def _ratios(before: list[float], after: list[float]) -> str:
    return ", ".join(f"{new / old:.2f}" for old, new in zip(before, after, strict=True))


@contextmanager
def _side(lab: Lab, name: str, tree: Path) -> Iterator[Side]:
    path = {"PYTHONPATH": str(tree / "src")}
    with site(f"plixa-{name}", lab.folder, lab.gateway, **path) as made, made.running(name) as contestant:
        answers.run(lab, contestant)  # the conversations begin
        answers.switch_on(made)
        side = Side(name, made, contestant)
        _round(lab, side)  # and are warm
        side.cpu.clear()
        side.net.clear()
        side.events.clear()
        side.idle = _idle(contestant)
        yield side


def _idle(contestant: Contestant) -> float:
    began = answers.cpu(contestant)
    time.sleep(IDLE)
    return (answers.cpu(contestant) - began) / IDLE


def _round(lab: Lab, side: Side) -> None:
    events, cpu, began = _count(side, EVENTS), answers.cpu(side.contestant), time.monotonic()
    answers.answered(lab, side.contestant)
    _await_quiet(side)
    customers = lab.scale.customers
    spent, took = answers.cpu(side.contestant) - cpu, time.monotonic() - began
    side.cpu.append(spent * 1000 / customers)
    side.net.append((spent - took * side.idle) * 1000 / customers)
    side.events.append((_count(side, EVENTS) - events) / customers)


def _await_quiet(side: Side) -> None:
    """Until what went out is booked. Raises `Failed`."""
    deadline = time.monotonic() + LIMIT
    while _count(side, OPEN):
        if time.monotonic() > deadline:
            raise Failed(f"{side.name} does not come to rest")
        time.sleep(0.1)


def _count(side: Side, query: str) -> int:
    async def ask() -> Any:
        connection = await asyncpg.connect(side.site.database.url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return int(asyncio.run(ask()))


if __name__ == "__main__":
    main()
