"""nats-server killed under load, alone and one of a mesh of three: `python -m tests.fault.carriers --rounds 20`.

Three nodes, of which one has the workspace; customers and an agent rove over all of them, and a reader at each asks all
the time. Alone, nothing but 503 with Retry-After may be answered, and only while the server is away or is being found
again; in a mesh a node goes on after a second at most, by another server. Every promise is checked afterwards.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from dataclasses import dataclass, field

import httpx
import trio

from tests.fault.checks import broken_promises
from tests.fault.crash import Plan, report
from tests.fault.evidence import gather
from tests.fault.nodes import Cluster, open_cluster
from tests.fault.report import Report
from tests.fault.servers import Server, serving, urls

FOUND_AGAIN, GAP = 1.5, 1.0
AWAY, BETWEEN = (0.3, 1.0), (1.5, 3.0)
SPREAD_WITHIN = 5.0
EVERY = 0.02


@dataclass
class Away:
    """From when to when a server was not there, by one clock."""

    began: float
    ended: float = float("inf")


@dataclass
class Door:
    """What one node answered: when it was well, and when it was not."""

    name: str
    well: list[float] = field(default_factory=list)
    carried: int = 0
    refused: list[tuple[float, str]] = field(default_factory=list)
    """When, and in which words."""

    @property
    def gap(self) -> float:
        """The longest time without a good answer."""
        return max((later - sooner for sooner, later in zip(self.well, self.well[1:], strict=False)), default=0.0)


class Readers:
    """One at each node, each by a connection that is kept."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.doors = [Door(name) for name in cluster.programs]
        self.breaches: list[str] = []

    async def run(self) -> None:
        """Until cancelled."""
        async with trio.open_nursery() as nursery:
            for door in self.doors:
                nursery.start_soon(self._read, door)

    async def _read(self, door: Door) -> None:
        url = f"http://127.0.0.1:{self._cluster.programs[door.name][1]}"
        headers = {"Authorization": f"Bearer {self._cluster.workspace.token}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=20, trust_env=False) as client:
            while True:
                answer = await client.get("/v1/labels")
                if answer.status_code in (200, 429):  # at home, in either case
                    door.well.append(time.monotonic())
                    door.carried += answer.headers["x-plixa-node"] != door.name
                elif answer.status_code == 503 and "retry-after" in answer.headers:
                    door.refused.append((time.monotonic(), answer.text[:200]))
                else:
                    self.breaches.append(f"{door.name} answered {answer.status_code}: {answer.text[:100]}")
                await trio.sleep(EVERY)


async def carriers(plan: Plan, number: int, *, durable: bool = True) -> Report:
    """Kill one of so many servers, round after round; the report says what was found."""
    with serving(number) as servers:
        more = {"NATS_URL": urls(servers)}
        async with open_cluster(2, more=more, durable=durable) as (cluster, load):
            readers, aways = Readers(cluster), list[Away]()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(readers.run)
                async with trio.open_nursery() as loading:
                    loading.start_soon(lambda: load.run(chatty=plan.chatty, quiet_every=plan.quiet_every))
                    await trio.sleep(SPREAD_WITHIN)
                    for _ in range(plan.rounds):
                        aways.append(await _kill(random.choice(servers)))
                        await trio.sleep(random.uniform(*BETWEEN))
                    load.finish()
                nursery.cancel_scope.cancel()
            await cluster.come_home()
            evidence = await gather(cluster.rig, load.ledger, [(cluster.workspace, load.number)])
            evidence.nodes = {port: name for name, (_, port) in cluster.programs.items()}
            shown = report(f"nats-server killed, {number} there", cluster.rig, plan, load, evidence)
    figures = {
        **shown.figures,
        "carried reads, by door": {door.name: door.carried for door in readers.doors},
        "reads refused, by door": {door.name: len(door.refused) for door in readers.doors},
        "longest gap, by door, seconds": {door.name: round(door.gap, 2) for door in readers.doors},
    }
    judged = _of_a_mesh(readers) if number > 1 else _alone(readers, aways)
    return Report(
        shown.title, figures, [*broken_promises(evidence), *cluster.done.breaches, *readers.breaches, *judged]
    )


async def _kill(server: Server) -> Away:
    away = Away(time.monotonic())
    await trio.to_thread.run_sync(server.kill)
    await trio.sleep(random.uniform(*AWAY))
    server.begin()
    await trio.to_thread.run_sync(server.wait)
    away.ended = time.monotonic()
    return away


def _alone(readers: Readers, aways: list[Away]) -> list[str]:
    """Refusals at another time than while it was away."""
    return [
        f"{door.name} refused a read while the server was there, {_since(aways, at):.1f} s after it came back: {words}"
        for door in readers.doors
        for at, words in door.refused
        if not any(away.began <= at <= away.ended + FOUND_AGAIN for away in aways)
    ]


def _since(aways: list[Away], at: float) -> float:
    return at - max((away.ended for away in aways if away.ended <= at), default=float("inf"))


def _of_a_mesh(readers: Readers) -> list[str]:
    return [f"{door.name} answered nothing for {door.gap:.2f} s" for door in readers.doors if door.gap > GAP]


async def main(rounds: int) -> bool:
    """Both; whether all is well."""
    return all([(await carriers(Plan(rounds, chatty=6), number)).show() for number in (1, 3)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.carriers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="how often a server is killed, in each of two runs")
    sys.exit(not trio.run(main, parser.parse_args().rounds))
