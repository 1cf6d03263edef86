"""Parts (a) and (b): durable messages a second, and what one costs in processor time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.bench.figures import Row, median, noise
from tests.bench.lab import Lab, say, seed
from tests.bench.load import NO_END, Result, Spec, run_load
from tests.bench.rivals import Contestant, conventional, echo

PLIXA, ASGI, QUART = "Plixa", "bare ASGI echo", "bare quart-trio echo"
STOCK = "bare ASGI echo on stock Hypercorn"
RIVAL, UNORDERED = "conventional service", "the same without counter"
OF_STOCK = 1.5
OF_ALL_CPU, OF_POSTGRES_CPU = 0.8, 0.2
WARM_UP_LIMIT = 60.0
SETTLE = 1.0


@dataclass
class Runs:
    """One contestant's rounds. Processor time is in seconds over all of them, background work in between included."""

    contestant: Contestant
    results: list[Result] = field(default_factory=list[Result])
    app: float = 0.0
    postgres: float = 0.0

    def read_meters(self, sign: int) -> None:
        """With -1 before the rounds, with +1 after them."""
        self.app += sign * self.contestant.cpu()
        if self.contestant.postgres is not None:
            self.postgres += sign * self.contestant.postgres()

    @property
    def rates(self) -> list[float]:
        """Messages a second, round by round."""
        return [each.rate for each in self.results]

    @property
    def rate(self) -> float:
        """Messages a second, in the median round."""
        return median(self.rates)

    @property
    def costs(self) -> tuple[float, float]:
        """Milliseconds of processor time a message: the application's, and Postgres'."""
        messages = sum(each.accepted for each in self.results)
        return self.app * 1e3 / messages, self.postgres * 1e3 / messages


def measure(lab: Lab, parts: str) -> list[Row]:
    """Run all contestants in turn, round after round."""
    with ExitStack() as stack:
        runs = [Runs(each) for each in _open(lab, stack)]
        for each in runs:
            warm_up(lab, each.contestant, lab.scale.customers)
            each.read_meters(-1)
        for number in range(lab.scale.rounds):
            for each in runs:
                say(f"messages, round {number + 1} of {lab.scale.rounds}: {each.contestant.name}")
                each.results.append(run_round(lab, each.contestant, lab.scale.customers))
        time.sleep(SETTLE)
        for each in runs:
            each.read_meters(+1)
    by_name = {each.contestant.name: each for each in runs}
    return [*(_rates(by_name) if "a" in parts else ()), *(_costs(by_name) if "b" in parts else ())]


def _open(lab: Lab, stack: ExitStack) -> Sequence[Contestant]:
    return [
        stack.enter_context(lab.usual().running(PLIXA)),
        stack.enter_context(echo("stock", STOCK, lab.folder)),
        stack.enter_context(echo("asgi", ASGI, lab.folder)),
        stack.enter_context(echo("quart", QUART, lab.folder)),
        stack.enter_context(conventional(RIVAL, lab.folder, positions="counter", pool=4)),
        stack.enter_context(conventional(UNORDERED, lab.folder, positions="sequence", pool=8)),
    ]


def warm_up(lab: Lab, contestant: Contestant, customers: int) -> None:
    """Two messages of every customer, so that all conversations exist and are in whatever cache there is."""
    run_load(_spec(lab, contestant, customers, seconds=WARM_UP_LIMIT, at_most=2 * customers))


def run_round(lab: Lab, contestant: Contestant, customers: int) -> Result:
    """As many messages as it takes, for one round's time."""
    return run_load(_spec(lab, contestant, customers, seconds=lab.scale.seconds))


def _spec(lab: Lab, contestant: Contestant, customers: int, *, seconds: float, at_most: int = NO_END) -> Spec:
    return Spec(
        target=contestant.target,
        seconds=seconds,
        seed=seed(),
        connections=lab.scale.connections,
        customers=customers,
        at_most=at_most,
    )


def _rates(runs: Mapping[str, Runs]) -> Iterator[Row]:
    share = runs[PLIXA].rate / runs[STOCK].rate
    for name, each in runs.items():
        own = name == PLIXA
        p50, p99 = (median([getattr(result, key) for result in each.results]) for key in ("p50_ms", "p99_ms"))
        yield Row(
            part="a",
            what=f"{name}, {'durable messages' if own or 'echo' not in name else 'requests'}",
            value=each.rate,
            unit="/s",
            aim=f"at least {OF_STOCK} of bare ASGI on stock Hypercorn: {share:.2f}" if own else "",
            met=share >= OF_STOCK if own else None,
            note=f"p50 {p50:.0f} ms, p99 {p99:.0f} ms{noise(each.rates)}",
            rounds=each.rates,
            more={"p50_ms": p50, "p99_ms": p99, **_aside(each.results)},
        )


def _aside(results: Sequence[Result]) -> dict[str, float]:
    """How many messages were refused, and how much of a core the generator itself took."""
    refused = sum(sum(each.refused.values()) for each in results)
    share = median([each.cpu / (each.ended - each.began) for each in results])
    return {"refused": refused, "generator_core_share": share}


def _costs(runs: Mapping[str, Runs]) -> Iterator[Row]:
    own, rival = runs[PLIXA].costs, runs[RIVAL].costs
    in_all, in_postgres = sum(own) / sum(rival), own[1] / rival[1]
    aim = f"at most {OF_ALL_CPU} of conventional: {in_all:.2f}"
    yield _cost(f"{PLIXA}, in all", sum(own), aim, in_all <= OF_ALL_CPU)
    yield _cost(f"{PLIXA}, application", own[0])
    aim = f"at most {OF_POSTGRES_CPU} of conventional: {in_postgres:.2f}"
    yield _cost(f"{PLIXA}, Postgres", own[1], aim, in_postgres <= OF_POSTGRES_CPU)
    for name in (STOCK, ASGI, QUART):
        yield _cost(name, runs[name].costs[0])
    for name in (RIVAL, UNORDERED):
        app, postgres = runs[name].costs
        yield _cost(f"{name}, in all", app + postgres)
        yield _cost(f"{name}, application", app)
        yield _cost(f"{name}, Postgres", postgres)


def _cost(what: str, value: float, aim: str = "", met: bool | None = None) -> Row:
    return Row(part="b", what=what, value=value, unit="ms CPU/message", aim=aim, met=met)
