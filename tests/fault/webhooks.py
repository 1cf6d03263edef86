"""Outbound webhooks under load: 20 endpoints of which 5 hang and 5 refuse; the others must not notice.

    python -m tests.fault.webhooks --rate 200 --seconds 60

Customers write at the rate; each message is an event of its workspace. Reported: p50 and p99 of the healthy endpoints
from commit to delivery, what conversations' own answers take with and without webhooks, memory, and CPU a delivery.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import httpx
import psutil
import trio

from plixa.compose import open_node
from plixa.http.clients.tls import trusted
from plixa.http.simulator import serve as serve_simulator
from tests import harness
from tests.clients.far_end import HangUp, Reply
from tests.harness import Json, Number, Postgres, Workspace
from tests.webhooks.receiver import TAKEN, open_receiver


@dataclass
class Figures:
    """Seconds from commit to delivery, and how long the gateway's posts took; bytes; CPU seconds."""

    delays: list[float] = field(default_factory=list)
    posts: list[float] = field(default_factory=list)
    memory: int = 0
    cpu: float = 0.0

    def p(self, share: float, values: list[float] | None = None) -> float:
        """A quantile."""
        values = sorted(self.delays if values is None else values)
        return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")

    def __str__(self) -> str:
        each = 1000 * self.cpu / max(1, len(self.delays))
        return (
            f"{len(self.delays)} deliveries, p50 {self.p(0.5) * 1000:.0f} ms, p99 {self.p(0.99) * 1000:.0f} ms; "
            f"a customer's message p50 {statistics.median(self.posts) * 1000:.0f} ms, "
            f"p99 {self.p(0.99, self.posts) * 1000:.0f} ms; {self.memory // 2**20} MiB more; "
            f"{each:.2f} ms of CPU a delivery with all else"
        )


async def run(url: str, folder: Path, rate: float, seconds: float, *, healthy: int, hang: int, refuse: int) -> Figures:
    """One node, one workspace, so many endpoints of each sort; customers write for so long."""
    figures = Figures()

    def taken(event: Json) -> Reply:
        figures.delays.append(time.time() - datetime.fromisoformat(event["created_at"]).timestamp())
        return TAKEN

    def hung(_: Json) -> Reply | None:
        return None

    def refused(_: Json) -> Reply:
        raise HangUp

    async with trio.open_nursery() as nursery:
        port = await nursery.start(serve_simulator, harness.QUICK)
        async with (
            harness.phones(f"http://127.0.0.1:{port}") as phones,
            open_node(harness.settings(url, phones.url, folder)) as node,
            harness.registered(node.services.public_url) as workspace,
        ):
            number = await harness.pair(workspace, phones)
            for answer, count in ((taken, healthy), (hung, hang), (refused, refuse)):
                for _ in range(count):
                    await (await open_receiver(nursery, answer, checks=False)).subscribe(workspace, ["message.inbound"])
            process = psutil.Process()
            before, cpu = process.memory_info().rss, sum(process.cpu_times()[:2])
            await write(workspace, number, rate, seconds, figures)
            await settled(figures, healthy * int(rate * seconds))
            figures.memory, figures.cpu = process.memory_info().rss - before, sum(process.cpu_times()[:2]) - cpu
        nursery.cancel_scope.cancel()
    return figures


async def write(workspace: Workspace, number: Number, rate: float, seconds: float, figures: Figures) -> None:
    """So many customers' messages a second, of a hundred customers."""
    limits = httpx.Limits(max_connections=50)
    async with (
        httpx.AsyncClient(
            base_url=workspace.client.base_url, timeout=20, verify=trusted(), trust_env=False, limits=limits
        ) as client,
        trio.open_nursery() as nursery,
    ):

        async def one(place: int) -> None:
            began = trio.current_time()
            body = number.message(f"55119876{place % 100:05}", f"oi {place}", f"K{place}")
            assert (await number.post(client, body)).status_code == 200
            figures.posts.append(trio.current_time() - began)

        began = trio.current_time()
        for place in range(int(rate * seconds)):
            await trio.sleep_until(began + place / rate)
            nursery.start_soon(one, place)


async def settled(figures: Figures, expected: int) -> None:
    """Wait until all that healthy endpoints should hear is there."""
    with trio.move_on_after(30):
        while len(figures.delays) < expected:  # noqa: ASYNC110  # of many receivers
            await trio.sleep(0.05)


SORTS = {"without webhooks": (0, 0, 0), "healthy alone": (10, 0, 0), "all twenty": (10, 5, 5)}
"""How many endpoints of each sort: healthy, hanging, refusing."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=200, help="deliveries a second to the healthy endpoints together")
    parser.add_argument("--seconds", type=float, default=30)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        server = Postgres(Path(name) / "postgres", durable=False)
        try:
            for label, (healthy, hang, refuse) in SORTS.items():
                url = server.migrated(label.replace(" ", "_"))
                sorts = {"healthy": healthy, "hang": hang, "refuse": refuse}
                work = partial(run, url, Path(name), chosen.rate / 10, chosen.seconds, **sorts)
                print(f"{label}: {trio.run(work)}", flush=True)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
