"""`plixa web --processes N` under load: `python -m tests.fault.processes --rounds 20 --processes 3`.

In each round one of these, in turn: SIGHUP, upon which one process after the other is replaced; nats-server is killed,
three times in a row; a process is killed. Customers and an agent go on meanwhile, and a reader asks for what it is at
home everywhere and nowhere: nothing may be answered but what is deserved, and 503 with Retry-After. Every promise is
checked afterwards.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle, islice

import httpx
import psutil
import trio

from tests.fault.crash import Plan, report, tenant_of
from tests.fault.evidence import gather
from tests.fault.load import Load
from tests.fault.report import Report
from tests.fault.rig import Rig, open_rig
from tests.harness import Workspace

WORKSPACES = 3
REPLACED_WITHIN, BACK_WITHIN = 60.0, 30.0
SIGHUP = 1


@dataclass
class Reader:
    """Asks each workspace in turn, by a connection of its own each time, so that any process may be asked."""

    url: str
    answers: Counter[str] = field(default_factory=Counter)
    doors: Counter[str] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)

    async def read(self, tenants: list[Workspace]) -> None:
        """Until cancelled."""
        for workspace in cycle(tenants):
            began = trio.current_time()
            try:
                async with httpx.AsyncClient(base_url=self.url, timeout=20, trust_env=False) as client:
                    self._take(await client.get("/v1/me", headers={"Authorization": f"Bearer {workspace.token}"}))
            except httpx.TransportError as error:
                self.answers[type(error).__name__] += 1
            else:
                self.took.append(trio.current_time() - began)
            await trio.sleep(0.02)

    def _take(self, answer: httpx.Response) -> None:
        self.answers[str(answer.status_code)] += 1
        self.doors[answer.headers.get("x-plixa-node", "nobody")] += 1
        if answer.status_code != 200 and not (answer.status_code == 503 and "retry-after" in answer.headers):
            self.breaches.append(f"a read was answered {answer.status_code}: {answer.text[:100]}")

    @property
    def p99(self) -> float:
        """Of what was answered, in seconds."""
        return sorted(self.took)[int(len(self.took) * 0.99)] if self.took else 0.0


def nodes_of(rig: Rig) -> list[psutil.Process]:
    """The processes that serve."""
    return [each for each in psutil.Process(rig.server.pid).children() if "nats" not in each.name()]


def nats_of(rig: Rig) -> psutil.Process | None:
    """The nats-server that they reach each other by."""
    return next((each for each in psutil.Process(rig.server.pid).children() if "nats" in each.name()), None)


async def replace(rig: Rig, number: int) -> None:
    """One after the other, while all go on."""
    before = {each.pid for each in nodes_of(rig)}
    psutil.Process(rig.server.pid).send_signal(SIGHUP)
    with trio.fail_after(REPLACED_WITHIN):
        while len([each for each in nodes_of(rig) if each.pid not in before]) < number:  # noqa: ASYNC110
            await trio.sleep(0.05)
    await all_serve(rig, number)


async def kill_nats(rig: Rig, _: int) -> None:
    """Three times in a row."""
    for _time in range(3):
        with trio.fail_after(BACK_WITHIN):
            while (nats := nats_of(rig)) is None:  # noqa: ASYNC110
                await trio.sleep(0.05)
        with suppress(psutil.NoSuchProcess):
            nats.kill()
        await trio.sleep(random.uniform(0.3, 1.0))


async def kill_one(rig: Rig, number: int) -> None:
    """One of those that serve."""
    random.choice(nodes_of(rig)).kill()
    rig.kills += 1
    await trio.sleep(1)
    await all_serve(rig, number)


async def all_serve(rig: Rig, number: int) -> None:
    """Wait until each of them takes connections: it says in the database that it lives."""
    live = "select count(*) as n from nodes where heartbeat_at > now() - interval '2 seconds'"
    with trio.fail_after(REPLACED_WITHIN):
        while (await rig.query(live))[0]["n"] < number:  # noqa: ASYNC110
            await trio.sleep(0.1)


async def processes(plan: Plan, number: int, *, durable: bool = True) -> Report:
    """Run the rounds and check; the report says what was found."""
    async with open_rig(durable=durable, command=("web", "--processes", str(number))) as rig:
        await all_serve(rig, number)
        tenants = [await tenant_of(rig) for _ in range(WORKSPACES)]
        load, reader = Load(tenants, rig.whatsapp), Reader(rig.url)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(reader.read, [workspace for workspace, _ in tenants])
            async with trio.open_nursery() as loading:
                loading.start_soon(lambda: load.run(chatty=plan.chatty, quiet_every=plan.quiet_every))
                for trouble in islice(cycle((replace, kill_nats, kill_one)), plan.rounds):
                    await trio.sleep(random.uniform(0.3, plan.longest))
                    await trouble(rig, number)
                await trio.sleep(1)
                load.finish()
            nursery.cancel_scope.cancel()
        found = report(f"{number} processes", rig, plan, load, await gather(rig, load.ledger, tenants))
        found.figures = {
            **found.figures,
            "reads, by answer": dict(reader.answers),
            "reads, by node": dict(reader.doors),
            "reads, p99 in seconds": reader.p99,
        }
        found.breaches = [*found.breaches, *reader.breaches]
        return found


async def main(rounds: int, number: int) -> bool:
    """The long form; whether all is well."""
    return (await processes(Plan(rounds), number)).show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.processes", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="how often something is done to them")
    parser.add_argument("--processes", type=int, default=3, help="how many there are")
    given = parser.parse_args()
    sys.exit(not trio.run(main, given.rounds, given.processes))
