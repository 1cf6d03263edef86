"""Delivery: what is sent, what is tried again, what is given up, and that nothing grows without limit."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
import trio
from simulator_harness import FAST, Gateway, Receiver, Start


async def set_hook(gateway: Gateway, **changes: Any) -> None:
    hook = {"enabled": True, "url": gateway.receiver.url, "events": ["MESSAGES_UPSERT"]}
    answer = await gateway.client.post("/webhook/set/acme", json={"webhook": hook | changes})
    assert answer.status_code == 201, answer.text


async def test_the_envelope(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    record = await gateway.write(text="Olá")
    await receiver.wait_for("messages.upsert")
    path, headers, body = next(post for post in receiver.posts if b"messages.upsert" in post[2])
    envelope = json.loads(body)
    assert path == "/hook"
    assert headers["content-type"] == "application/json"
    assert headers["x-hook-secret"] == "s3"
    assert headers["user-agent"].startswith("axios/1.")
    assert set(envelope) == {
        "event", "instance", "data", "destination", "date_time", "sender", "server_url", "apikey",
    }  # fmt: skip
    assert (envelope["instance"], envelope["destination"], envelope["apikey"]) == ("acme", receiver.url, None)
    assert envelope["data"] == record
    assert envelope["sender"].endswith("@s.whatsapp.net")


async def test_sender_is_absent_before_the_first_open(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.create()
    await receiver.wait_for("qrcode.updated")
    assert all("sender" not in body for body in receiver.bodies)


async def test_retries_are_byte_identical(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    await set_hook(gateway)
    await gateway.wait_until(pending=0)
    receiver.posts.clear()
    receiver.answers = [503, 409, 500]
    await gateway.write()
    await receiver.wait_for("messages.upsert", 4)
    assert len({body for _, _, body in receiver.posts}) == 1
    await gateway.wait_until(retried=3, given_up=0, pending=0)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_some_statuses_are_final(gateway: Gateway, receiver: Receiver, status: int) -> None:
    await gateway.link()
    await set_hook(gateway)
    await gateway.wait_until(pending=0)
    receiver.answers = [status]
    await gateway.write()
    await gateway.wait_until(rejected=1, pending=0, retried=0)
    assert len(receiver.events("messages.upsert")) == 1


async def test_it_gives_up_after_the_last_attempt(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    await set_hook(gateway)
    await gateway.wait_until(pending=0)
    receiver.answers = [500] * 10
    await gateway.write()
    await gateway.wait_until(given_up=1, retried=FAST.attempts - 1, pending=0)


async def test_a_receiver_that_is_down_is_tried_again_and_does_not_hold_up_the_gateway(start: Start) -> None:
    gateway = await start(webhook=replace(FAST, attempts=3))
    await gateway.link()
    await set_hook(gateway, url="http://127.0.0.1:9/down")
    await gateway.wait_until(pending=0)
    with trio.fail_after(1):
        await gateway.write()
    await gateway.wait_until(given_up=1, retried=2)


async def test_what_waits_is_bounded(start: Start) -> None:
    gateway = await start(webhook=replace(FAST, initial_delay=60, max_delay=60, max_pending=5))
    await gateway.link()
    await gateway.wait_until(pending=0)
    await set_hook(gateway, url="http://127.0.0.1:9/down")
    for _ in range(12):
        await gateway.write()
    await gateway.wait_until(pending=5, dropped=7)
    await gateway.client.post("/sim/reset")
    await gateway.wait_until(pending=0, pending_bytes=0)


async def test_what_waits_is_bounded_in_bytes_too(start: Start) -> None:
    gateway = await start(webhook=replace(FAST, initial_delay=60, max_delay=60, max_pending_bytes=10_000))
    await gateway.link()
    await gateway.wait_until(pending=0)
    await set_hook(gateway, url="http://127.0.0.1:9/down")
    for _ in range(4):
        await gateway.write(text="x" * 4_000)
    counters = await gateway.counters()
    assert counters["pending_bytes"] <= 10_000
    assert counters["dropped"] == 3


async def test_only_wanted_events_are_sent(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    await set_hook(gateway, events=["MESSAGES_DELETE"])
    await gateway.wait_until(pending=0)
    receiver.posts.clear()
    written = await gateway.write()
    await gateway.write(type="delete", to=written["key"]["id"])
    await receiver.wait_for("messages.delete")
    await gateway.wait_until(pending=0)
    assert [body["event"] for body in receiver.bodies] == ["messages.delete"]


async def test_by_events_appends_the_event_to_the_address(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    await set_hook(gateway, byEvents=True)
    await gateway.write()
    await receiver.wait_for("messages.upsert")
    assert receiver.posts[-1][0] == "/hook/messages-upsert"
    assert receiver.bodies[-1]["destination"] == receiver.url


async def test_an_address_without_http_is_never_called(gateway: Gateway) -> None:
    await gateway.link()
    await gateway.wait_until(pending=0)
    before = (await gateway.counters())["emitted"]
    await set_hook(gateway, url="ftp://127.0.0.1/x")
    await gateway.write()
    assert (await gateway.counters())["emitted"] == before


@pytest.mark.parametrize(
    "url", ["http://", "http://[", "http://a b/c", "http://127.0.0.1:99999/", "https://127.0.0.1:9/"]
)
async def test_an_address_that_is_none_hurts_nobody(gateway: Gateway, url: str) -> None:
    await gateway.link()
    await gateway.wait_until(pending=0)
    await set_hook(gateway, url=url, headers={"bad name": "x\r\ny"})
    await gateway.write()
    await gateway.wait_until(given_up=1)
    assert (await gateway.send()).status_code == 201


async def test_jwt_key_becomes_a_signed_token(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    await set_hook(gateway, headers={"jwt_key": "secret"})
    await gateway.write()
    await receiver.wait_for("messages.upsert")
    headers = receiver.posts[-1][1]
    claims = json.loads(base64.urlsafe_b64decode(headers["authorization"].split(".")[1] + "=="))
    assert (claims["app"], claims["action"], claims["exp"] - claims["iat"]) == ("evolution", "webhook", 600)
    assert "jwt_key" not in headers


async def test_base64_is_read_when_the_socket_connects(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    await set_hook(gateway, base64=True)
    assert "base64" not in (await gateway.write(type="image"))["message"]
    await gateway.client.post("/instance/restart/acme")
    assert "base64" in (await gateway.write(type="image"))["message"]


async def test_half_an_emoji_and_nul_reach_the_receiver(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    body = b'{"instance":"acme","text":"a\\ud83d\\u0000b"}'
    json_type = {"content-type": "application/json"}
    answer = await gateway.client.post("/sim/customers/5511900004431/messages", content=body, headers=json_type)
    assert answer.status_code == 201
    (record,) = await receiver.wait_for("messages.upsert")
    assert record["message"]["conversation"] == "a\ud83d\x00b"


async def test_a_connection_that_the_receiver_closed_is_replaced(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    for _ in range(3):
        await gateway.write()
    await receiver.wait_for("messages.upsert", 3)
    await gateway.wait_until(pending=0, retried=0)
