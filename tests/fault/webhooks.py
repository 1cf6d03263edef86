"""Outbound webhooks under load: 20 endpoints of which 5 hang and 5 refuse; the others must not notice.

    python -m tests.fault.webhooks --rate 200 --seconds 60

Customers write, agents answer some of them; each inbound message is an event of the workspace, and `--rate` is the
deliveries a second to the healthy endpoints together. The server, its Postgres and the gateway are processes of their
own; customers and receivers are this one. Reported, with webhooks and without: p50 and p99 of the healthy endpoints
from commit to delivery, what customers' webhooks take and what the house's own sends take from their commit to the
gateway, the server's memory, and processor time. Beside the run without webhooks: how much longer own sends take, and
what a delivery costs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import httpx
import psutil
import trio

from plixa.http.clients.tls import trusted
from tests.clients.far_end import HangUp, Reply
from tests.fault.report import Report
from tests.fault.rig import Rig, open_rig
from tests.harness import Json, Number, Workspace
from tests.webhooks.receiver import TAKEN, open_receiver

CUSTOMERS = 100
ANSWERS = 10.0
"""The house's own messages a second."""
SENT = """
select extract(epoch from s.at - q.at)::float8 as took from events q
join events s on s.tenant_id = q.tenant_id and s.stream = q.stream and s.type = 'message.sent'
    and s.data->>'message_id' = q.data->>'message_id'
where q.type = 'message.queued' and q.at > to_timestamp({since})
"""
WAIT = 30.0
WITHIN = 1.0
"""Seconds for the healthy ones' p99."""


@dataclass(frozen=True)
class Plan:
    """rate: deliveries a second to the healthy ones together. How many endpoints of each sort."""

    rate: float = 200
    seconds: float = 30
    healthy: int = 10
    hang: int = 5
    refuse: int = 5

    @property
    def messages(self) -> float:
        """Customers' messages a second."""
        return self.rate / 10

    @property
    def expected(self) -> int:
        """What the healthy ones must get."""
        return self.healthy * int(self.messages * self.seconds)


def at(share: float, values: list[float]) -> float:
    """So many of them are at most this, in milliseconds."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0


@dataclass
class Figures:
    """Seconds from commit to delivery, what customers' webhooks took, and what the house's own sends took; bytes; CPU
    seconds of server and database."""

    delays: list[float] = field(default_factory=list[float])
    posts: list[float] = field(default_factory=list[float])
    sends: list[float] = field(default_factory=list[float])
    memory: int = 0
    cpu: float = 0.0
    database: float = 0.0
    theirs: float = 0.0

    def shown(self) -> Json:
        """For people."""
        return {
            "deliveries to healthy endpoints": len(self.delays),
            "commit to delivery, p50, ms": at(0.5, self.delays),
            "commit to delivery, p99, ms": at(0.99, self.delays),
            "a customer's webhook, p50, ms": at(0.5, self.posts),
            "a customer's webhook, p99, ms": at(0.99, self.posts),
            "own sends": len(self.sends),
            "own send to the gateway, p50, ms": at(0.5, self.sends),
            "own send to the gateway, p95, ms": at(0.95, self.sends),
            "own send to the gateway, p99, ms": at(0.99, self.sends),
            "memory more, MiB": self.memory / 2**20,
            "CPU of the server, s": self.cpu,
            "CPU of the database, s": self.database,
            "CPU of customers and receivers, s": self.theirs,
        }


def beside(figures: Figures, without: Figures) -> Json:
    """What webhooks add, for people."""
    cpu = (figures.cpu - without.cpu, figures.database - without.database)
    each = {
        f"CPU of a delivery, {of}, ms": seconds * 1000 / len(figures.delays)
        for of, seconds in zip(("server", "database"), cpu, strict=True)
        if figures.delays
    }
    longer = {f"own send, p{share}, ms more": _more(share / 100, figures, without) for share in (50, 95, 99)}
    return {**each, **longer}


def _more(share: float, figures: Figures, without: Figures) -> float:
    return at(share, figures.sends) - at(share, without.sends)


async def run(rig: Rig, plan: Plan) -> Figures:
    """One workspace of a running installation."""
    figures = Figures()
    workspace, number = await rig.workspace()
    await workspace.put("/v1/inbox-config", {"quiet_seconds": 0})
    async with trio.open_nursery() as nursery:
        await _subscribe(nursery, workspace, plan, figures)
        server, database = psutil.Process(rig.server.pid), _family(rig)
        memory, cpu, of_database = server.memory_info().rss, _cpu([server]), _cpu(database)
        theirs = time.process_time()
        began = time.time()
        async with trio.open_nursery() as people:
            people.start_soon(_write, workspace, number, plan, figures)
            people.start_soon(_answer, workspace, plan)
        await _settled(figures, plan.expected)
        figures.memory, figures.cpu = server.memory_info().rss - memory, _cpu([server]) - cpu
        figures.theirs = time.process_time() - theirs
        figures.database = _cpu(_family(rig)) - of_database
        figures.sends = [row["took"] for row in await rig.query(SENT.format(since=began))]
        nursery.cancel_scope.cancel()
    return figures


async def _subscribe(nursery: trio.Nursery, workspace: Workspace, plan: Plan, figures: Figures) -> None:
    def taken(event: Json) -> Reply:
        figures.delays.append(time.time() - datetime.fromisoformat(event["created_at"]).timestamp())
        return TAKEN

    def hung(_: Json) -> Reply | None:
        return None

    def refused(_: Json) -> Reply:
        raise HangUp

    for answer, count in ((taken, plan.healthy), (hung, plan.hang), (refused, plan.refuse)):
        for _ in range(count):
            await (await open_receiver(nursery, answer, checks=False)).subscribe(workspace, ["message.inbound"])


def _family(rig: Rig) -> list[psutil.Process]:
    postmaster = psutil.Process(int((rig.postgres.directory / "postmaster.pid").read_text().splitlines()[0]))
    return [postmaster, *postmaster.children()]


def _cpu(processes: list[psutil.Process]) -> float:
    return sum(sum(each.cpu_times()[:2]) for each in processes if each.is_running())


async def _write(workspace: Workspace, number: Number, plan: Plan, figures: Figures) -> None:
    """Customers' messages, on a fixed schedule."""
    limits = httpx.Limits(max_connections=50)
    async with (
        httpx.AsyncClient(
            base_url=workspace.client.base_url, timeout=20, verify=trusted(), trust_env=False, limits=limits
        ) as client,
        trio.open_nursery() as nursery,
    ):

        async def one(place: int) -> None:
            began = trio.current_time()
            body = number.message(f"55119876{place % CUSTOMERS:05}", f"oi {place}", f"K{place}")
            assert (await number.post(client, body)).status_code == 200
            figures.posts.append(trio.current_time() - began)

        began = trio.current_time()
        for place in range(int(plan.messages * plan.seconds)):
            await trio.sleep_until(began + place / plan.messages)
            nursery.start_soon(one, place)


async def _answer(workspace: Workspace, plan: Plan) -> None:
    """The house writes to its customers, in turn."""
    await trio.sleep(1)
    found = [each["id"] for each in (await workspace.get("/v1/conversations", limit=100))["data"]]
    began = trio.current_time()
    for place in range(int((plan.seconds - 1) * ANSWERS)):
        await trio.sleep_until(began + place / ANSWERS)
        path = f"/v1/conversations/{found[place % len(found)]}/messages"
        await workspace.post(path, {"body": f"Ola {place}"})


async def _settled(figures: Figures, expected: int) -> None:
    """Wait until all that healthy endpoints should hear is there."""
    with trio.move_on_after(WAIT):
        while len(figures.delays) < expected:  # noqa: ASYNC110  # of many receivers
            await trio.sleep(0.05)
    await trio.sleep(0.5)  # what is being sent to the gateway


def sorts(plan: Plan) -> Mapping[str, Plan]:
    """What is measured, in this order."""
    none = Plan(plan.rate, plan.seconds, 0, 0, 0)
    return {"without webhooks": none, "healthy alone": Plan(plan.rate, plan.seconds, plan.healthy, 0, 0), "all": plan}


async def webhooks(plan: Plan, chosen: str | None = None) -> list[Report]:
    """A report of each, each on an installation of its own."""
    reports, measured = list[Report](), list[Figures]()
    for name, each in sorts(plan).items():
        if chosen in (None, name):
            async with open_rig() as rig:
                figures = await run(rig, each)
            added = beside(figures, measured[0]) if measured else {}
            measured.append(figures)
            reports.append(Report(name, figures.shown() | added, breaches(each, figures)))
    return reports


def breaches(plan: Plan, figures: Figures) -> list[str]:
    """What was promised and is not so."""
    wrong = list[str]()
    if len(figures.delays) != plan.expected:
        wrong.append(f"the healthy ones got {len(figures.delays)} of {plan.expected}")
    if plan.healthy and at(0.99, figures.delays) >= WITHIN * 1000:
        wrong.append(f"p99 of the healthy ones is {at(0.99, figures.delays):.0f} ms")
    return wrong


async def main(plan: Plan, chosen: str | None) -> bool:
    """Whether all is well."""
    held = [report.show() for report in await webhooks(plan, chosen)]
    return all(held)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.webhooks", description=__doc__)
    parser.add_argument("--rate", type=float, default=Plan.rate, help="deliveries a second to the healthy endpoints")
    parser.add_argument("--seconds", type=float, default=Plan.seconds)
    parser.add_argument("--only", choices=list(sorts(Plan())))
    args = parser.parse_args()
    sys.exit(0 if trio.run(main, Plan(args.rate, args.seconds), args.only) else 1)
