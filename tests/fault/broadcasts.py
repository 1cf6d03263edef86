"""A broadcast to very many, while the gateway is slow, fails and drops connections, and the server is killed.

Promise: everybody gets it exactly once, or stands as `unknown` and was looked up; in the order of their places but for
as many as have their turn at once; never faster than the pace, restarts included. Customers who write meanwhile are
answered: how long that takes is measured before and meanwhile, in one run.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import trio

from plixa.actors.broadcasts.state import WINDOW
from tests.fault.report import Report
from tests.fault.rig import Rig, open_rig
from tests.harness import Json, Number, Workspace

TEXT = "Hoje tem pão de queijo."
ANSWER = "Somebody will be with you in a moment."
GREETS: Json = {
    "nodes": [
        {"id": "s", "type": "start", "data": {"trigger": "first_message"}},
        {"id": "e", "type": "end", "data": {"text": ANSWER}},
    ],
    "edges": [{"id": "1", "source": "s", "target": "e"}],
}
FAULTS: dict[str, Any] = {"slow_ms": 80, "slow": 0.2, "error_rate": 0.02, "drop_after_send": 0.02, "seed": 7}
DONE_WITHIN = 1800.0
MANY = 1_000_000
"""More probes than any broadcast takes: it ends before them."""
PAUSE = 0.05
"""Seconds between a customer's answer and the next customer."""
VARIES = 0.75
"""The shortest gap is so much of the average one."""


@dataclass(frozen=True)
class Plan:
    """per_minute: the pace; 0 for none. probes: customers who write before, and
    meanwhile: where nothing fails, until it is over."""

    recipients: int = 10_000
    kills: int = 5
    per_minute: int = 6000
    probes: int = 100
    faults: bool = True


@dataclass
class Answered:
    """How long customers waited for their answers, in seconds."""

    took: list[float] = field(default_factory=list[float])

    def at(self, share: float) -> float:
        """So many of them waited at most so long."""
        return sorted(self.took)[min(int(len(self.took) * share), len(self.took) - 1)] if self.took else 0.0


async def broadcasts(plan: Plan) -> Report:
    """Run it to its end."""
    pace = {"BROADCAST_PER_MINUTE": str(plan.per_minute)}
    async with open_rig(more=pace) as rig:
        workspace, number = await rig.workspace()
        await _prepare(workspace)
        phones = [f"55119{70000000 + n}" for n in range(plan.recipients)]
        label = await _labelled(rig, workspace, number, phones)
        before, meanwhile = Answered(), Answered()
        await _probe(rig, number, before, plan.probes, 0)
        began = time.monotonic()
        async with trio.open_nursery() as nursery:
            id_ = await _create(workspace, label)
            if not plan.faults and not plan.kills:  # to its end
                nursery.start_soon(_probe, rig, number, meanwhile, MANY, 1)
            else:
                await _probe(rig, number, meanwhile, plan.probes, 1)
            if plan.faults:
                await rig.whatsapp.faults(**FAULTS)
            nursery.start_soon(_kill, rig, plan)
            found = await _over(rig, id_)
            nursery.cancel_scope.cancel()
        seconds = time.monotonic() - began
        await rig.whatsapp.faults()
        breaches = [each async for each in _breaches(rig, plan, found, phones)]
        figures = _figures(rig, seconds, found, before, meanwhile)
        return Report("a broadcast under a slow and failing gateway", figures, breaches)


def _figures(rig: Rig, seconds: float, found: Json, before: Answered, meanwhile: Answered) -> Json:
    shown = {f"recipients {row['state']}": row["count"] for row in found["states"]}
    asked = {"customers before": len(before.took), "customers meanwhile": len(meanwhile.took)}
    times = {
        f"answered {name}, p{share}": each.at(share / 100)
        for share in (50, 99)
        for name, each in (("before", before), ("meanwhile", meanwhile))
    }
    ratio = meanwhile.at(0.99) / before.at(0.99) if before.took and meanwhile.took else 0.0
    told = {"kills of the server": rig.kills, "seconds": seconds, "messages a second": found["total"] / seconds}
    return {"recipients": found["total"], **shown, **told, **asked, **times, "p99 meanwhile, times before": ratio}


# -- before -----------------------------------------------------------------------------------------------------------


async def _prepare(workspace: Workspace) -> None:
    await workspace.put("/v1/inbox-config", {"quiet_seconds": 0})
    await workspace.put("/v1/broadcast-config", {"quiet_from": "00:00", "quiet_until": "00:00"})


async def _labelled(rig: Rig, workspace: Workspace, number: Number, phones: Sequence[str]) -> int:
    """Everybody has written before, some time ago, and has the label."""
    limit = trio.CapacityLimiter(50)
    async with trio.open_nursery() as nursery:
        for phone in phones:
            nursery.start_soon(_write, rig, number, phone, limit)
    await _settled(rig, len(phones))
    await rig.query("update messages set created_at = created_at - interval '2 hours'")
    label = (await workspace.post("/v1/labels", {"name": "VIP", "color": "#aabbcc"}))["id"]
    table = "phone,labels\n" + "".join(f"{phone},VIP\n" for phone in phones)
    handed_in = {"file": ("a.csv", table.encode(), "text/csv")}
    answer = await workspace.client.post("/v1/contacts/import", files=handed_in)
    assert answer.is_success, answer.text
    with trio.fail_after(300):
        while not await rig.query("select 1 from contact_imports where status = 'done'"):  # noqa: ASYNC110
            await trio.sleep(0.2)
    flow = await workspace.post("/v1/flows", {"name": "Greets", "draft_definition": GREETS})
    await workspace.post(f"/v1/flows/{flow['id']}/publish")
    await workspace.post(f"/v1/flows/{flow['id']}/toggle", {"enabled": True})
    return int(label)


async def _write(rig: Rig, number: Number, phone: str, limit: trio.CapacityLimiter) -> None:
    async with limit:
        await rig.whatsapp.write(number, phone, "oi")


async def _settled(rig: Rig, count: int) -> None:
    """Wait until all that was written is here."""
    with trio.fail_after(600):
        while (await rig.query("select count(*) as n from messages"))[0]["n"] < count:  # noqa: ASYNC110
            await trio.sleep(0.2)


async def _create(workspace: Workspace, label: int) -> int:
    made = await workspace.post("/v1/broadcasts", {"name": "Pão", "body": TEXT, "source": "label", "label_id": label})
    return int(made["id"])


# -- meanwhile --------------------------------------------------------------------------------------------------------


async def _probe(rig: Rig, number: Number, answered: Answered, probes: int, turn: int) -> None:
    """Customers write for the first time, one after the other, and are answered by the flow."""
    for n in range(probes):
        phone = f"55218{60000000 + turn * 1_000_000 + n}"
        began = time.monotonic()
        await rig.whatsapp.write(number, phone, "oi")
        with trio.fail_after(60):
            while len(await rig.whatsapp.screen(phone)) < 2:  # noqa: ASYNC110  # a screen has no event
                await trio.sleep(0.005)
        answered.took.append(time.monotonic() - began)
        await trio.sleep(PAUSE)


async def _kill(rig: Rig, plan: Plan) -> None:
    """Kill the server so often, spread over the recipients."""
    for kill in range(1, plan.kills + 1):
        queued = "select count(*) as n from broadcast_recipients where state <> 'pending'"
        while (await rig.query(queued))[0]["n"] < plan.recipients * kill / (plan.kills + 1):  # noqa: ASYNC110
            await trio.sleep(0.1)
        await rig.kill()
        await rig.start()


async def _over(rig: Rig, id_: int) -> Json:
    """Wait until it is over and nothing is on its way; how it stands then."""
    waits = "select 1 from outbox where state in ('queued', 'attempting', 'unknown') and kind like '%send%' limit 1"
    with trio.move_on_after(DONE_WITHIN):
        over = f"select 1 from broadcasts where id = {id_} and status in ('done', 'stopped')"
        while not await rig.query(over):  # noqa: ASYNC110
            await trio.sleep(0.5)
        while await rig.query(waits):  # noqa: ASYNC110
            await trio.sleep(0.5)
    [broadcast] = await rig.query(f"select * from broadcasts where id = {id_}")
    counted = f"select state, count(*) as count from broadcast_recipients where broadcast_id = {id_} group by state"
    states = await rig.query(f"{counted} order by state")
    return {"status": broadcast["status"], "states": states, "total": sum(row["count"] for row in states)}


# -- after ------------------------------------------------------------------------------------------------------------


async def _breaches(rig: Rig, plan: Plan, found: Json, phones: Sequence[str]) -> AsyncIterator[str]:
    if (found["status"], found["total"]) != ("done", plan.recipients):
        yield f"it is {found['status']}, with {found['total']} recipients"
    rows = await rig.query(
        "select r.id, r.state, r.queued_at, c.phone from broadcast_recipients r join contacts c on c.id = r.contact_id "
        "order by r.id"
    )
    for breach in (*_out_of_order(rows), *_too_fast(rows, plan)):
        yield breach
    seen = await _screens(rig, phones)
    for row in rows:
        if row["state"] in ("pending", "failed", "skipped"):
            yield f"{row['phone']}: {row['state']}"
        if seen[row["phone"]] != 1 and (row["state"] != "unknown" or seen[row["phone"]] > 1):
            yield f"{row['phone']}: is {row['state']}, and saw it {seen[row['phone']]} times"


async def _screens(rig: Rig, phones: Sequence[str]) -> Counter[str]:
    """How often each of them sees it."""
    seen, limit = Counter[str](), trio.CapacityLimiter(20)

    async def look(phone: str) -> None:
        async with limit:
            seen[phone] = [bubble["text"] for bubble in await rig.whatsapp.screen(phone)].count(TEXT)

    async with trio.open_nursery() as nursery:
        for phone in phones:
            nursery.start_soon(look, phone)
    return seen


def _out_of_order(rows: Sequence[Json]) -> Iterator[str]:
    """Nobody has their turn before somebody who comes more than a window earlier."""
    queued = [row for row in rows if row["queued_at"] is not None]
    latest = None
    for earlier, row in zip(queued, queued[WINDOW:], strict=False):
        latest = earlier["queued_at"] if latest is None else max(latest, earlier["queued_at"])
        if row["queued_at"] < latest:
            yield f"place {row['id']} had its turn before one up to place {earlier['id']}"


def _too_fast(rows: Sequence[Json], plan: Plan) -> Iterator[str]:
    """No two in a row closer than the shortest gap."""
    if not plan.per_minute:
        return
    times = sorted(row["queued_at"] for row in rows if row["queued_at"] is not None)
    shortest = 60 / plan.per_minute * VARIES
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    if fast := [gap for gap in gaps if gap < shortest * 0.9]:
        yield f"{len(fast)} gaps are shorter than {shortest:.4f} s, the shortest is {min(fast):.4f} s"


async def main(plan: Plan) -> bool:
    """Whether all is well."""
    return (await broadcasts(plan)).show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.broadcasts", description=__doc__)
    parser.add_argument("--recipients", type=int, default=Plan.recipients, help="how many get it")
    parser.add_argument("--kills", type=int, default=Plan.kills, help="how often the server is killed meanwhile")
    parser.add_argument("--per-minute", type=int, default=Plan.per_minute, help="the pace; 0: as fast as it goes")
    parser.add_argument(
        "--probes",
        type=int,
        default=Plan.probes,
        help="customers who write before it",
    )
    parser.add_argument("--no-faults", action="store_true", help="the gateway works as it should")
    args = parser.parse_args()
    whole = Plan(args.recipients, args.kills, args.per_minute, args.probes, not args.no_faults)
    sys.exit(0 if trio.run(main, whole) else 1)
