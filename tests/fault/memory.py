"""Does memory have a plateau: `python -m tests.fault.memory`.

Ever new customers write at a steady rate for a long time, three messages each, to two workspaces in turn, while a panel
reads along. What a node remembers so as not to look it up again is bounded, so that after the caches are full
(ARCHITECTURE.md says when) memory must stay where it is.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from dataclasses import dataclass, field

import httpx
import trio

from tests.fault.report import Report
from tests.fault.rig import Rig, open_rig
from tests.fault.wire import Wire, open_wire
from tests.harness import Number

MIB = 1024 * 1024
EACH = 3
"""How many messages a customer writes."""
MOST_GROWTH = 1.03
"""The last quarter beside the third, by their medians."""
AT_ONCE = 16


@dataclass(frozen=True)
class Plan:
    """rate: messages a second. every: seconds between two looks."""

    rate: float = 50.0
    minutes: float = 120.0
    every: float = 30.0


@dataclass
class Findings:
    """sizes: bytes, one a look."""

    sizes: list[int] = field(default_factory=list[int])
    sent: int = 0
    refused: int = 0
    read: int = 0
    caches: str = ""


async def memory(plan: Plan) -> Report:
    """Write for as long as the plan says; the report has the sizes."""
    found = Findings()
    async with open_rig(durable=False, more={"RESUME_FLOOR": "20000"}) as rig:
        sites = [await rig.workspace() for _ in range(2)]
        numbers = [number for _, number in sites]
        wire = await open_wire(rig.port, sites[0][0].token)
        await wire.send(b'{"op":"subscribe"}')
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_read_along, wire, found)
                nursery.start_soon(_look, rig, plan, found)
                await _write(plan, numbers, found)
                nursery.cancel_scope.cancel()
        finally:
            wire.cut()
        found.caches = await _caches(rig)
    return _report(plan, found)


async def _read_along(wire: Wire, found: Findings) -> None:
    while True:
        await wire.receive()
        found.read += 1


async def _look(rig: Rig, plan: Plan, found: Findings) -> None:
    while True:
        await trio.sleep(plan.every)
        found.sizes.append(rig.server.resident())
        minutes = len(found.sizes) * plan.every / 60
        print(
            f"  {minutes:6.1f} min  {found.sizes[-1] / MIB:6.1f} MiB  {found.sent} messages",
            file=sys.stderr,
            flush=True,
        )


async def _write(plan: Plan, numbers: list[Number], found: Findings) -> None:
    """At the rate, whatever the answers take; at most `AT_ONCE` are under way."""
    places = trio.Semaphore(AT_ONCE)
    began = trio.current_time()
    async with (
        httpx.AsyncClient(timeout=30, trust_env=False) as client,
        trio.open_nursery() as nursery,
    ):
        for serial in range(int(plan.rate * plan.minutes * 60)):
            await trio.sleep_until(began + serial / plan.rate)
            await places.acquire()  # here, rather than in ever more tasks
            nursery.start_soon(_post, client, places, numbers[serial % len(numbers)], serial, found)


async def _post(
    client: httpx.AsyncClient, places: trio.Semaphore, number: Number, serial: int, found: Findings
) -> None:
    phone = f"5511{900_000_000 + serial // (2 * EACH)}"  # both workspaces have this customer, who writes in turn
    body = number.message(phone, f"Bom dia, mensagem {serial}", f"MEM{serial:015d}", name=f"Cliente {serial // 6}")
    try:
        answer = await number.post(client, body)
    finally:
        places.release()
    found.sent += 1
    found.refused += answer.status_code != 200


async def _caches(rig: Rig) -> str:
    async with httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(f"{rig.url}/metrics")).text
    lines = [line for line in text.splitlines() if "cache_entries{" in line]
    return ", ".join(f"{line.split(chr(34))[1]} {float(line.rpartition(' ')[2]):.0f}" for line in lines)


def _report(plan: Plan, found: Findings) -> Report:
    quarter = max(1, len(found.sizes) // 4)
    parts = [statistics.median(found.sizes[i * quarter : (i + 1) * quarter] or [0]) for i in range(4)]
    growth = parts[3] / parts[2] if parts[2] else float("inf")
    figures: dict[str, object] = {
        "messages, customers": f"{found.sent}, {found.sent // EACH}",
        "messages a second": f"{plan.rate:g} for {plan.minutes:g} minutes",
        "memory by quarters": ", ".join(f"{size / MIB:.1f} MiB" for size in parts),
        "last quarter beside the third": growth,
        "frames that the panel read": found.read,
        "in memory at the end": found.caches,
    }
    breaches = [] if growth <= MOST_GROWTH else [f"memory grew {growth:.2f} times from the third quarter to the last"]
    if found.refused:
        breaches.append(f"{found.refused} messages were not taken")
    return Report("memory", figures, breaches)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.memory", description=__doc__)
    parser.add_argument("--rate", type=float, default=Plan.rate, help="messages a second")
    parser.add_argument("--minutes", type=float, default=Plan.minutes, help="how long")
    args = parser.parse_args()
    sys.exit(0 if trio.run(memory, Plan(args.rate, args.minutes)).show() else 1)
