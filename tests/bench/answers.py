"""Part (f) again, with everything behind it: messages that a flow answers, from the webhook to the gateway.

Each customer writes once a round, so that each message is a burst of its own and has an answer of its own. The time is
from the first webhook to the last answer that reaches the gateway: four durable steps a message (it is received; the
flow answers; the answer is about to go out; it has gone out) and two HTTP requests. The gateway is a thread of this
process and takes its share of the machine.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from tests.bench.figures import Row, median, noise
from tests.bench.lab import Lab, say, seed
from tests.bench.load import Spec, run_load
from tests.bench.processes import Failed
from tests.bench.rivals import Contestant
from tests.bench.site import Site, site

LIMIT = 60.0
KEYWORD = "ref"  # stands in every text of the bench
GRAPH: Any = {
    "nodes": [
        {"id": "s", "type": "start", "data": {"trigger": "keyword", "keywords": [KEYWORD]}},
        {"id": "e", "type": "end", "data": {"text": "Thank you! We have received your message.", "resolve": False}},
    ],
    "edges": [{"id": "1", "source": "s", "target": "e"}],
}


def measure(lab: Lab) -> Iterator[Row]:
    """All rounds, on a site of their own: its settings would change what the others measure."""
    with site("plixa-flow", lab.folder, lab.gateway) as plixa, plixa.running("flow") as contestant:
        run(lab, contestant)  # the conversations begin
        switch_on(plixa)
        rates: list[float] = []
        before, spent = lab.gateway.sent, cpu(contestant)
        for number in range(lab.scale.rounds):
            say(f"messages that a flow answers, round {number + 1} of {lab.scale.rounds}")
            rates.append(answered(lab, contestant))
        took = (cpu(contestant) - spent) * 1000 / (lab.gateway.sent - before)
    yield Row(
        part="f",
        what="messages that a flow answers, to the gateway",
        value=median(rates),
        unit="/s",
        note=f"{took:.2f} ms of CPU each, Postgres included{noise(rates)}",
        rounds=rates,
        more={"cpu_ms": took},
    )


def switch_on(plixa: Site) -> None:
    """A flow answers every message, at once."""
    plixa.call("PUT", "/v1/inbox-config", {"quiet_seconds": 0})
    flow = plixa.call("POST", "/v1/flows", {"name": "Answer", "draft_definition": GRAPH})
    plixa.call("POST", f"/v1/flows/{flow['id']}/publish")
    plixa.call("POST", f"/v1/flows/{flow['id']}/toggle", {"enabled": True})


def answered(lab: Lab, contestant: Contestant) -> float:
    """Messages a second, until the last one is answered. Raises `Failed`."""
    wanted = lab.gateway.sent + lab.scale.customers
    began = run(lab, contestant)
    deadline = time.monotonic() + LIMIT
    while lab.gateway.sent < wanted:
        if time.monotonic() > deadline:
            raise Failed(f"{wanted - lab.gateway.sent} of {lab.scale.customers} messages were not answered")
        time.sleep(0.005)
    return lab.scale.customers / (lab.gateway.sent_at - began)


def run(lab: Lab, contestant: Contestant) -> float:
    """Each customer writes once; returns when that began."""
    spec = Spec(
        target=contestant.target,
        seconds=LIMIT,
        seed=seed(),
        connections=lab.scale.connections,
        customers=lab.scale.customers,
        at_most=lab.scale.customers,
    )
    return run_load(spec).began


def cpu(contestant: Contestant) -> float:
    """Seconds of the server and of its Postgres."""
    return contestant.cpu() + (contestant.postgres() if contestant.postgres is not None else 0.0)
