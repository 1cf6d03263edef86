"""Many conversations in flows at once, while the gateway is slow and fails and the server is killed in the middle: all
reach the end that the graph says.

Promise: each customer sees every step of the flow exactly once, in order (twice only if a send stood as `unknown` in
between), whatever the gateway does; those who take the first way end resolved, the others with a person. The menu has
buttons, which the gateway now and then refuses: whoever sees them taps, the others answer its numbers, and nobody sees
both.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import trio

from tests.fault.report import Report
from tests.fault.rig import Rig, open_rig
from tests.harness import Json, Number, Workspace

GRAPH: Json = {
    "nodes": [
        {"id": "s", "type": "start"},
        {
            "id": "m",
            "type": "menu",
            "data": {
                "text": "What is it?",
                "options": [{"id": "a", "label": "Prices"}, {"id": "b", "label": "A person"}],
                "as": "buttons",
            },
        },
        {"id": "c", "type": "capture", "data": {"text": "For what day?", "field": "flow.day", "kind": "date"}},
        {"id": "e", "type": "end", "data": {"text": "Thank you, until {{flow.day}}.", "resolve": True}},
        {"id": "h", "type": "handoff", "data": {"text": "Somebody comes."}},
    ],
    "edges": [
        {"id": "1", "source": "s", "target": "m"},
        {"id": "2", "source": "m", "target": "c", "condition": "a"},
        {"id": "3", "source": "m", "target": "h", "condition": "b"},
        {"id": "4", "source": "c", "target": "e"},
    ],
}
MENU = "What is it?\n\n1. Prices\n2. A person"
FIRST = ("hello", MENU, "1", "For what day?", "2027-05-01", "Thank you, until May 1, 2027.")
SECOND = ("hello", MENU, "2", "Somebody comes.")
TAPPED = "*What is it?*\n\n1. Prices\n2. A person"
FAULTS: dict[str, Any] = {
    "slow_ms": 80,
    "slow": 0.3,
    "error_rate": 0.1,
    "drop_after_send": 0.03,
    "no_menus": 0.02,
    "seed": 7,
}
STEP_WITHIN = 240.0


@dataclass(frozen=True)
class Plan:
    """How many conversations; how often the server is killed meanwhile."""

    conversations: int = 500
    kills: int = 2


async def flows(plan: Plan) -> Report:
    """Run it to its end."""
    async with open_rig() as rig:
        workspace, number = await rig.workspace()
        await _publish(workspace)
        await rig.whatsapp.faults(**FAULTS)
        began = time.monotonic()
        phones = [f"55119{70000000 + n}" for n in range(plan.conversations)]
        breaches: list[str] = []
        limit = trio.CapacityLimiter(100)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_kill, rig, plan.kills)
            for n, phone in enumerate(phones):
                nursery.start_soon(_walk, rig, number, phone, _script(n), limit, breaches)
        breaches += [each async for each in _ends(rig, phones)]
        figures = {
            "conversations": plan.conversations,
            "kills of the server": rig.kills,
            "seconds": time.monotonic() - began,
        }
        return Report("flows under a slow and failing gateway", figures, breaches)


def _script(n: int) -> tuple[str, ...]:
    return FIRST if n % 3 else SECOND


async def _publish(workspace: Workspace) -> None:
    await workspace.client.put("/v1/inbox-config", json={"quiet_seconds": 0.3})
    flow = await workspace.post("/v1/flows", {"name": "Load", "draft_definition": GRAPH})
    await workspace.post(f"/v1/flows/{flow['id']}/publish")
    await workspace.post(f"/v1/flows/{flow['id']}/toggle", {"enabled": True})


async def _kill(rig: Rig, times: int) -> None:
    for _ in range(times):
        await trio.sleep(4)
        await rig.kill()
        await rig.start()


async def _walk(
    rig: Rig, number: Number, phone: str, script: tuple[str, ...], limit: trio.CapacityLimiter, breaches: list[str]
) -> None:
    """One customer: says their lines, each once the house's has come."""
    async with limit:
        expected: list[str] = []
        for said, awaited in zip(script[::2], script[1::2], strict=True):
            expected += [await _say(rig, number, phone, said), awaited]
            if not await _seen(rig, phone, awaited):
                breaches.append(f"{phone}: never saw {awaited!r}")
                return
        screen = [bubble["text"] for bubble in await rig.whatsapp.screen(phone)]
        if _once([_plain(text) for text in screen]) != expected or {MENU, TAPPED} <= set(screen):
            breaches.append(f"{phone}: saw {screen}")


async def _say(rig: Rig, number: Number, phone: str, said: str) -> str:
    """Write it; or tap what it is the number of, where there is something to tap. Returns what the screen shows."""
    screen = await rig.whatsapp.screen(phone)
    menu = next((bubble for bubble in screen if bubble["options"]), None)
    if menu is None or not said.isdecimal():
        await rig.whatsapp.write(number, phone, said)
        return said
    option = menu["options"][int(said) - 1]
    await rig.whatsapp.write(number, phone, type="tap", to=menu["id"], choice=option["id"])
    return str(option["label"])


def _plain(text: str) -> str:
    return MENU if text == TAPPED else text


def _once(texts: list[str]) -> list[str]:
    """Without what comes twice in a row."""
    return [text for n, text in enumerate(texts) if n == 0 or texts[n - 1] != text]


async def _seen(rig: Rig, phone: str, text: str) -> bool:
    with trio.move_on_after(STEP_WITHIN):
        while text not in await _texts(rig, phone):  # noqa: ASYNC110  # a screen has no event
            await trio.sleep(0.25)
        return True
    return False


async def _texts(rig: Rig, phone: str) -> list[str]:
    return [_plain(bubble["text"]) for bubble in await rig.whatsapp.screen(phone)]


async def _ends(rig: Rig, phones: list[str]) -> AsyncIterator[str]:
    """What the inbox says of each conversation, and whether a step was taken twice."""
    rows = await rig.query("select phone, status, mode from conversations")
    ends = {row["phone"]: (row["status"], row["mode"]) for row in rows}
    for n, phone in enumerate(phones):
        wanted = ("resolved", "idle") if n % 3 else ("open", "human")
        if ends.get(phone) != wanted:
            yield f"{phone}: ended as {ends.get(phone)}, not {wanted}"
    sent = "select body, conversation_id from messages where direction = 'outbound' and type = 'text' order by id"
    for breach in _doubled(await rig.query(sent)):
        yield breach


def _doubled(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The same step queued twice in one conversation is a flow that answered twice."""
    seen: set[tuple[int, str]] = set()
    for row in rows:
        key = (row["conversation_id"], row["body"])
        if key in seen:
            yield f"conversation {row['conversation_id']}: {row['body']!r} was queued twice"
        seen.add(key)


async def main(conversations: int, kills: int) -> bool:
    """Whether all is well."""
    return (await flows(Plan(conversations, kills))).show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.flows", description=__doc__)
    parser.add_argument("--conversations", type=int, default=500, help="how many customers walk at once")
    parser.add_argument("--kills", type=int, default=2, help="how often the server is killed meanwhile")
    args = parser.parse_args()
    sys.exit(0 if trio.run(main, args.conversations, args.kills) else 1)
