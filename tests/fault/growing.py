"""A third node joins two, and leaves: `python -m tests.fault.growing --workspaces 300`.

When the two have what they wish, a third one starts: a third of the workspaces must be its own within a minute, no
other may move, and whoever reads meanwhile, at any door, must notice nothing. Then it stops in good order, and each
workspace must be where it was before.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import httpx
import trio

from tests.fault.report import Report
from tests.fault.rig import Rig, open_rig
from tests.fault.servers import serving, urls
from tests.harness import Program, answering, free_port, registered

SETTLED_WITHIN, MOVED_WITHIN, QUIET = 240.0, 60.0, 15.0
RATE = 40.0
SLOWER, NOISE = 3.0, 0.1
"""A p99 may be so many times another one and still be noise, and any below so many seconds is."""
LEASES = "select tenant_id, node from leases where tenant_id <> 0"


@dataclass
class Reader:
    """Reads whatever workspace at whatever door, so many times a second."""

    ports: list[int]
    tokens: list[str]
    took: list[float] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    postponed: int = 0

    async def run(self) -> None:
        """Until cancelled."""
        async with httpx.AsyncClient(timeout=20, trust_env=False) as client, trio.open_nursery() as nursery:
            while True:
                nursery.start_soon(self._read, client)
                await trio.sleep(1 / RATE)

    async def _read(self, client: httpx.AsyncClient) -> None:
        port, began = random.choice(self.ports), time.monotonic()
        headers = {"Authorization": f"Bearer {random.choice(self.tokens)}"}
        try:
            answer = await client.get(f"http://127.0.0.1:{port}/v1/me", headers=headers)
        except httpx.TransportError as error:
            if port in self.ports:
                self.breaches.append(f"a read at {port} ended with {type(error).__name__}")
            return
        self.took.append(time.monotonic() - began)
        self.postponed += answer.status_code == 503
        if answer.status_code != 200 and not (answer.status_code == 503 and "retry-after" in answer.headers):
            self.breaches.append(f"a read was answered {answer.status_code}")

    def p99(self) -> float:
        """Since it was last asked, in seconds."""
        took, self.took = self.took, []
        return statistics.quantiles(took, n=100)[-1]


async def homes(rig: Rig) -> Mapping[int, str]:
    """Where each workspace is."""
    return {row["tenant_id"]: row["node"] for row in await rig.query(LEASES)}


async def settled(rig: Rig, within: float) -> Mapping[int, str]:
    """The same, once nothing has moved for a while and something has had the time to."""
    before, since = await homes(rig), time.monotonic()
    with trio.move_on_after(within):
        while time.monotonic() - since < QUIET:
            await trio.sleep(1)
            if (now := await homes(rig)) != before:
                before, since = now, time.monotonic()
    return before


async def growing(workspaces: int) -> Report:
    """Grow, shrink; the report says what was found."""
    with serving() as servers:
        more = {"NATS_URL": urls(servers), "PLIXA_NODE": "node-1"}
        async with open_rig(more=more, durable=False) as rig, AsyncExitStack() as stack:
            programs: dict[str, tuple[Program, int]] = {}
            try:
                ports = [rig.port, await _add(rig, "node-2", programs)]
                founded = [
                    await stack.enter_async_context(registered(f"http://127.0.0.1:{ports[n % 2]}"))
                    for n in range(workspaces)
                ]
                reader = Reader(ports, [each.token for each in founded])
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(reader.run)
                    found = await _grow(rig, reader, programs)
                    nursery.cancel_scope.cancel()
            finally:
                with trio.CancelScope(shield=True):
                    for program, _ in programs.values():
                        await trio.to_thread.run_sync(program.kill)
            return found


async def _add(rig: Rig, name: str, programs: dict[str, tuple[Program, int]]) -> int:
    port = free_port()
    programs[name] = program, port = rig.another(name, port), port
    program.start()
    await answering(f"http://127.0.0.1:{port}/readyz", program)
    return port


async def _grow(rig: Rig, reader: Reader, programs: dict[str, tuple[Program, int]]) -> Report:
    await trio.sleep(35)  # nothing moves for half a minute after a node has come
    before = await settled(rig, SETTLED_WITHIN)
    reader.p99()
    await trio.sleep(20)
    quiet = reader.p99()
    port, joined = await _add(rig, "node-3", programs), time.monotonic()
    reader.ports.append(port)
    await trio.sleep(MOVED_WITHIN - (time.monotonic() - joined))
    after, busy = await homes(rig), reader.p99()
    moved = {each for each in before if after[each] != before[each]}
    late = {each for each, node in (await settled(rig, SETTLED_WITHIN)).items() if node != after[each]}
    reader.ports.remove(port)
    await trio.sleep(1)  # a balancer has heard of it
    stopped = await trio.to_thread.run_sync(programs["node-3"][0].terminate, 12)
    reader.p99()
    left = {each for each, node in (await homes(rig)).items() if node == "node-3"}
    back = await settled(rig, SETTLED_WITHIN)
    leaving, strays = reader.p99(), {each for each in before if back[each] != before[each]}
    wanted = len(before) / 3
    breaches = [
        *([f"{len(moved)} moved, and not {wanted:.0f}"] if not 0.8 * wanted <= len(moved) <= 1.2 * wanted else ()),
        *(f"workspace {each} moved to {after[each]}" for each in moved if after[each] != "node-3"),
        *(f"workspace {each} moved after a minute" for each in late),
        *(f"workspace {each} is left with who has stopped" for each in left),
        *(f"workspace {each} is at {back[each]}, and was at {before[each]}" for each in strays),
        *([f"p99 was {quiet:.3f} s, and is {busy:.3f} s"] if busy > max(SLOWER * quiet, NOISE) else ()),
    ]
    figures = {
        "workspaces, of which moved to the third": f"{len(before)}, {len(moved)}",
        "stopped in, seconds": stopped,
        "p99 of reads before, as it came, as it left, seconds": f"{quiet:.3f}, {busy:.3f}, {leaving:.3f}",
        "reads postponed": reader.postponed,
    }
    return Report("a third node comes and goes", figures, [*breaches, *reader.breaches])


async def main(workspaces: int) -> bool:
    """The long form; whether all is well."""
    return (await growing(workspaces)).show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.growing", description=__doc__)
    parser.add_argument("--workspaces", type=int, default=300, help="how many there are")
    sys.exit(not trio.run(main, parser.parse_args().workspaces))
