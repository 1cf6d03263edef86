"""Several nodes on one database, put to sleep and killed under load: `python -m tests.fault.nodes --rounds 10`.

A round puts the node that owns the workspace to sleep (SIGSTOP) for 3, 8 or 20 seconds and wakes it, or kills it
(SIGKILL) and starts it again later. Customers and an agent go on trying, each request at the next node. Whoever wakes
is asked at once for what it has in memory, and must not answer with less than was acknowledged before it was asked; its
sockets must be closed with 4410 within a second if another node has taken over. Every promise is checked afterwards.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import trio

from tests.fault.checks import broken_promises
from tests.fault.crash import Plan, report, tenant_of
from tests.fault.evidence import gather
from tests.fault.load import Load, Read
from tests.fault.report import Report
from tests.fault.rig import Rig, open_rig
from tests.fault.roving import Roving
from tests.fault.wire import Closed, Wire, open_wire
from tests.harness import Program, Workspace, answering, free_port

NAPS = (3.0, 8.0, 20.0)
PATIENCE = 2.0
"""Seconds until a client asks the next node: one that sleeps says nothing."""
CLOSED_WITHIN, BACK_WITHIN, BACK_MOSTLY = 1.0, 5.0, 3.0
DOUBT = "30"
"""Longer than any nap: a send that was cut off by one is looked for until whoever sleeps has sent it, or never will."""
TAKEN_WITHIN = 15.0


@dataclass
class Deeds:
    """What was done, and how long it took until all was well; `breaches` of what is promised about that."""

    naps: int = 0
    taken: int = 0
    kills: int = 0
    closed: list[float] = field(default_factory=list)
    back: list[float] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)


class Cluster:
    """The rig's server and others beside it, by name; one workspace, whose requests rove."""

    def __init__(
        self, rig: Rig, programs: dict[str, tuple[Program, int]], workspace: Workspace, roving: Roving
    ) -> None:
        self.rig = rig
        self.programs = programs
        self.workspace = workspace
        self.roving = roving
        self.done = Deeds()
        self.patient = 1.0
        """By how much more than what is promised things may take: on a machine that is busy with other tests."""
        self.load: Load | None = None
        self.serial = 0

    async def owner(self) -> str:
        """The node that has the workspace."""
        rows = await self.rig.query(f"select node from leases where tenant_id = {self.workspace.tenant}")
        return str(rows[0]["node"])

    async def change(self) -> None:
        """What is only in memory, once read: the workspace's state changes four times a second, acknowledged."""
        label = await self._insist("POST", "/v1/labels", {"name": "L0", "color": "#112233"})
        path = f"/v1/labels/{label['id']}"
        while True:
            await self._insist("PUT", path, {"name": f"L{self.serial + 1}", "color": "#112233"})
            self.serial += 1
            await trio.sleep(0.25)

    async def _insist(self, method: str, path: str, body: object) -> dict[str, object]:
        while True:
            try:
                answer = await self.workspace.client.request(method, path, json=body)
            except httpx.TransportError:
                pass
            else:
                if answer.status_code in (200, 201):
                    return dict(answer.json()["data"])
                assert answer.status_code in (429, 503), f"{path}: {answer.status_code} {answer.text}"
            await trio.sleep(0.05)

    async def nap(self, seconds: float) -> None:
        """The owner sleeps and wakes."""
        name = await self.owner()
        program, port = self.programs[name]
        sockets = [await self._socket(port) for _ in range(3)]
        os.kill(program.pid, signal.SIGSTOP)
        await trio.sleep(seconds)
        taken = await self.owner() != name
        os.kill(program.pid, signal.SIGCONT)
        woken = time.monotonic()
        self.done.naps += 1
        self.done.taken += taken
        async with trio.open_nursery() as nursery:
            for socket in sockets:
                nursery.start_soon(self._goodbye, socket, woken, taken)
            await self._ask(name, port, woken)

    async def _socket(self, port: int) -> Wire:
        wire = await open_wire(port, self.workspace.token)
        await wire.receive()
        await wire.send(b'{"op":"subscribe"}')
        return wire

    async def _goodbye(self, wire: Wire, woken: float, taken: bool) -> None:
        """Read until it is closed."""
        try:
            with trio.move_on_after(2 * CLOSED_WITHIN * self.patient):
                while True:
                    await wire.receive()
        except Closed as closed:
            self.done.closed.append(took := time.monotonic() - woken)
            if taken and (closed.code not in (4408, 4410) or took > CLOSED_WITHIN * self.patient):
                self.done.breaches.append(f"a socket of one who slept was closed with {closed.code} after {took:.2f} s")
        else:
            if taken:
                self.done.breaches.append("a socket stays open on a node that has lost its workspace")
        finally:
            wire.cut()

    async def _ask(self, name: str, port: int, woken: float) -> None:
        """What it has in memory, from its first moment on."""
        headers = {"Authorization": f"Bearer {self.workspace.token}"}
        async with httpx.AsyncClient(headers=headers, timeout=10, trust_env=False) as client:
            while time.monotonic() - woken < 2:
                expected = self.serial
                try:
                    answer = await client.get(f"http://127.0.0.1:{port}/v1/labels")
                except httpx.TransportError:
                    continue
                if answer.status_code == 200:
                    shown = max(int(each["name"][1:]) for each in answer.json()["data"] if each["name"][0] == "L")
                    assert self.load is not None
                    self.load.ledger.reads.append(Read(name, expected, shown))
                await trio.sleep(0.02)

    async def kill(self) -> None:
        """The owner dies; how long is its workspace away?"""
        name = await self.owner()
        program, port = self.programs[name]
        await trio.to_thread.run_sync(program.kill)
        died, before = time.monotonic(), self.serial
        with trio.move_on_after(TAKEN_WITHIN):
            while self.serial == before:  # noqa: ASYNC110  # a request that is answered
                await trio.sleep(0.01)
        self.done.back.append(time.monotonic() - died)
        self.done.kills += 1
        program.start()
        await answering(f"http://127.0.0.1:{port}/readyz", program)

    async def come_home(self) -> None:
        """The others leave in good order; the rig's server has it all."""
        for name, (program, _) in self.programs.items():
            if program is not self.rig.server:
                await trio.to_thread.run_sync(program.terminate, 12)
                if await self.owner() == name:
                    self.done.breaches.append(f"{name} has stopped, and kept its workspace")
        self.roving.ports = [self.rig.port]


@asynccontextmanager
async def open_cluster(
    others: int = 1, tree: Path | None = None, *, more: Mapping[str, str] | None = None, durable: bool = True
) -> AsyncIterator[tuple[Cluster, Load]]:
    """Nodes that run, and load that is ready to. tree: another release's files. more: settings of all."""
    more = {"SEND_DOUBT_SECONDS": DOUBT, **(more or {})} | ({"PYTHONPATH": str(tree / "src")} if tree else {})
    async with open_rig(more=more | {"PLIXA_NODE": "node-1"}, durable=durable) as rig:
        programs, ports = {"node-1": (rig.server, rig.port)}, [rig.port]
        workspace, number = await tenant_of(rig)
        try:
            for n in range(others):
                port = free_port()
                program = rig.another(f"node-{n + 2}", port)
                programs[f"node-{n + 2}"] = program, port
                program.start()
                await answering(f"http://127.0.0.1:{port}/readyz", program)
                ports.append(port)
            roving = Roving(ports)
            headers = {"Authorization": f"Bearer {workspace.token}"}
            async with httpx.AsyncClient(
                base_url=rig.url, transport=roving, timeout=PATIENCE, headers=headers
            ) as client:
                workspace.client = client
                cluster = Cluster(rig, programs, workspace, roving)
                cluster.load = Load([(workspace, number)], rig.whatsapp, transport=roving, patience=PATIENCE)
                yield cluster, cluster.load
        finally:
            with trio.CancelScope(shield=True):
                for program, _ in programs.values():
                    if program is not rig.server:
                        await trio.to_thread.run_sync(program.kill)


async def nodes(
    plan: Plan,
    naps: Sequence[float],
    kills: int,
    *,
    others: int = 1,
    tree: Path | None = None,
    patient: float = 1.0,
) -> Report:
    """Naps and kills in random order under load; the report says what was found."""
    async with open_cluster(others, tree) as (cluster, load):
        cluster.patient = patient
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lambda: load.run(chatty=plan.chatty, quiet_every=plan.quiet_every))
            async with trio.open_nursery() as changes:
                changes.start_soon(cluster.change)
                await trio.sleep(2)
                for seconds in random.sample([*naps, *[0.0] * kills], len(naps) + kills):
                    await (cluster.nap(seconds) if seconds else cluster.kill())
                    await trio.sleep(random.uniform(0.5, plan.longest))
                changes.cancel_scope.cancel()
            load.finish()
        await cluster.come_home()
        done = cluster.done
        evidence = await gather(cluster.rig, load.ledger, [(cluster.workspace, load.number)])
        evidence.nodes = {port: name for name, (_, port) in cluster.programs.items()}
        shown = report("nodes asleep and killed", cluster.rig, plan, load, evidence)
    figures = {
        **shown.figures,
        "naps, of them lost to another node": f"{done.naps}, {done.taken}",
        "sockets closed after waking, slowest, seconds": max(done.closed, default=0.0),
        "reads answered just after waking": len(load.ledger.reads),
        "owners killed": done.kills,
        "back after that, median, seconds": statistics.median(done.back) if done.back else 0.0,
        "back after that, slowest, seconds": max(done.back, default=0.0),
        "reigns": len(evidence.reigns),
    }
    late = [
        f"a killed node's workspace was away for {each:.1f} s" for each in done.back if each > BACK_WITHIN * patient
    ]
    if len(done.back) > 2 and statistics.median(done.back) > BACK_MOSTLY:
        late.append(f"killed nodes' workspaces are away for {statistics.median(done.back):.1f} s at the median")
    return Report(shown.title, figures, [*broken_promises(evidence), *done.breaches, *late])


async def main(rounds: int, kills: int) -> bool:
    """The long form; whether all is well."""
    naps = [NAPS[turn % len(NAPS)] for turn in range(rounds)]
    return (await nodes(Plan(rounds), naps, kills, others=2)).show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.nodes", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="how often the owner sleeps: 3, 8, 20 seconds in turn")
    parser.add_argument("--kills", type=int, default=9, help="how often it is killed")
    asked = parser.parse_args()
    sys.exit(not trio.run(main, asked.rounds, asked.kills))
