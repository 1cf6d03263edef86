"""Cuts live sockets and restarts the server: `python -m tests.fault.resume --cuts 2000 --sockets 200`.

Many clients fold the live push while customers and agents do everything there is to do. Their connections are reset at
random, mostly within a frame; now and then the server is killed, or stopped in good order. In the end each client must
show exactly what REST shows, having seen every offset once.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass

import trio

from tests.fault.bustle import Bustle
from tests.fault.crash import tenant_of
from tests.fault.evidence import settle
from tests.fault.fold import differences
from tests.fault.reading import Snapshot, read_all, read_events
from tests.fault.report import Report
from tests.fault.rig import Rig, open_rig
from tests.fault.viewer import Viewer
from tests.harness import Workspace

CAUGHT_UP_WITHIN = 30.0
TENANTS = 2


@dataclass(frozen=True)
class Plan:
    """How much. `cuts` are spread over all sockets, `per_second` of them; the server goes `restarts` times."""

    sockets: int
    cuts: int
    restarts: int
    per_second: float = 20.0
    pause: float = 0.12


async def resume(plan: Plan) -> Report:
    """Run it and check; the report says what was found."""
    async with open_rig() as rig:
        tenants = [await tenant_of(rig) for _ in range(TENANTS)]
        viewers = [Viewer(tenants[each % TENANTS][0], rig.port) for each in range(plan.sockets)]
        bustles = [Bustle(*tenant, rig.whatsapp, pause=plan.pause) for tenant in tenants]
        began = time.monotonic()
        async with trio.open_nursery() as nursery:
            for viewer in viewers:
                nursery.start_soon(viewer.run)
            await _disturb(rig, plan, viewers, bustles)
            left = await settle(rig)
            breaches = [*left, *await _judge([workspace for workspace, _ in tenants], viewers)]
            seconds = time.monotonic() - began
            nursery.cancel_scope.cancel()
        return _report(plan, viewers, bustles, seconds, breaches)


async def _disturb(rig: Rig, plan: Plan, viewers: list[Viewer], bustles: list[Bustle]) -> None:
    """Returns when all cuts are made and nobody does anything any more."""
    restarts = {plan.cuts * (each + 1) // (plan.restarts + 1) for each in range(plan.restarts)}
    async with trio.open_nursery() as nursery:
        for bustle in bustles:
            nursery.start_soon(bustle.run)
        for cut in range(plan.cuts):
            nursery.start_soon(random.choice(viewers).cut)
            await trio.sleep(random.expovariate(plan.per_second))
            if cut in restarts:
                await _restart(rig, in_good_order=rig.kills % 2 == 1)
        for bustle in bustles:
            bustle.finish()


async def _restart(rig: Rig, *, in_good_order: bool) -> None:
    if in_good_order:
        await rig.stop()
    await rig.kill()
    await rig.start()


async def _judge(workspaces: list[Workspace], viewers: list[Viewer]) -> list[str]:
    found: list[str] = []
    for workspace in workspaces:
        truth = await read_all(workspace)
        offsets = [event["offset"] for event in await read_events(workspace)]
        for number, viewer in enumerate(viewers):
            if viewer.workspace is workspace:
                found += [f"client {number}: {each}" for each in await _breaches(viewer, truth, offsets)]
    return found


async def _breaches(viewer: Viewer, truth: Snapshot, offsets: list[int]) -> list[str]:
    with trio.move_on_after(CAUGHT_UP_WITHIN):
        while viewer.head < truth.head:  # noqa: ASYNC110  # it has no event for this, and happens once
            await trio.sleep(0.05)
    breaches = list(viewer.faults)
    if viewer.head < truth.head:
        breaches.append(f"stuck at {viewer.head}, the head is {truth.head}")
    if viewer.folded.offsets != offsets:
        missing, extra = set(offsets) - set(viewer.folded.offsets), set(viewer.folded.offsets) - set(offsets)
        breaches.append(f"offsets differ: missing {sorted(missing)[:5]}, not in the log {sorted(extra)[:5]}")
    return [*breaches, *differences(viewer.folded, truth)]


def _report(plan: Plan, viewers: list[Viewer], bustles: list[Bustle], seconds: float, breaches: list[str]) -> Report:
    done = sum((bustle.done for bustle in bustles), Counter[str]())
    codes = sum((viewer.codes for viewer in viewers), Counter[int | None]())
    figures = {
        "sockets": plan.sockets,
        "cuts": plan.cuts,
        "restarts of the server": plan.restarts,
        "connections": sum(viewer.connections for viewer in viewers),
        "told by the server to resume elsewhere": codes[4410],
        "things done by customers and agents": done.total(),
        "": ", ".join(f"{name} {times}" for name, times in done.most_common()),
        "events folded": sum(len(viewer.folded.offsets) for viewer in viewers),
        "frames": sum(viewer.frames for viewer in viewers),
        "seconds": seconds,
    }
    return Report("live sockets cut", figures, breaches)


async def main(sockets: int, cuts: int, restarts: int) -> bool:
    """Whether all is well."""
    return (await resume(Plan(sockets, cuts, restarts))).show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.resume", description=__doc__)
    parser.add_argument("--sockets", type=int, default=200, help="how many clients watch")
    parser.add_argument("--cuts", type=int, default=2000, help="how many connections are reset in all")
    parser.add_argument("--restarts", type=int, default=6, help="how often the server goes meanwhile")
    args = parser.parse_args()
    sys.exit(0 if trio.run(main, args.sockets, args.cuts, args.restarts) else 1)
