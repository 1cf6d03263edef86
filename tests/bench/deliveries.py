"""Part (i): what it costs to tell ten endpoints of what happens, beside a loop that only posts.

The same messages are taken once with no endpoint and once with ten that answer at once; the difference in processor
time, Postgres included, is what the deliveries cost: read from the log, queued, sealed, signed, sent, booked. The plain
loop posts a body of the same size with httpx to the same receiver: no queue, no signature, nothing written down.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import trio

from plixa.http.clients.tls import trusted
from tests.bench.figures import Row
from tests.bench.lab import Lab, say, seed
from tests.bench.load import Spec, run_load
from tests.bench.processes import Failed
from tests.bench.rivals import Contestant
from tests.bench.site import Site

ENDPOINTS, RATE, LIMIT = 10, 20.0, 90.0


class Receiver(ThreadingHTTPServer):
    """Takes everything. body: the last one; taken: how many there were."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.taken = 0
        self.body = b""
        self._counting = threading.Lock()

    def take(self, body: bytes) -> None:
        """One more."""
        with self._counting:
            self.taken += 1
            self.body = body


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        """Take it."""
        self.server.take(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def measure(lab: Lab) -> Iterator[Row]:
    """On the usual site, once with endpoints and once without."""
    plixa = lab.usual()
    with receiver() as theirs, plixa.running("deliveries") as contestant:
        _run(lab, contestant)  # what there is only once
        say("deliveries: without endpoints")
        without = _cost(lab, contestant, theirs, 0)
        made = [_subscribe(plixa, theirs) for _ in range(ENDPOINTS)]
        say("deliveries: with endpoints")
        wanted = lab.scale.customers * ENDPOINTS
        each = max(_cost(lab, contestant, theirs, wanted) - without, 0.0) * 1000 / wanted
        for endpoint in made:
            plixa.call("PUT", f"/v1/webhook-endpoints/{endpoint}", {"is_active": False})
        plain = trio.run(_plain, theirs, min(wanted, 2000)) * 1000
    yield Row(
        part="i",
        what="processor time of a delivery",
        value=each,
        unit="ms",
        note=f"Postgres included; {ENDPOINTS} endpoints, {wanted} deliveries, {RATE * ENDPOINTS:.0f} a second",
        more={"plain_ms": plain},
    )
    yield Row(
        part="i",
        what="the same, times a plain loop's post",
        value=each / plain if plain else None,
        unit="x",
        note=f"httpx in a loop: {plain:.2f} ms a post",
    )


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A server of the house's own, in a thread."""
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def _subscribe(plixa: Site, theirs: Receiver) -> int:
    body = {"url": f"http://127.0.0.1:{theirs.server_port}/hook", "events": ["message.inbound"]}
    return int(plixa.call("POST", "/v1/webhook-endpoints", body)["id"])


def _cost(lab: Lab, contestant: Contestant, theirs: Receiver, deliveries: int) -> float:
    """Seconds of processor time that all customers' messages take, until so many deliveries are there."""
    before, wanted, deadline = _cpu(contestant), theirs.taken + deliveries, time.monotonic() + LIMIT
    _run(lab, contestant)
    while theirs.taken < wanted:
        if time.monotonic() > deadline:
            raise Failed(f"{wanted - theirs.taken} of {deliveries} deliveries did not come")
        time.sleep(0.05)
    time.sleep(0.5)  # what is still being booked
    return _cpu(contestant) - before


def _run(lab: Lab, contestant: Contestant) -> None:
    """Each customer writes once, at a pace."""
    spec = Spec(
        target=contestant.target,
        seconds=LIMIT,
        seed=seed(),
        connections=lab.scale.connections,
        customers=lab.scale.customers,
        rate=RATE,
        at_most=lab.scale.customers,
    )
    run_load(spec)


def _cpu(contestant: Contestant) -> float:
    """Seconds of the server and of its Postgres."""
    return contestant.cpu() + (contestant.postgres() if contestant.postgres is not None else 0.0)


async def _plain(theirs: Receiver, posts: int) -> float:
    """Seconds of this thread's processor time a post."""
    url, body = f"http://127.0.0.1:{theirs.server_port}/hook", theirs.body
    async with httpx.AsyncClient(verify=trusted(), trust_env=False) as client:
        await client.post(url, content=body)
        began = time.thread_time()
        for _ in range(posts):
            await client.post(url, content=body, headers={"content-type": "application/json"})
        return (time.thread_time() - began) / posts
