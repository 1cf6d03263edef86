"""Part (l): what a message costs in one process and in several, and the most that they take.

Eight workspaces write at once, each by a generator of its own, on connections that any of the processes may have taken:
with N of them (N-1)/N of the messages are carried.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from tests.bench.enrol import enrol
from tests.bench.figures import Row, median
from tests.bench.lab import Lab, say, seed
from tests.bench.load import Result, Spec, Target
from tests.bench.processes import cpu_seconds, finish, start_module
from tests.bench.site import Site, site

WORKSPACES, RATE = 8, 300.0
CONNECTIONS, CUSTOMERS = 8, 20
STEP, MORE, CARRIED = 1.25, 1.4, 3.0
SETTLE, SETTLED_IN = 1.0, 5.0


@dataclass(frozen=True)
class Run:
    """Some seconds of all generators. Processor time in seconds."""

    results: list[Result]
    app: float
    postgres: float

    @property
    def seconds(self) -> float:
        """From the first to the last."""
        return max(each.ended for each in self.results) - min(each.began for each in self.results)

    @property
    def accepted(self) -> int:
        """Messages answered 200."""
        return sum(each.accepted for each in self.results)

    @property
    def refused(self) -> int:
        """Others."""
        return sum(sum(each.refused.values()) for each in self.results)

    @property
    def rate(self) -> float:
        """Messages a second."""
        return sum(each.rate for each in self.results)

    @property
    def cost(self) -> float:
        """Milliseconds of the application's processor time a message."""
        return self.app * 1e3 / max(1, self.accepted)


def measure(lab: Lab) -> Iterator[Row]:
    """One installation, served by one process and then by more."""
    with site("plixa-several", lab.folder, lab.gateway) as plixa:
        targets = _enrolled(lab, plixa)
        costs, p50s, rates = dict[int, float](), dict[int, float](), dict[int, float]()
        fastest = Run([], 0, 0)
        for number in range(1, lab.scale.most_processes + 1):
            with plixa.serving(number) as pid:
                time.sleep(SETTLED_IN if number > 1 else 0)
                _run(plixa, pid, targets, lab.scale.seconds, RATE)  # whoever is asked first takes the workspaces
                say(f"{number} processes, {RATE:.0f} messages a second for {lab.scale.paced_seconds:.0f} s")
                paced = _run(plixa, pid, targets, lab.scale.paced_seconds, RATE)
                costs[number], p50s[number] = paced.cost, median([each.p50_ms for each in paced.results])
                yield _cost(number, paced, costs, p50s)
                if number <= 2:
                    fastest = _run(plixa, pid, targets, lab.scale.seconds, 0)
                    rates[number] = fastest.rate
        yield _most(rates, fastest)


def _enrolled(lab: Lab, plixa: Site) -> list[Target]:
    with plixa.serving():
        more = [enrol(plixa.port, lab.gateway, f"bench{n}@plixa.example") for n in range(1, WORKSPACES)]
    return [plixa.enrolled.webhook, *(each.webhook for each in more)]


def _run(plixa: Site, pid: int, targets: list[Target], seconds: float, rate: float) -> Run:
    app, postgres = cpu_seconds(pid), plixa.database.cpu()
    started = [start_module("load", msgspec.json.encode(_spec(each, seconds, rate))) for each in targets]
    results = [msgspec.json.decode(finish(each), type=Result) for each in started]
    time.sleep(SETTLE)
    return Run(results, cpu_seconds(pid) - app, plixa.database.cpu() - postgres)


def _spec(target: Target, seconds: float, rate: float) -> Spec:
    return Spec(
        target=target,
        seconds=seconds,
        seed=seed(),
        connections=CONNECTIONS,
        customers=CUSTOMERS,
        rate=rate / WORKSPACES,
    )


def _cost(number: int, run: Run, costs: dict[int, float], p50s: dict[int, float]) -> Row:
    share, later = run.cost / costs[1], p50s[number] - p50s[1]
    return Row(
        part="l",
        what=f"{number} process{'es' if number > 1 else ''} at {RATE:.0f}/s, application with nats-server",
        value=run.cost,
        unit="ms CPU/message",
        aim=f"at most {STEP}x of one, p50 at most {CARRIED:g} ms later" if number > 1 else "",
        met=(share <= STEP and later <= CARRIED) if number > 1 else None,
        note=f"{share:.2f}x of one; p50 {p50s[number]:.1f} ms; {run.refused} refused",
        more={"share": share, "p50_ms": p50s[number], "postgres_ms": run.postgres * 1e3 / max(1, run.accepted)},
    )


def _most(rates: dict[int, float], run: Run) -> Row:
    more = rates[2] / rates[1]
    shares = {
        "application": run.app / run.seconds,
        "postgres": run.postgres / run.seconds,
        "generators": sum(each.cpu for each in run.results) / run.seconds,
    }
    return Row(
        part="l",
        what="2 processes, durable messages, generators beside them",
        value=rates[2],
        unit="/s",
        aim=f"at least {MORE}x of one",
        met=more >= MORE,
        note=f"{more:.2f}x of one ({rates[1]:.0f}/s); cores: "
        + ", ".join(f"{name} {share:.2f}" for name, share in shares.items()),
        more={"one": rates[1], **shares},
    )
