"""Part (e): the same again with ten times the conversations in use and ten times the log behind them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.bench.figures import Row, median, spread
from tests.bench.ingress import run_round, warm_up
from tests.bench.lab import Lab, say
from tests.bench.live import Push, latency, push_of
from tests.bench.rivals import Contestant
from tests.bench.site import Site

LEAST_NOISE = 0.10
"""A difference up to this is none. Where rounds of one size vary by more among themselves, that is the measure."""


@dataclass
class Size:
    """A site with its rounds, and how many customers write there."""

    customers: int
    contestant: Contestant
    push: Push
    rates: list[float] = field(default_factory=list[float])
    p99s: list[float] = field(default_factory=list[float])


def measure(lab: Lab) -> list[Row]:
    """Small and big in turn, round after round."""
    scale = lab.scale
    with ExitStack() as stack:
        small = _open(lab, stack, lab.small(), scale.customers)
        big = _open(lab, stack, lab.big(), 10 * scale.customers)
        for number in range(scale.growth_rounds):
            for size in (small, big):
                say(f"growth, round {number + 1} of {scale.growth_rounds}: {size.contestant.name}")
                size.rates.append(run_round(lab, size.contestant, size.customers).rate)
                size.p99s.append(latency(lab, size.push, size.customers).p99_ms)
    return [*_throughput(lab, small, big), *_latency(lab, small, big)]


def _open(lab: Lab, stack: ExitStack, site: Site, customers: int) -> Size:
    """Running, and with all the conversations that will be written in brought up from the log."""
    contestant = stack.enter_context(site.running(f"{customers} conversations"))
    warm_up(lab, contestant, customers)
    return Size(customers, contestant, push_of(site))


def _throughput(lab: Lab, small: Size, big: Size) -> Iterator[Row]:
    ratio = median(big.rates) / median(small.rates)
    noise = max(LEAST_NOISE, spread(small.rates), spread(big.rates))
    yield _row(f"durable messages, {_size(lab, small, 1)}", median(small.rates), "/s")
    aim = f"flat: {ratio:.2f} times, noise ±{noise:.0%}"
    yield _row(f"durable messages, {_size(lab, big, 10)}", median(big.rates), "/s", aim, ratio >= 1 - noise)


def _latency(lab: Lab, small: Size, big: Size) -> Iterator[Row]:
    ratio = median(big.p99s) / median(small.p99s)
    noise = max(LEAST_NOISE, spread(small.p99s), spread(big.p99s))
    yield _row(f"in to socket, p99, {_size(lab, small, 1)}", median(small.p99s), "ms")
    aim = f"flat: {ratio:.2f} times, noise ±{noise:.0%}"
    yield _row(f"in to socket, p99, {_size(lab, big, 10)}", median(big.p99s), "ms", aim, ratio <= 1 + noise)


def _size(lab: Lab, size: Size, times: int) -> str:
    events = lab.scale.big_conversations // 10 * times * lab.scale.events_each
    return f"{size.customers:,} conversations, log of {events:,}"


def _row(what: str, value: float, unit: str, aim: str = "", met: bool | None = None) -> Row:
    return Row(part="e", what=what, value=value, unit=unit, aim=aim, met=met)
