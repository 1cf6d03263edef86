"""What nobody should send gets a 4xx of the gateway's shape: never a 500, never a simulator that has stopped."""

from __future__ import annotations

import pytest
from simulator_harness import CUSTOMER, Gateway, Start, message_of

HOSTILE: list[bytes] = [
    b"",
    b"{",
    b"null",
    b'"text"',
    b"[1]",
    b"NaN",
    b'{"a":Infinity}',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"number":{"a":1},"text":[]}',
    b'{"number":"\\ud800","text":"\\ud800"}',
    b'{"number":"5511900004431","text":"x","delay":1e300}',
    b'{"number":"5511900004431","text":"x","quoted":7}',
    b'{"key":{"id":"x","remoteJid":"x","fromMe":true},"reaction":"x"}',
    b'{"where":{"key":7}}',
    b'{"where":{"messageTimestamp":{"gte":"yesterday"}},"page":1}',
    b'{"webhook":{"enabled":true,"url":7,"events":[{}]}}',
    b'{"instanceName":"","integration":"WHATSAPP-BAILEYS"}',
    b'{"instanceName":{"x":1},"integration":"WHATSAPP-BAILEYS"}',
    b'{"instance":"acme","type":"nonsense"}',
    b'{"instance":"acme","type":"image","media":"#"}',
    b'{"slow_ms":-1}',
    b'{"instanceName":"\\ud800","integration":"WHATSAPP-BAILEYS","qrcode":true}',
    b'{"instanceName":"%b","integration":"WHATSAPP-BAILEYS","qrcode":true}' % (b"x" * 5000),
    b'{"instance":"acme","timestamp":%b}' % (b"9" * 400),
    b'{"number":"5511900004431","text":"x","quoted":{"key":{"id":"x"},"message":%b}}'
    % (b'{"a":' * 500 + b"1" + b"}" * 500),
    b'{"webhook":{"enabled":true,"url":"http://h","events":[],"headers":{"a":{}}}}',
]


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_bodies_are_never_a_500(gateway: Gateway, content: bytes) -> None:
    await gateway.link()
    paths = [
        "/instance/create",
        "/webhook/set/acme",
        "/settings/set/acme",
        "/message/sendText/acme",
        "/message/sendMedia/acme",
        "/message/sendWhatsAppAudio/acme",
        "/message/sendReaction/acme",
        "/chat/updateMessage/acme",
        "/chat/markMessageAsRead/acme",
        "/chat/getBase64FromMediaMessage/acme",
        "/chat/sendPresence/acme",
        "/chat/whatsappNumbers/acme",
        f"/sim/customers/{CUSTOMER}/messages",
    ]
    for path in paths:
        answer = await gateway.client.post(path, content=content, headers={"content-type": "application/json"})
        assert 400 <= answer.status_code < 500, (path, answer.text)
        assert message_of(answer)


async def test_odd_but_allowed_input_does_no_harm(gateway: Gateway) -> None:
    await gateway.link()
    assert (await gateway.client.get("/instance/connectionState/acme?" + "a=1&" * 101)).status_code == 400
    hook = b'{"webhook":{"enabled":true,"url":"http://\\ud800/","events":[],"headers":{"jwt_key":"\\ud800"}}}'
    json_type = {"content-type": "application/json"}
    assert (await gateway.client.post("/webhook/set/acme", content=hook, headers=json_type)).status_code == 201
    name = b'{"instance":"acme","text":"x","name":"\\ud800"}'
    path = f"/sim/customers/{CUSTOMER}"
    assert (await gateway.client.post(f"{path}/messages", content=name, headers=json_type)).status_code == 201
    assert (await gateway.client.get(f"/sim/pictures/{CUSTOMER}.svg")).status_code == 200
    assert (await gateway.create("other", number="nonsense")).status_code == 201
    assert (await gateway.send()).status_code == 201


async def test_a_body_over_the_limit_is_413(start: Start) -> None:
    gateway = await start(max_body=1000)
    answer = await gateway.client.post("/instance/create", json={"x": "y" * 2000})
    assert (answer.status_code, answer.json()["error"]) == (413, "Internal Server Error")
