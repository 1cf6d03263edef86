"""A number with sends in doubt, dead files and unreadable pictures, beside one without: `python -m tests.fault.stuck`.

The gateway answers sends to some customers with "Timed Out", refuses to be asked about them, has lost files that it is
asked for, and cannot read pictures that it is sent. Of that number healthy messages go out meanwhile, and of another
workspace's number as many, turn by turn in one run.

Promise: the healthy messages of the troubled number go out as soon as the others (99 in 100 within `MOST_SLOWER` times
their time), each once; what cannot be settled stands as such, and what cannot be sent or had says why.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field

import httpx
import trio

from plixa.http.simulator import samples
from tests.fault.report import Report
from tests.fault.rig import Rig, open_rig
from tests.harness import Json, Number, Workspace

MOST_SLOWER = 1.2
UNREADABLE = samples.photo()[:300]
EVERY = 0.02
CONVERSATIONS = 10
TIMES = (
    "select q.data->>'message_id' as message, extract(epoch from s.at - q.at)::float8 as seconds "
    "from events q left join events s on s.tenant_id = q.tenant_id and s.stream = q.stream "
    "and s.type = 'message.sent' and s.data->>'message_id' = q.data->>'message_id' where q.type = 'message.queued'"
)


@dataclass(frozen=True)
class Plan:
    """`messages` of each number; so many of each trouble. slack: seconds that are nobody's fault, beside the ratio."""

    messages: int = 1000
    doubts: int = 5
    dead_files: int = 10
    pictures: int = 5
    slack: float = 0.0


@dataclass
class Side:
    """A workspace, its number, and what went out of it."""

    name: str
    workspace: Workspace
    number: Number
    phones: Sequence[str]
    conversations: list[int] = field(default_factory=list)
    sent: dict[int, str] = field(default_factory=dict)

    async def begin(self, rig: Rig) -> None:
        """Every healthy customer writes first."""
        for phone in self.phones:
            self.conversations.append(await written(rig, self, phone))

    async def send(self, serial: int) -> None:
        """One healthy message, to one customer after the other."""
        conversation, text = self.conversations[serial % len(self.conversations)], f"healthy {serial}"
        message = await answered(self, conversation, text)
        self.sent[message] = text


async def written(rig: Rig, side: Side, phone: str) -> int:
    """A customer writes; returns the conversation."""
    await rig.whatsapp.write(side.number, phone, "bom dia")
    with trio.fail_after(20):
        while not (found := (await side.workspace.get("/v1/conversations", q=phone))["data"]):  # noqa: ASYNC110
            await trio.sleep(0.05)
    return int(found[0]["id"])


async def answered(side: Side, conversation: int, text: str) -> int:
    """A member answers; returns the message."""
    path = f"/v1/conversations/{conversation}/messages"
    while True:
        answer: httpx.Response = await side.workspace.client.post(path, json={"body": text})
        if answer.status_code == 201:
            return int(answer.json()["data"]["id"])
        assert answer.status_code == 429, answer.text
        await trio.sleep(float(answer.headers["Retry-After"]))


async def stuck(plan: Plan) -> Report:
    """Run it to its end."""
    async with open_rig() as rig:
        troubled = Side("troubled", *await rig.workspace(), [f"55119{81000000 + n}" for n in range(CONVERSATIONS)])
        calm = Side("calm", *await rig.workspace(), [f"55119{82000000 + n}" for n in range(CONVERSATIONS)])
        for side in (troubled, calm):
            await side.begin(rig)
        doubtful = [f"55119{83000000 + n}" for n in range(plan.doubts)]
        in_doubt = [await written(rig, troubled, phone) for phone in doubtful]
        await rig.whatsapp.faults(timed_out=doubtful, no_look_ups=1, dead_files=1, dead_files_ms=500)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_trouble, rig, troubled, plan, in_doubt)
            await trio.sleep(2)  # the first look-ups have been refused, the first files been asked for again
            for serial in range(plan.messages):
                for side in (troubled, calm) if serial % 2 else (calm, troubled):
                    await side.send(serial)
                    await trio.sleep(EVERY)
        return await _judge(rig, plan, troubled, calm)


async def _trouble(rig: Rig, side: Side, plan: Plan, in_doubt: list[int]) -> None:
    """All the trouble there is, at once: it lasts longer than the run."""
    for n in range(plan.dead_files):
        await rig.whatsapp.write(side.number, side.phones[n % len(side.phones)], "", type="image", id=f"DEAD{n}")
    for conversation in in_doubt:
        await answered(side, conversation, "in doubt")
        await answered(side, conversation, "behind it")
    for n in range(plan.pictures):
        path = f"/v1/conversations/{side.conversations[n % len(side.conversations)]}/media-messages"
        answer = await side.workspace.client.post(path, files={"file": ("x.jpg", UNREADABLE)})
        assert answer.status_code == 201, answer.text


async def _judge(rig: Rig, plan: Plan, troubled: Side, calm: Side) -> Report:
    await _settled(rig)
    times = {int(row["message"]): row["seconds"] for row in await rig.query(TIMES)}
    slow = {side.name: _p99([times[message] or math.inf for message in side.sent]) for side in (troubled, calm)}
    usual = {
        side.name: statistics.median(times[message] or math.inf for message in side.sent) for side in (troubled, calm)
    }
    rows = await rig.query("select body, type, status, error, direction from messages where error is not null")
    figures: dict[str, object] = {"messages of each number": plan.messages}
    for name in slow:
        figures[f"{name}: queued to sent"] = f"median {usual[name] * 1000:.1f} ms, 99 % {slow[name] * 1000:.1f} ms"
    figures["99 % of the troubled to 99 % of the calm"] = slow["troubled"] / slow["calm"]
    breaches = [*_about_trouble(plan, rows)]
    if slow["troubled"] > MOST_SLOWER * slow["calm"] + plan.slack:
        breaches.append(
            f"healthy messages of the troubled number are {slow['troubled'] / slow['calm']:.2f} times slower"
        )
    for side in (troubled, calm):
        breaches += [breach async for breach in _about_screens(rig, side)]
    return Report("sends and files that cannot be settled", figures, breaches)


async def _settled(rig: Rig) -> None:
    """Wait until every healthy message has gone out."""
    open_ = "select count(*) as n from messages where body like 'healthy %' and status in ('queued', 'sending')"
    with trio.move_on_after(60):
        while (await rig.query(open_))[0]["n"]:  # noqa: ASYNC110
            await trio.sleep(0.1)


def _p99(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=100)[-1]


def _about_trouble(plan: Plan, rows: Sequence[Json]) -> Iterator[str]:
    """What cannot be settled is shown as in doubt, and what cannot be sent as failed, with the reason."""
    doubts = [row for row in rows if row["status"] == "unknown"]
    if len(doubts) != plan.doubts or {row["body"] for row in doubts} - {"in doubt"}:
        yield f"{len(doubts)} messages stand in doubt, not {plan.doubts}"
    failed = [row for row in rows if row["status"] == "failed"]
    if len(failed) != plan.pictures or not all("cannot read this picture" in row["error"] for row in failed):
        yield f"{len(failed)} pictures failed with the reason, not {plan.pictures}"


async def _about_screens(rig: Rig, side: Side) -> AsyncIterator[str]:
    """Each healthy message is there, once."""
    seen = [bubble["text"] for phone in side.phones for bubble in await rig.whatsapp.screen(phone)]
    healthy = [text for text in seen if text.startswith("healthy")]
    if sorted(healthy) != sorted(side.sent.values()):
        yield f"{side.name}: {len(side.sent)} healthy messages were sent, {len(healthy)} are on the screens"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.stuck", description=__doc__)
    parser.add_argument("--messages", type=int, default=Plan.messages, help="healthy messages of each number")
    args = parser.parse_args()
    sys.exit(0 if trio.run(stuck, Plan(args.messages)).show() else 1)
