"""What stalls or kills the server is put aside: the others are served, and the third start serves everybody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count

import httpx
import pytest
import trio
from msgspec import json

from plixa.engine.brake import Strike, strikes_file
from tests.fault.poisoned import COMPUTES, READS, SENDS, WAITS
from tests.fault.rig import Rig, open_rig
from tests.harness import Json, Number, Workspace

PHONE, OTHER = "5511930000001", "5511930000002"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]
_keys = count(1)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with open_rig(durable=False, module="tests.fault.poisoned") as rig:
        yield rig


async def until(true: Callable[[], Awaitable[object]], within: float = 25.0) -> None:
    with trio.fail_after(within):
        while not await true():  # noqa: ASYNC110  # it is another process's doing
            await trio.sleep(0.05)


async def strikes(rig: Rig) -> list[Strike]:
    file = strikes_file(rig.files, "node-1")
    return list(json.decode(file.read_bytes(), type=dict[str, Strike]).values()) if file.exists() else []


async def killed_in_the_stall(rig: Rig, times: int, *, ready: bool = True) -> None:
    """Kill it while something holds it for the n-th time, as whoever probes its health would; start it again.

    ready: wait until it is. What the gateway brings again at once may hold it before it ever says so.
    """

    async def stalls() -> bool:
        return any(strike.times == times for strike in await strikes(rig))

    await until(stalls)
    await rig.kill()
    if ready:
        await rig.start()
    else:
        rig.server.start()


async def bodies(workspace: Workspace, phone: str) -> list[str]:
    """The texts of a customer's conversation, oldest first; none before there is one."""
    found = (await workspace.get("/v1/conversations", q=phone))["data"]
    if not found:
        return []
    messages: list[Json] = (await workspace.get(f"/v1/conversations/{found[0]['id']}/messages"))["data"]
    return [message["body"] for message in reversed(messages)]


async def parked(rig: Rig) -> list[str]:
    return [row["error"] for row in await rig.query("select error from parked")]


async def post(workspace: Workspace, number: Number, phone: str, text: str) -> str:
    answer = await number.post(workspace.client, number.message(phone, text, f"15015{next(_keys):015d}"))
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_decision_that_computes_for_ever_is_ended_and_put_aside(rig: Rig) -> None:
    workspace, number = await rig.workspace()
    await post(workspace, number, PHONE, "before")
    assert await post(workspace, number, PHONE, COMPUTES) == "dead_letter"  # the server answers, by itself
    assert await post(workspace, number, PHONE, "after") == "stored"
    assert await bodies(workspace, PHONE) == ["before", "after"]
    assert await parked(rig) == ["Stalled"]


async def test_a_decision_that_the_process_died_in_twice_is_put_aside(rig: Rig) -> None:
    workspace, number = await rig.workspace()
    await rig.whatsapp.write(number, PHONE, "before")
    await rig.whatsapp.write(number, PHONE, WAITS)
    await rig.whatsapp.write(number, OTHER, "oi")
    for times in (1, 2):
        await killed_in_the_stall(rig, times, ready=times == 2)

    async def served() -> bool:
        return await bodies(workspace, OTHER) == ["oi"]

    await until(served)
    await rig.whatsapp.write(number, PHONE, "after")

    async def goes_on() -> bool:
        return await bodies(workspace, PHONE) == ["before", "after"]

    await until(goes_on)
    assert await parked(rig) == ["Stalled"]  # once, though the gateway and the look-back have both brought it again


async def test_a_webhook_that_the_process_died_in_twice_is_kept(rig: Rig) -> None:
    workspace, number = await rig.workspace()
    await rig.whatsapp.write(number, PHONE, READS)
    for times in (1, 2):
        await killed_in_the_stall(rig, times, ready=times == 2)

    async def kept() -> bool:
        return len(await rig.query("select reason from kept_bodies")) == 1

    await until(kept)
    await rig.whatsapp.write(number, OTHER, "oi")

    async def served() -> bool:
        return await bodies(workspace, OTHER) == ["oi"]

    await until(served)


async def test_an_effect_that_the_process_died_in_twice_is_failed(rig: Rig) -> None:
    workspace, number = await rig.workspace()
    await post(workspace, number, PHONE, "oi")
    [conversation] = (await workspace.get("/v1/conversations"))["data"]
    path = f"/v1/conversations/{conversation['id']}/messages"
    await workspace.post(path, {"type": "text", "body": SENDS})
    await killed_in_the_stall(rig, 1)
    await workspace.post(path, {"type": "text", "body": "and this"})  # while the first is looked for
    await killed_in_the_stall(rig, 2)

    async def told() -> bool:
        messages: list[Json] = (await workspace.get(path))["data"]
        states = {message["body"]: message["status"] for message in messages}
        return states[SENDS] == "failed" and states["and this"] in ("sent", "delivered", "read")

    await until(told)
    assert [screen["text"] for screen in await rig.whatsapp.screen(PHONE) if screen["from"] == "business"] == [
        "and this"
    ]
    [strike] = await strikes(rig)
    assert "gateway.send" in strike.name
    async with httpx.AsyncClient() as client:
        assert "plixa_work_put_aside_total" in (await client.get(f"{rig.url}/metrics")).text
