"""Nodes that are cut off from the database or from each other: `python -m tests.fault.partitions --rounds 2`.

Three nodes, of which two are in network namespaces; each has workspaces. In a round each link of one of the two is cut
in each way, for 3 to 20 seconds: all packets, or those of one direction. Customers and agents go on at whatever node.
Once it is mended, every node must answer for every workspace within ten seconds; every promise is checked afterwards.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import httpx
import trio

from tests.fault.checks import broken_promises
from tests.fault.crash import Plan, report
from tests.fault.evidence import GREETING, gather
from tests.fault.housing import House, How, Link, can, passing_on
from tests.fault.load import Load
from tests.fault.nodes import DOUBT, PATIENCE
from tests.fault.report import Report
from tests.fault.rig import DATABASE, Rig, open_rig
from tests.fault.roving import Roving
from tests.fault.servers import Server, serving
from tests.harness import Number, Program, Workspace, answering, free_port, pair, registered

CUTS: tuple[tuple[Link, How], ...] = tuple(product(("database", "nats"), get_args(How)))
LASTING = (3.0, 8.0, 20.0)
HEALED_WITHIN, GIVEN_UP_AFTER = 10.0, 60.0


@dataclass
class Estate:
    """What runs. doors: where each node is reached from here; client: one that may ask everybody."""

    rig: Rig
    houses: dict[str, House]
    programs: dict[str, Program]
    doors: dict[str, int]
    roving: Roving
    tenants: list[tuple[Workspace, Number]] = field(default_factory=list[tuple[Workspace, Number]])

    async def well(self) -> bool:
        """Whether every node answers for every workspace, at once."""
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            for port, (workspace, _) in product(self.doors.values(), self.tenants):
                headers = {"Authorization": f"Bearer {workspace.token}"}
                try:
                    answer = await client.get(f"http://127.0.0.1:{port}/v1/labels", headers=headers)
                except httpx.TransportError:
                    return False
                if answer.status_code != 200:
                    return False
        return True

    async def leases(self) -> dict[int, str]:
        """Who has what."""
        rows = await self.rig.query("select tenant_id, node from leases where tenant_id <> 0")
        return {row["tenant_id"]: row["node"] for row in rows}


@asynccontextmanager
async def open_estate(each: int, *, durable: bool = True) -> AsyncIterator[tuple[Estate, Load]]:
    """Three nodes with so many workspaces each, and load that is ready to run."""
    with serving() as [server]:
        more = {"NATS_URL": server.url, "PLIXA_NODE": "node-1", "SEND_DOUBT_SECONDS": DOUBT}
        async with open_rig(more=more, durable=durable) as rig, AsyncExitStack() as stack:
            estate = Estate(rig, {}, {"node-1": rig.server}, {"node-1": rig.port}, roving := Roving([rig.port]))
            for number in (2, 3):
                await stack.enter_async_context(_housed(estate, server, number))
            roving.ports = list(estate.doors.values())
            for port in list(estate.doors.values()) * each:
                workspace = await stack.enter_async_context(registered(f"http://127.0.0.1:{port}"))
                number_of = await pair(workspace, rig.whatsapp)
                await workspace.put("/v1/welcome-config", {"enabled": True, "message": GREETING, "delay_seconds": 1})
                headers = {"Authorization": f"Bearer {workspace.token}"}
                workspace.client = await stack.enter_async_context(
                    httpx.AsyncClient(base_url=rig.url, transport=roving, timeout=PATIENCE, headers=headers)
                )
                estate.tenants.append((workspace, number_of))
            yield estate, Load(estate.tenants, rig.whatsapp, transport=roving, patience=PATIENCE)


@asynccontextmanager
async def _housed(estate: Estate, server: Server, number: int) -> AsyncIterator[None]:
    """A node in a house of its own."""
    rig, house, name = estate.rig, House(number), f"node-{number}"
    database, gateway, inside = urlsplit(rig.postgres.url(DATABASE)), urlsplit(rig.whatsapp.url), free_port()
    socket = f"{parse_qs(database.query)['host'][0]}/.s.PGSQL.5432"
    house.raze()
    house.build()
    try:
        async with (
            passing_on(house.here("database"), 0, partial(trio.open_unix_socket, socket)) as postgres,
            passing_on(house.here("front"), 0, partial(trio.open_tcp_stream, "127.0.0.1", gateway.port or 0)) as phones,
            passing_on("127.0.0.1", 0, partial(trio.open_tcp_stream, house.there("front"), inside)) as door,
        ):
            env = {
                **rig.settings,
                "DATABASE_URL": f"postgresql://{database.username}@{house.here('database')}:{postgres}/{DATABASE}",
                "EVOLUTION_URL": f"http://{house.here('front')}:{phones}",
                "HOST": "0.0.0.0",
                "NATS_URL": server.url.replace("127.0.0.1", house.here("nats")),
                "PLIXA_NODE": name,
                "PORT": str(inside),
                "PUBLIC_URL": rig.url,
            }
            program = Program("plixa", "web", log=rig.log, env=env, inside=house.inside)
            program.start()
            try:
                await answering(f"http://127.0.0.1:{door}/readyz", program)
                estate.houses[name], estate.programs[name], estate.doors[name] = house, program, door
                yield
            finally:
                with trio.CancelScope(shield=True):
                    await trio.to_thread.run_sync(program.kill)
    finally:
        house.raze()


async def partitions(
    plan: Plan, cuts: list[tuple[Link, How]], lasting: tuple[float, ...], *, durable: bool = True
) -> Report:
    """Cut and mend, in random order; the report says what was found."""
    healed, moved = dict[str, list[float]](), 0
    async with open_estate(2, durable=durable) as (estate, load):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lambda: load.run(chatty=plan.chatty, quiet_every=plan.quiet_every))
            await trio.sleep(2)
            for link, how in random.sample(cuts, len(cuts)):
                name = random.choice(list(estate.houses))
                house, before = estate.houses[name], await estate.leases()
                house.cut(link, how)
                await trio.sleep(random.choice(lasting))
                after = await estate.leases()
                moved += sum(before[each] == name != after[each] for each in before)
                house.cut(link, how, mend=True)
                healed.setdefault(f"{link} {how}", []).append(await _heals(estate))
            load.finish()
        for name in estate.houses:
            await trio.to_thread.run_sync(estate.programs[name].terminate, 12)
        estate.roving.ports = [estate.rig.port]
        evidence = await gather(estate.rig, load.ledger, estate.tenants)
        shown = report("nodes cut off", estate.rig, plan, load, evidence)
    slow = {what: max(took) for what, took in healed.items()}
    late = [f"{each:.1f} s after {what} was mended all was well" for what, each in slow.items() if each > HEALED_WITHIN]
    figures = {
        **shown.figures,
        "workspaces that others took meanwhile": moved,
        "healed after, slowest, seconds": {what: round(each, 1) for what, each in slow.items()},
        "reigns": len(evidence.reigns),
    }
    return Report(shown.title, figures, [*broken_promises(evidence), *late])


async def _heals(estate: Estate) -> float:
    """How long it takes until all is well."""
    began = time.monotonic()
    with trio.move_on_after(GIVEN_UP_AFTER):
        while not await estate.well():  # noqa: ASYNC110  # it has to be asked
            await trio.sleep(0.1)
    return time.monotonic() - began


async def main(rounds: int) -> bool:
    """The long form; whether all is well."""
    if not can():
        print("namespaces want root and `ip`")
        return False
    return (await partitions(Plan(rounds, chatty=6), list(CUTS) * rounds, LASTING)).show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.partitions", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="how often each link is cut in each way")
    sys.exit(not trio.run(main, parser.parse_args().rounds))
