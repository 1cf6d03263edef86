"""The simulator beside the genuine program: its bodies and rows have no field or type that the original's have not.

What the original was seen to give is in `tests/fixtures/evolution`: single bodies, and in `genuine/` what 2.3.7 posted
and stored when it ran. Of those, a kind's fields that are always there must be in ours, too.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from simulator_harness import CUSTOMER, Gateway, Receiver, Start, message_of

from plixa.http.simulator import samples

FIXTURES = Path(__file__).parents[1] / "fixtures" / "evolution"
PHOTO = base64.b64encode(samples.photo()).decode()
IMAGE = {"number": CUSTOMER, "mediatype": "image", "media": PHOTO, "fileName": "a.jpg"}
UNREAD = "Cannot read properties of undefined (reading '{}')"
Shape = frozenset[tuple[str, str]]


def lines(name: str) -> list[Any]:
    return [json.loads(line) for line in (FIXTURES / "genuine" / name).read_text().splitlines()]


def shape(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every field's path and type. Bytes, as index maps, count as one value; so do the items of a list."""
    if isinstance(value, dict) and not (value and all(name.isdigit() for name in value)):
        yield path, "object"
        for name, inner in value.items():
            yield from shape(inner, f"{path}.{name}")
    else:
        yield path, "bytes" if isinstance(value, dict) else type(value).__name__


def shapes(values: list[Any]) -> list[Shape]:
    return [frozenset(shape(value)) for value in values]


SEEN_BODIES = frozenset().union(
    *shapes(lines("bodies-2.3.7.jsonl")),
    *shapes([json.loads(path.read_text()) for path in FIXTURES.glob("*.json")]),
)
SEEN_ROWS = frozenset().union(*shapes(lines("store-rows-2.3.7.jsonl")))


async def live(gateway: Gateway) -> None:
    """Everything that makes a body or a row of a common kind."""
    await gateway.link()
    first = await gateway.write(id="first", name="Ana", text="oi")
    await gateway.write(text="quoting", quoted="first")
    await gateway.write(text="by LID", addressing="lid")
    for kind in ("image", "audio", "document", "sticker", "location", "contact"):
        await gateway.write(type=kind, id=f"a-{kind}")
    await gateway.write(type="reaction", to="first", text="👍")
    await gateway.write(type="edit", to="first", text="olá")
    await gateway.write(type="edit", to="a-image", text="a caption")
    await gateway.write(id="gone", text="never mind")
    await gateway.write(type="delete", to="gone")
    assert (await gateway.send(quoted={"key": {"id": first["key"]["id"]}})).status_code == 201
    assert (await gateway.client.post("/message/sendMedia/acme", json=IMAGE)).status_code == 201


async def rows_of(gateway: Gateway) -> list[Any]:
    answer = await gateway.client.post("/chat/findMessages/acme", json={"offset": 100})
    return list(answer.json()["messages"]["records"])


async def test_no_body_has_what_the_genuine_ones_have_not(gateway: Gateway, receiver: Receiver) -> None:
    await live(gateway)
    await gateway.wait_until(pending=0)
    ours: Shape = frozenset().union(*shapes(receiver.bodies))
    assert sorted(ours - SEEN_BODIES) == []


async def test_no_row_has_what_the_genuine_ones_have_not(gateway: Gateway) -> None:
    await live(gateway)
    rows = await rows_of(gateway)
    ours: Shape = frozenset().union(*shapes(rows))
    webhooks_have = {(path, kind) for path, kind in SEEN_BODIES if kind != "bytes"}
    known = SEEN_ROWS | {(path.removeprefix(".data"), kind) for path, kind in webhooks_have}
    bytes_ = {(path.removeprefix(".data"), "str") for path, kind in SEEN_BODIES if kind == "bytes"}
    assert sorted(ours - known - bytes_) == []
    always = frozenset.intersection(*shapes(lines("store-rows-2.3.7.jsonl")))
    for row in rows:
        assert {path for path, _ in always} - {path for path, _ in shape(row)} == set()


async def test_the_store_keeps_what_the_genuine_one_keeps(gateway: Gateway) -> None:
    await live(gateway)
    rows = {row["key"]["id"]: row for row in await rows_of(gateway)}
    assert rows["gone"]["message"] is None
    assert rows["first"]["message"] == {"conversation": "olá"}
    assert rows["a-image"]["message"] == {"imageMessage": {"caption": "a caption"}}
    edited = [{"status": "EDITED"}, {"status": "SERVER_ACK"}]
    assert [rows[key]["MessageUpdate"] for key in ("gone", "first", "a-image")] == [edited] * 3
    assert base64.b64decode(rows["a-audio"]["message"]["audioMessage"]["mediaKey"], validate=True)
    [by_lid] = [row for row in rows.values() if row["message"] == {**(row["message"] or {}), "conversation": "by LID"}]
    assert (by_lid["key"]["remoteJid"][-4:], by_lid["key"]["remoteJidAlt"]) == ("@lid", f"{CUSTOMER}@s.whatsapp.net")
    ids = [rows[key]["id"] for key in ("first", "a-image", "a-document", "gone")]
    assert ids == sorted(ids)  # in the order of arrival
    lost = await gateway.client.post(
        "/chat/getBase64FromMediaMessage/acme", json={"message": {"key": {"id": "a-image"}}}
    )
    assert (lost.status_code, message_of(lost)) == (400, ["Error: Cannot derive from empty media key"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"where": {"messageTimestamp": {"gte": "2026-01-01T00:00:00Z", "lte": "2038-01-19T03:14:07Z"}}}, 200),
        ({"where": {"messageTimestamp": {"gte": "2026-01-01T00:00:00Z", "lte": "2038-01-19T03:14:08Z"}}}, 500),
        ({"where": {"messageTimestamp": {"gte": "2026-01-01T00:00:00Z", "lte": "2100-01-01T00:00:00Z"}}}, 500),
        ({"where": {"messageTimestamp": {"gte": "0001-01-01T00:00:00Z", "lte": "2026-01-01T00:00:00Z"}}}, 500),
        ({"where": {"messageTimestamp": {"gte": "yesterday", "lte": "2026-01-01T00:00:00Z"}}}, 500),
        ({"where": {"messageTimestamp": {"gte": "2100-01-01T00:00:00Z"}}}, 200),  # alone, it is ignored
        ({"page": "1"}, 500),
        ({"offset": "many"}, 500),
        ({"where": {"key": {"id": 5}}}, 400),
    ],
)
async def test_the_store_is_asked_in_its_own_terms(gateway: Gateway, body: Any, status: int) -> None:
    await gateway.link()
    await gateway.write(text="oi")
    answer = await gateway.client.post("/chat/findMessages/acme", json=body)
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["messages"]["total"] == ("lte" in str(body) or 1)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (samples.photo()[:20], "Input buffer "),
        (b"\x89PNG\r\n\x1a\n" + bytes(12), "Input buffer "),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "Input buffer contains unsupported image format"),
        (b"<script>", "Input buffer contains unsupported image format"),
    ],
)
async def test_a_picture_that_cannot_be_read_is_refused_before_the_send(
    gateway: Gateway, data: bytes, words: str
) -> None:
    await gateway.link()
    body = {**IMAGE, "media": base64.b64encode(data).decode()}
    answer = await gateway.client.post("/message/sendMedia/acme", json=body)
    assert answer.status_code == 500
    [said] = message_of(answer)
    assert said.startswith(f"Error: {words}")
    document = await gateway.client.post("/message/sendMedia/acme", json={**body, "mediatype": "document"})
    assert document.status_code == 201


async def _asked(gateway: Gateway, path: str, body: Any) -> tuple[int, Any]:
    answer: httpx.Response = await gateway.client.post(f"/{path}/acme", json=body)
    return answer.status_code, answer.json().get("response", {}).get("message")


async def test_without_a_socket_everything_is_an_error_of_javascript_s(gateway: Gateway) -> None:
    await gateway.create(qrcode=False)
    read = {"readMessages": [{"id": "K", "remoteJid": f"{CUSTOMER}@s.whatsapp.net", "fromMe": False}]}
    text = {"number": CUSTOMER, "text": "x"}
    assert await _asked(gateway, "message/sendText", text) == (500, UNREAD.format("onWhatsApp"))
    assert await _asked(gateway, "message/sendMedia", IMAGE) == (
        500,
        [f"TypeError: {UNREAD.format('waUploadToServer')}"],
    )
    assert await _asked(gateway, "chat/markMessageAsRead", read) == (
        500,
        ["Read messages fail", f"TypeError: {UNREAD.format('readMessages')}"],
    )
    presence = {"number": CUSTOMER, "presence": "composing", "delay": 1}
    assert await _asked(gateway, "chat/sendPresence", presence) == (
        400,
        [f"TypeError: {UNREAD.format('presenceSubscribe')}"],
    )
    numbers = await gateway.client.post("/chat/whatsappNumbers/acme", json={"numbers": [CUSTOMER]})
    assert (numbers.status_code, numbers.json()) == (400, {})
    assert await _asked(gateway, "message/sendText", {**text, "text": " "}) == (400, ["Text is required"])
    refused = {**IMAGE, "media": "data:image/png;base64,AAAA"}
    assert (await _asked(gateway, "message/sendMedia", refused))[0] == 400


async def test_a_socket_that_was_closed_says_so_a_step_later_where_the_number_is_known(gateway: Gateway) -> None:
    await gateway.link()
    await gateway.send()
    await gateway.client.delete("/instance/logout/acme")
    assert await _asked(gateway, "message/sendText", {"number": CUSTOMER, "text": "x"}) == (
        400,
        ["Error: Connection Closed"],
    )
    assert await _asked(gateway, "message/sendText", {"number": "5511900009999", "text": "x"}) == (
        500,
        "Connection Closed",
    )


async def test_a_deletion_is_answered_before_it_is_done(start: Start, receiver: Receiver) -> None:
    gateway = await start(removal_delay=0.2)
    await gateway.link()
    for _ in range(2):
        assert (await gateway.client.delete("/instance/delete/acme")).status_code == 200
    assert (await gateway.create()).status_code == 403
    assert await receiver.wait_for("remove.instance", 2) == [None, None]
    while (await gateway.client.delete("/instance/delete/acme")).status_code == 200:
        pass
    assert (await gateway.create()).status_code == 201


async def test_odd_bodies_meet_the_guard_or_the_database_first(gateway: Gateway) -> None:
    array = await gateway.client.post("/instance/create", json=[])
    assert (array.status_code, message_of(array)) == (403, ['This name "undefined" is already in use.'])
    number = await gateway.client.post("/instance/create", json={"instanceName": 5, "integration": "WHATSAPP-BAILEYS"})
    assert (number.status_code, "Invalid `prisma" in message_of(number)) == (500, True)
    without = await gateway.create(webhook={"url": "http://127.0.0.1:1/x"})
    assert (without.status_code, message_of(without)) == (400, [UNREAD.format("length")])
    await gateway.create()
    hook = {"webhook": {"enabled": True, "url": "http://h/" + "x" * 500, "events": []}}
    assert (await gateway.client.post("/webhook/set/acme", json=hook)).status_code == 500
    restarted = (await gateway.client.post("/instance/restart/acme")).json()
    assert set(restarted) == {"pairingCode", "code", "base64", "count"}
    keyless = await gateway.client.post("/chat/getBase64FromMediaMessage/acme", json={"message": {}})
    assert (keyless.status_code, message_of(keyless)) == (400, [f"TypeError: {UNREAD.format('id')}"])


async def test_faults_of_the_store_of_files_and_of_sends(gateway: Gateway) -> None:
    await gateway.link()
    await gateway.write(type="image", id="photo")
    await gateway.faults(no_look_ups=1, dead_files=1, dead_files_ms=0, timed_out=[CUSTOMER])
    assert (await _asked(gateway, "chat/findMessages", {}))[0] == 500
    assert await _asked(gateway, "message/sendText", {"number": CUSTOMER, "text": "x"}) == (400, ["Error: Timed Out"])
    assert await _asked(gateway, "message/sendMedia", IMAGE) == (400, ["Error: Timed Out"])
    status, [words] = await _asked(gateway, "chat/getBase64FromMediaMessage", {"message": {"key": {"id": "photo"}}})
    assert (status, words.startswith("Error: Failed to fetch stream")) == (400, True)
    assert len(await gateway.screen()) == 1
    assert (await gateway.send(number="5511900009999")).status_code == 201
