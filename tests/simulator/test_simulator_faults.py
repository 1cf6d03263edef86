"""What can be made to go wrong does go wrong, and nothing else does."""

from __future__ import annotations

import httpx
import pytest
import trio
from simulator_harness import JID, Gateway, Receiver, Start


async def test_drop_after_send_closes_the_connection_but_the_message_is_out(
    gateway: Gateway, receiver: Receiver
) -> None:
    await gateway.link()
    await gateway.faults(drop_after_send=1)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        await gateway.send("out")
    await gateway.faults()
    assert (await receiver.wait_for("send.message"))[0]["message"] == {"conversation": "out"}
    assert [one["text"] for one in await gateway.screen()] == ["out"]
    assert (await gateway.send()).status_code == 201


async def test_errors_do_nothing_but_answer(gateway: Gateway) -> None:
    await gateway.link()
    await gateway.faults(error_rate=1, error_status=502)
    answer = await gateway.send()
    assert (answer.status_code, answer.json()["status"]) == (502, 502)
    assert await gateway.screen() == []


async def test_slow(gateway: Gateway) -> None:
    await gateway.link()
    await gateway.faults(slow_ms=120)
    started = trio.current_time()
    await gateway.send()
    assert trio.current_time() - started >= 0.12


async def test_refused_messages_get_error_and_no_tick(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    await gateway.faults(refuse=1)
    assert (await gateway.send()).status_code == 201
    assert [one["status"] for one in await receiver.wait_for("messages.update")] == ["ERROR"]
    await trio.sleep(0.05)
    assert (await gateway.screen())[0]["status"] == "ERROR"


async def test_silence_hides_events_but_not_messages(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    await gateway.faults(silence=1)
    await gateway.write(text="hidden")
    await gateway.faults()
    await gateway.write(text="told")
    told = await receiver.wait_for("messages.upsert")
    await gateway.wait_until(pending=0)
    assert [one["message"]["conversation"] for one in told] == ["told"]
    found = await gateway.client.post("/chat/findMessages/acme", json={"where": {"key": {"remoteJid": JID}}})
    assert found.json()["messages"]["total"] == 2


async def test_duplicates_are_emitted_anew(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    await gateway.faults(duplicate=1)
    await gateway.write()
    first, second = await receiver.wait_for("messages.upsert", 2)
    assert first == second


async def test_reordered_events_overtake(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    await gateway.wait_until(pending=0)
    await gateway.faults(reorder=1, reorder_ms=300, seed=1)
    for number in range(8):
        await gateway.write(text=str(number))
    told = [one["message"]["conversation"] for one in await receiver.wait_for("messages.upsert", 8)]
    assert sorted(told) == list("01234567")
    assert told != sorted(told)


async def test_the_same_seed_fails_the_same_calls(gateway: Gateway) -> None:
    await gateway.link()
    runs: list[list[int]] = []
    for seed in (7, 7, 8):
        await gateway.faults(error_rate=0.5, seed=seed)
        runs.append([(await gateway.send()).status_code for _ in range(20)])
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
    assert set(runs[0]) == {201, 503}


async def test_the_seed_of_the_settings_holds_from_the_start(start: Start) -> None:
    runs: list[list[int]] = []
    for _ in range(2):
        gateway = await start(seed=3)
        await gateway.link()
        await gateway.faults(error_rate=0.5)
        runs.append([(await gateway.send()).status_code for _ in range(20)])
    assert runs[0] == runs[1]


async def test_faults_are_read_back_and_checked(gateway: Gateway) -> None:
    await gateway.faults(silence=0.25, slow_ms=10)
    shown = (await gateway.client.get("/sim/faults")).json()
    assert (shown["silence"], shown["slow_ms"], shown["duplicate"]) == (0.25, 10, 0)
    for wrong in ({"silence": 1.5}, {"error_status": 404}, {"sluw_ms": 1}):
        answer = await gateway.client.put("/sim/faults", json=wrong)
        assert answer.status_code == 400
        assert next(iter(wrong)) in answer.json()["response"]["message"]
    assert (await gateway.client.get("/sim/faults")).json() == shown


async def test_reset_forgets_everything(gateway: Gateway) -> None:
    await gateway.link()
    await gateway.write()
    await gateway.faults(silence=1)
    await gateway.client.post("/sim/reset")
    assert (await gateway.client.get("/sim/instances")).json() == []
    assert (await gateway.client.get("/sim/customers")).json() == []
    assert (await gateway.client.get("/sim/faults")).json()["silence"] == 0
    assert (await gateway.client.get("/instance/connectionState/acme")).status_code == 404
    assert (await gateway.create()).status_code == 201


async def test_what_was_under_way_is_not_told_after_a_reset(start: Start, receiver: Receiver) -> None:
    gateway = await start(server_ack_delay=0.1)
    await gateway.link()
    await gateway.send()
    await gateway.client.post("/sim/reset")
    await trio.sleep(0.2)
    assert receiver.events("messages.update") == []
