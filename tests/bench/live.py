"""Part (c): from a customer's message to the sockets of those who answer it, and how much of that there can be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.bench.figures import Row, median, noise
from tests.bench.ingress import PLIXA
from tests.bench.lab import Lab, say, seed
from tests.bench.load import NO_END, Result as Sent, Spec as Load, Target, run_load
from tests.bench.node import NoNode, node
from tests.bench.site import Site
from tests.bench.sockets import Reader, Result as Read, Spec as Sockets

NODE = "Node ws"
SUBSCRIBE = '{"op":"subscribe"}'
P99_MS = 50.0
WARM_UP_MESSAGES = 500


@dataclass
class Push:
    """One server's rounds: where messages go in, where sockets read, and what came of it."""

    name: str
    entrance: Target
    sockets: Target
    greeting: str | None
    latencies: list[Read] = field(default_factory=list[Read])
    floods: list[tuple[Sent, Read]] = field(default_factory=list[tuple[Sent, Read]])

    @property
    def throughputs(self) -> list[float]:
        """Events a second over all sockets, round by round: up to the moment when the last socket had the last one."""
        return [read.events / (read.last_at - sent.began) for sent, read in self.floods]


def measure(lab: Lab) -> list[Row]:
    """Both servers in turn, round after round."""
    scale, missing = lab.scale, ""
    with ExitStack() as stack:
        pushes = [_own(lab, stack)]
        try:
            target = stack.enter_context(node(lab.folder))
            pushes.append(Push(NODE, target, target, None))
        except NoNode as error:
            missing = str(error)
        for push in pushes:
            run_load(_load(lab, push, seconds=30.0, at_most=WARM_UP_MESSAGES))
        for number in range(scale.live_rounds):
            for push in pushes:
                say(f"sockets, round {number + 1} of {scale.live_rounds}: {push.name}")
                push.latencies.append(latency(lab, push))
                push.floods.append(_flood(lab, push))
    return [*_latency_rows(lab, pushes), *_throughput_rows(lab, pushes, missing)]


def _own(lab: Lab, stack: ExitStack) -> Push:
    site = lab.usual()
    stack.enter_context(site.serving())
    return push_of(site)


def push_of(site: Site) -> Push:
    """Plixa's live push."""
    return Push(PLIXA, site.enrolled.webhook, site.enrolled.inbox, SUBSCRIBE)


def latency(lab: Lab, push: Push, customers: int | None = None) -> Read:
    """A steady trickle of messages, and how old each is when it reaches each socket."""
    scale = lab.scale
    load = _load(lab, push, seconds=scale.live_seconds, rate=scale.live_rate, customers=customers)
    sockets = Sockets(target=push.sockets, sockets=scale.latency_sockets, greeting=push.greeting, aged=True)
    _, read = _both(sockets, load)
    return read


def _flood(lab: Lab, push: Push) -> tuple[Sent, Read]:
    """As many messages as the server takes while it passes each on to every socket."""
    load = _load(lab, push, seconds=lab.scale.live_seconds)
    sockets = Sockets(target=push.sockets, sockets=lab.scale.sockets, greeting=push.greeting)
    return _both(sockets, load)


def _load(
    lab: Lab, push: Push, *, seconds: float, rate: float = 0.0, customers: int | None = None, at_most: int = NO_END
) -> Load:
    return Load(
        target=push.entrance,
        seconds=seconds,
        seed=seed(),
        connections=lab.scale.connections,
        customers=customers or lab.scale.customers,
        rate=rate,
        at_most=at_most,
    )


def _both(sockets: Sockets, load: Load) -> tuple[Sent, Read]:
    reader = Reader(sockets)
    try:
        sent = run_load(load)
        return sent, reader.result(sent.accepted)
    finally:
        reader.stop()


def _latency_rows(lab: Lab, pushes: list[Push]) -> Iterator[Row]:
    scale = lab.scale
    for push in pushes:
        p50, p99 = (median([getattr(read, key) for read in push.latencies]) for key in ("p50_ms", "p99_ms"))
        own = push.name == PLIXA
        yield Row(
            part="c",
            what=f"{push.name}, in to socket, p99 ({scale.latency_sockets} sockets, {scale.live_rate:.0f} messages/s)",
            value=p99,
            unit="ms",
            aim=f"below {P99_MS:.0f} ms" if own else "",
            met=p99 < P99_MS if own else None,
            note=f"p50 {p50:.1f} ms{'' if own else '; nothing is stored'}",
            rounds=[read.p99_ms for read in push.latencies],
            more={"p50_ms": p50, "p99_ms": p99},
        )


def _throughput_rows(lab: Lab, pushes: list[Push], missing: str) -> Iterator[Row]:
    what = f"events delivered to {lab.scale.sockets} sockets"
    rates = {push.name: median(push.throughputs) for push in pushes}
    for push in pushes:
        own = push.name == PLIXA
        messages = median([sent.rate for sent, _ in push.floods])
        late = sum(lab.scale.sockets - read.complete for _, read in push.floods)
        yield Row(
            part="c",
            what=f"{push.name}, {what}",
            value=rates[push.name],
            unit="/s",
            aim="at least Node's" if own and not missing else "",
            met=rates[PLIXA] >= rates[NODE] if own and not missing else None,
            note=f"from {messages:.0f} messages/s{noise(push.throughputs)}{_incomplete(late)}",
            rounds=push.throughputs,
            more={"messages_per_second": messages, "incomplete_sockets": late, "reader_core_share": _share(push)},
        )
    if missing:
        yield Row(part="c", what=f"{NODE}, {what}", value=None, unit="/s", note=f"not measured: {missing}")


def _share(push: Push) -> float:
    """How much of a core the reading process itself took."""
    return median([read.cpu / (read.last_at - sent.began) for sent, read in push.floods])


def _incomplete(sockets: int) -> str:
    return f"; {sockets} sockets did not get everything" if sockets else ""
