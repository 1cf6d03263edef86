"""Takes the server to its limits from one side and looks at the other: `python -m tests.fault.overload`.

One workspace has sockets that never read and a customer who floods one conversation, one has a thousand idle sockets,
and one a customer who writes now and then. That one must hardly notice; memory must stay bounded; nothing that was
taken may be lost; and with all of that still hanging on, SIGTERM must end the server within ten seconds.
"""

from __future__ import annotations

import argparse
import resource
import socket
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit

import httpx
import msgspec
import trio

from tests.fault.flood import Order, Outcome
from tests.fault.reading import read_all
from tests.fault.report import Report
from tests.fault.rig import STOP_WITHIN, Rig, open_rig
from tests.fault.wire import Wire, open_wire
from tests.harness import ROOT, Number, Workspace, inherited

FLOODED, BYSTANDER = "5511940000001", "5511940000002"
STALLED = 5
EVERY = 0.05
MIB = 1024 * 1024
MOST_MEMORY = 200 * MIB
MOST_PER_SOCKET = MIB // 4
MOST_SLOWER = 5.0
NOT_WORTH_MENTIONING = 0.1
"""Seconds: a bystander who is usually answered this quickly has not noticed anything, whatever the ratio."""
Tenant = tuple[Workspace, Number]


@dataclass(frozen=True)
class Plan:
    """How much. `sockets` idle ones, `connections` of the flood, and seconds of each phase."""

    sockets: int = 1000
    connections: int = 700
    seconds: float = 10.0


@dataclass
class Probe:
    """The bystander: one message every `EVERY` seconds, and how long each took to be durable."""

    number: Number
    phases: dict[str, list[float]] = field(default_factory=dict)
    _serials: count[int] = field(default_factory=lambda: count(1))

    @asynccontextmanager
    async def during(self, phase: str) -> AsyncIterator[None]:
        """Measure for as long as the block runs."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._write, self.phases.setdefault(phase, []))
            yield
            nursery.cancel_scope.cancel()

    async def _write(self, seconds: list[float]) -> None:
        async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
            while True:
                serial = next(self._serials)
                began = trio.current_time()
                answer = await self.number.post(
                    client, self.number.message(BYSTANDER, f"calm {serial}", f"CA1{serial:015d}")
                )
                assert answer.status_code == 200, answer.text
                seconds.append(trio.current_time() - began)
                await trio.sleep(EVERY)

    def usual(self, phase: str) -> float:
        """The median, in seconds."""
        return statistics.median(self.phases[phase])

    def slow(self, phase: str) -> float:
        """What 19 in 20 stay under, in seconds."""
        return statistics.quantiles(self.phases[phase], n=20)[-1]


@dataclass
class Findings:
    """Bytes of memory by phase, and what else is judged."""

    probe: Probe
    memory: dict[str, int] = field(default_factory=dict)
    outcome: Outcome = field(default_factory=Outcome)
    lost: int = 0
    idle: int = 0
    stop_seconds: float = STOP_WITHIN
    stopped: bool = False


async def overload(plan: Plan) -> Report:
    """Run all phases; the report says what was found."""
    async with open_rig() as rig:
        mad, sleepy, calm = [await rig.workspace() for _ in range(3)]
        findings = Findings(Probe(calm[1]))
        wires: list[Wire] = []
        try:
            await _phases(rig, plan, mad, sleepy, findings, wires)
            findings.lost = await _lost(mad[0], findings.outcome)
            await _stop(rig, findings)
        finally:
            for wire in wires:
                wire.cut()
    return _report(plan, findings)


async def _phases(rig: Rig, plan: Plan, mad: Tenant, sleepy: Tenant, findings: Findings, wires: list[Wire]) -> None:
    probe, memory = findings.probe, findings.memory
    async with probe.during("alone"):
        await trio.sleep(plan.seconds / 2)
    memory["alone"] = rig.server.resident()
    findings.idle = await _open_idle(rig, sleepy[0], plan.sockets, wires)
    async with probe.during("idle sockets"):
        await trio.sleep(plan.seconds / 2)
    memory["idle sockets"] = rig.server.resident()
    wires += [await _open_stalled(rig, mad[0]) for _ in range(STALLED)]
    async with probe.during("flood, unread sockets"):
        findings.outcome = await _flood(rig, plan, mad[1])
    memory["flood, unread sockets"] = rig.server.resident()
    async with probe.during("afterwards"):
        await trio.sleep(plan.seconds / 2)
    memory["afterwards"] = rig.server.resident()


async def _open_idle(rig: Rig, workspace: Workspace, wanted: int, wires: list[Wire]) -> int:
    """As many sockets as the system lets this process have, at most `wanted`; they subscribe to a quiet workspace."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    possible = max(0, min(wanted, hard - 200))
    for _ in range(possible):
        wire = await open_wire(rig.port, workspace.token)
        await wire.send(b'{"op":"subscribe"}')
        wires.append(wire)
    return possible


async def _open_stalled(rig: Rig, workspace: Workspace) -> Wire:
    """A client that asks for everything and reads nothing."""
    wire = await open_wire(rig.port, workspace.token)
    wire.stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await wire.send(b'{"op":"resume","after":0}')
    return wire


async def _flood(rig: Rig, plan: Plan, number: Number) -> Outcome:
    body = msgspec.json.encode(number.message(FLOODED, "TEXT", "KEYID")).decode()
    order = Order(rig.port, urlsplit(number.url).path, number.headers, body, plan.connections, plan.seconds)
    command = [sys.executable, "-m", "tests.fault.flood"]
    order_text = msgspec.json.encode(order)
    done = await trio.run_process(command, stdin=order_text, capture_stdout=True, cwd=ROOT, env=inherited())
    return msgspec.json.decode(done.stdout, type=Outcome)


async def _lost(workspace: Workspace, outcome: Outcome) -> int:
    found = [message["body"] for message in (await read_all(workspace)).messages.values()]
    return len(set(outcome.taken) - set(found)) + len(found) - len(set(found))


async def _stop(rig: Rig, findings: Findings) -> None:
    try:
        findings.stop_seconds = await rig.stop()
        findings.stopped = True
    except subprocess.TimeoutExpired:
        pass


def _report(plan: Plan, findings: Findings) -> Report:
    probe, memory, outcome = findings.probe, findings.memory, findings.outcome
    figures: dict[str, object] = {
        "idle sockets": findings.idle,
        "sockets that never read": STALLED,
        "messages of the flood: taken, put off": f"{len(outcome.taken)}, {outcome.refused}",
        "messages of the flood: lost or doubled": findings.lost,
        "slowest answer to the flood, seconds": outcome.slowest,
    }
    for phase in probe.phases:
        times = f"median {probe.usual(phase) * 1000:.1f} ms, 95 % within {probe.slow(phase) * 1000:.1f} ms"
        figures[f"bystander, {phase}"] = f"{times}, {len(probe.phases[phase])} messages"
    figures |= {f"memory, {phase}": f"{size // MIB} MiB" for phase, size in memory.items()}
    figures["memory of an idle socket"] = f"{_per_socket(findings) // 1024} KiB"
    figures["SIGTERM to the end, seconds"] = findings.stop_seconds
    return Report("overload", figures, _breaches(findings))


def _per_socket(findings: Findings) -> int:
    return (findings.memory["idle sockets"] - findings.memory["alone"]) // max(1, findings.idle)


def _breaches(findings: Findings) -> list[str]:
    probe, memory, found = findings.probe, findings.memory, list[str]()
    for phase in probe.phases:
        slower = probe.usual(phase) / probe.usual("alone")
        if slower > MOST_SLOWER and probe.usual(phase) > NOT_WORTH_MENTIONING:
            found.append(f"the bystander suffers ({phase}): {slower:.0f} times slower")
    if findings.lost:
        found.append(f"{findings.lost} messages of the flood were taken and are lost or doubled")
    if _per_socket(findings) > MOST_PER_SOCKET:
        found.append(f"an idle socket takes {_per_socket(findings) // 1024} KiB")
    if memory["flood, unread sockets"] - memory["idle sockets"] > MOST_MEMORY:
        found.append("the flood took more memory than it may")
    if not findings.stopped:
        found.append(f"SIGTERM did not end the server within {STOP_WITHIN:g} s")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.overload", description=__doc__)
    parser.add_argument("--sockets", type=int, default=Plan.sockets, help="how many idle sockets")
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help="how long the flood lasts")
    args = parser.parse_args()
    sys.exit(0 if trio.run(overload, Plan(args.sockets, seconds=args.seconds)).show() else 1)
