"""What a simulator that keeps its state knows after a restart, be it stopped or killed."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from simulator_harness import CUSTOMER, FAST, KEY, Receiver

from plixa.http.clients.tls import trusted
from plixa.http.simulator import SimulatorApp, SimulatorSettings, memory, serve
from plixa.http.simulator.memory import FILE, Occupied

QUICK: dict[str, Any] = {"server_ack_delay": 0.01, "delivery_delay": 0.01, "read_delay": 0.01, "reconnect_delay": 0.01}


def settings(folder: Path, **changes: Any) -> SimulatorSettings:
    return SimulatorSettings(port=0, api_key=KEY, pairing="manual", webhook=FAST, data=folder, **(QUICK | changes))


class Life:
    """A client of one life of a simulator."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        if "json" in more:  # httpx would refuse half an emoji
            more = {"content": json.dumps(more["json"]), "headers": {"content-type": "application/json"}}
        answer = await self.client.request(method, path, **more)
        assert answer.is_success, answer.text
        return answer.json()

    async def linked(self, hook: str = "http://127.0.0.1:1/hook") -> None:
        webhook = {"url": hook, "headers": {"x-secret": "s"}, "events": ["CONNECTION_UPDATE", "MESSAGES_UPSERT"]}
        body = {"instanceName": "loja", "integration": "WHATSAPP-BAILEYS", "webhook": webhook}
        await self.ask("POST", "/instance/create", json=body)
        await self.ask("GET", "/instance/connect/loja")
        await self.ask("POST", "/sim/scan/loja")

    async def write(self, text: str = "", **fields: Any) -> str:
        body = {"instance": "loja", "text": text, **fields}
        written = await self.ask("POST", f"/sim/customers/{CUSTOMER}/messages", json=body)
        return str(written["id"])

    async def send(self, text: str) -> str:
        sent = await self.ask("POST", "/message/sendText/loja", json={"number": CUSTOMER, "text": text})
        return str(sent["key"]["id"])

    async def screen(self) -> list[Any]:
        shown: list[Any] = (await self.ask("GET", f"/sim/customers/{CUSTOMER}/messages"))["messages"]
        return shown

    async def until_open(self) -> None:
        with trio.fail_after(5):
            while (await self.ask("GET", "/instance/connectionState/loja"))["instance"]["state"] != "open":  # noqa: ASYNC110
                await trio.sleep(0.01)


@asynccontextmanager
async def living(folder: Path, **changes: Any) -> AsyncIterator[Life]:
    """A simulator on this folder; it is stopped at the end of the block."""
    async with trio.open_nursery() as nursery:
        port = await nursery.start(serve, settings(folder, **changes))
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(
            base_url=url, headers={"apikey": KEY}, verify=trusted(), trust_env=False
        ) as client:
            yield Life(client)
        nursery.cancel_scope.cancel()


async def test_instances_webhooks_messages_files_and_people_are_there_after_a_restart(tmp_path: Path) -> None:
    async with living(tmp_path) as life:
        await life.linked()
        first = await life.write("half an emoji: \ud83d", name="Bia")
        photo = await life.write("look", type="image")
        answer = await life.send("nice")
        await life.write("❤", type="reaction", to=answer)
        await life.write("whole", type="edit", to=first)
        hook = await life.ask("GET", "/webhook/find/loja")
        [row] = await life.ask("GET", "/instance/fetchInstances")
        del row["profilePicUrl"]  # has the port in it
        await life.ask("PUT", f"/sim/customers/{CUSTOMER}", json={"open": True})
        with trio.fail_after(5):
            while (before := await life.screen())[2]["status"] != "READ":  # noqa: ASYNC110
                await trio.sleep(0.01)
        file = before[1]["media"]
    async with living(tmp_path) as life:
        await life.until_open()
        assert await life.screen() == before
        assert [bubble["id"] for bubble in before] == [first, photo, answer]
        assert (before[0]["text"], before[2]["reactions"]) == ("whole", ["❤"])
        assert await life.ask("GET", "/webhook/find/loja") == hook
        [again] = await life.ask("GET", "/instance/fetchInstances")
        assert again.items() >= row.items()
        assert (await life.client.get(file)).content
        assert (await life.ask("GET", f"/sim/customers/{CUSTOMER}/messages"))["name"] == "Bia"
        assert await life.write("still here")


async def test_who_was_linked_comes_back_by_itself_and_says_so(receiver: Receiver, tmp_path: Path) -> None:
    async with living(tmp_path) as life:
        await life.linked(receiver.url)
        await receiver.wait_for("connection.update", 3)
    receiver.posts.clear()
    async with living(tmp_path) as life:
        states = {each["state"] for each in await receiver.wait_for("connection.update", 3)}
        assert states == {"connecting", "open"}
        await life.until_open()


async def test_who_waited_for_a_scan_is_shown_a_code_and_who_was_closed_stays_so(tmp_path: Path) -> None:
    async with living(tmp_path) as life:
        for name in ("waits", "closed"):
            await life.ask("POST", "/instance/create", json={"instanceName": name, "integration": "WHATSAPP-BAILEYS"})
        await life.ask("GET", "/instance/connect/waits")
    async with living(tmp_path) as life:
        states = {each["name"]: each["state"] for each in await life.ask("GET", "/sim/instances")}
        assert states == {"waits": "connecting", "closed": "close"}
        assert (await life.ask("GET", "/instance/connect/waits"))["base64"]


async def test_a_tick_that_a_restart_interrupted_comes_after_it(tmp_path: Path) -> None:
    async with living(tmp_path, server_ack_delay=60) as life:
        await life.linked()
        await life.ask("PUT", f"/sim/customers/{CUSTOMER}", json={"name": "Bia"})
        await life.send("oi")
    async with living(tmp_path) as life:
        with trio.fail_after(5):
            while (await life.screen())[0]["status"] != "DELIVERY_ACK":  # noqa: ASYNC110
                await trio.sleep(0.01)


async def test_an_instance_that_is_forgotten_or_deleted_is_gone_with_its_messages(tmp_path: Path) -> None:
    async with living(tmp_path) as life:
        await life.linked()
        await life.write("photo", type="image")
    async with living(tmp_path) as life:
        await life.until_open()
        await life.ask("POST", "/sim/forget/loja")
        assert (await life.client.get("/instance/connectionState/loja")).status_code == 404
    async with living(tmp_path) as life:
        assert await life.ask("GET", "/sim/instances") == []
        await trio.lowlevel.checkpoint()
    assert rows(tmp_path, "select count(*) from messages") == [(0,)]
    assert rows(tmp_path, "select count(*) from instances") == [(0,)]


async def test_the_file_is_bounded_as_the_world_is(tmp_path: Path) -> None:
    async with living(tmp_path, max_messages=3) as life:
        await life.linked()
        kept = [await life.write(f"message {n}") for n in range(10)][-3:]
    async with living(tmp_path, max_messages=3) as life:
        assert [bubble["id"] for bubble in await life.screen()] == kept
    assert rows(tmp_path, "select count(*) from messages") == [(3,)]


async def test_what_is_written_at_once_keeps_its_order_and_nothing_is_lost_when_it_is_stopped_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow disk: all but the first message are in one batch, and the stop comes while that waits."""
    write = memory._write

    def slowly(*args: Any) -> None:
        time.sleep(0.2)
        write(*args)

    monkeypatch.setattr(memory, "_write", slowly)
    async with living(tmp_path) as life:
        await life.linked()
        sent = [await life.write(f"message {n}") for n in range(20)]
    async with living(tmp_path) as life:
        assert [bubble["id"] for bubble in await life.screen()] == sent


def rows(folder: Path, query: str) -> list[Any]:
    connection = sqlite3.connect(folder / FILE)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


async def test_what_was_answered_a_moment_ago_survives_a_kill(tmp_path: Path) -> None:
    """A copy of the folder while it runs is what a killed process leaves."""
    folder, left = tmp_path / "folder", tmp_path / "left"
    async with living(folder) as life:
        await life.linked()
        written = await life.write("oi")
        with trio.fail_after(5):
            while not _holds(folder, left, written):  # noqa: ASYNC110
                await trio.sleep(0.02)
    async with living(left) as life:
        await life.until_open()
        assert [bubble["text"] for bubble in await life.screen()] == ["oi"]


def _holds(folder: Path, left: Path, message_id: str) -> bool:
    left.mkdir(exist_ok=True)
    for file in folder.iterdir():
        (left / file.name).write_bytes(file.read_bytes())
    return (message_id,) in rows(left, "select id from messages")


@pytest.mark.parametrize("spoilt", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
async def test_a_file_that_cannot_be_read_is_put_aside(
    tmp_path: Path, spoilt: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / FILE).write_bytes(spoilt)
    async with living(tmp_path) as life:
        assert await life.ask("GET", "/sim/instances") == []
        await life.linked()
    assert (tmp_path / "simulator.unreadable").read_bytes() == spoilt
    assert "put aside" in capsys.readouterr().err
    async with living(tmp_path) as life:
        await life.until_open()


async def test_two_do_not_share_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_WAIT_FOR_ANOTHER", 0.05)
    async with living(tmp_path):
        with pytest.RaisesGroup(pytest.RaisesExc(Occupied, match="another simulator"), flatten_subgroups=True):
            async with trio.open_nursery() as nursery:
                await nursery.start(SimulatorApp(settings(tmp_path)).run)


async def test_a_disk_that_refuses_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(memory, "_AGAIN_AFTER", 0.01)
    write, full = memory._write, True

    def writing(*args: Any) -> None:
        if full:
            raise sqlite3.OperationalError("database or disk is full")
        write(*args)

    monkeypatch.setattr(memory, "_write", writing)
    async with living(tmp_path) as life:
        await life.linked()
        written = await life.write("oi")
        with trio.fail_after(5):
            while "disk is full" not in capsys.readouterr().err:  # noqa: ASYNC110
                await trio.sleep(0.01)
        full = False
    assert (written,) in rows(tmp_path, "select id from messages")
