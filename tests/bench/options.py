"""How much is measured: a long form for numbers worth quoting, a short one that shows that everything works."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

PARTS = "abcdefghijkl"
USUAL = PARTS.removesuffix("l")
"""Without what is measured only when it is asked for."""


@dataclass(frozen=True)
class Scale:
    """The sizes of one run. Seconds are per round and contestant."""

    rounds: int
    seconds: float
    live_rounds: int
    live_seconds: float
    sockets: int
    big_conversations: int
    activations: int
    resident: int
    growth_rounds: int
    customers: int = 500
    connections: int = 64
    live_rate: float = 300.0
    latency_sockets: int = 50
    agents: int = 100
    events_each: int = 50
    walks: int = 2000
    archive: int = 100_000
    reads: int = 300
    workspaces: int = 50_000
    open_effects: int = 50_000
    due_timers: int = 100_000
    neighbour_seconds: float = 60.0
    neighbour_customers: int = 150
    neighbour_turns: int = 3
    agenda: int = 500
    most_processes: int = 4
    paced_seconds: float = 20.0


FULL = Scale(
    rounds=5,
    seconds=5.0,
    live_rounds=3,
    live_seconds=6.0,
    sockets=500,
    big_conversations=20_000,
    activations=10_000,
    resident=5_000,
    growth_rounds=3,
)
QUICK = Scale(
    rounds=1,
    seconds=1.0,
    live_rounds=1,
    live_seconds=1.0,
    sockets=100,
    big_conversations=400,
    activations=300,
    resident=300,
    growth_rounds=1,
    agents=10,
    customers=40,
    walks=100,
    archive=2_000,
    reads=10,
    workspaces=2_000,
    open_effects=1_000,
    due_timers=2_000,
    neighbour_seconds=3.0,
    neighbour_customers=10,
    neighbour_turns=1,
    agenda=20,
    most_processes=2,
    paced_seconds=2.0,
)


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    scale: Scale
    parts: str
    out: Path
    plot: bool


def parse(arguments: list[str]) -> Options:
    """Read the command line; exits with an explanation when it makes no sense."""
    parser = argparse.ArgumentParser("python -m tests.bench", description="Measures Plixa; see tests/bench/README.md.")
    parser.add_argument("--quick", action="store_true", help="the short form, for CI: no number worth quoting")
    parser.add_argument("--only", default=USUAL, help="some parts only, like a,c", metavar="PARTS")
    parser.add_argument("--out", default=Path("bench-out"), type=Path, help="where bench.json and bench.png go")
    given = parser.parse_args(arguments)
    parts = given.only.replace(",", "").replace(" ", "").lower()
    if unknown := sorted(set(parts) - set(PARTS)):
        parser.error(f"there is no part {', '.join(unknown)}; the parts are {', '.join(PARTS)}")
    return Options(QUICK if given.quick else FULL, parts, given.out, plot=not given.quick)
