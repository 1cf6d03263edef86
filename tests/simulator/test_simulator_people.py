"""Pairing, customers, their phones and the ticks."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from simulator_harness import CUSTOMER, JID, Gateway, Receiver, Start

from plixa.http.simulator import samples


async def state_of(gateway: Gateway) -> str:
    return str((await gateway.client.get("/instance/connectionState/acme")).json()["instance"]["state"])


async def statuses(receiver: Receiver, message_id: str, count: int) -> list[str]:
    """The statuses told of one message, in the order in which they came."""
    with trio.fail_after(5):
        while True:
            told = [one["status"] for one in receiver.events("messages.update") if one["keyId"] == message_id]
            if len(told) >= count:
                return told
            await receiver.wait_for("messages.update", len(receiver.events("messages.update")) + 1)


async def test_scanning_links_the_phone(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.create()
    assert await state_of(gateway) == "connecting"
    (shown,) = await receiver.wait_for("qrcode.updated")
    assert shown["qrcode"]["base64"] == (await gateway.client.get("/instance/connect/acme")).json()["base64"]
    await gateway.client.post("/sim/scan/acme", params={"number": "5511900000142"})
    assert await state_of(gateway) == "open"
    told = await receiver.wait_for("connection.update", 3)
    assert sorted(one["state"] for one in told) == ["connecting", "connecting", "open"]
    opened = next(one for one in told if one["state"] == "open")
    assert (opened["wuid"], opened["statusReason"]) == ("5511900000142@s.whatsapp.net", 200)
    linked = (await gateway.client.get("/instance/connect/acme")).json()
    assert linked == {"instance": {"instanceName": "acme", "state": "open"}}


async def test_a_person_who_opens_the_link_sees_a_page(gateway: Gateway) -> None:
    await gateway.create("a<b")
    page = await gateway.client.get("/sim/scan/a%3Cb", headers={"accept": "text/html"})
    assert "Phone linked" in page.text
    assert "a&lt;b" in page.text


async def test_auto_pairing_waits_until_the_code_was_fetched(start: Start, receiver: Receiver) -> None:
    gateway = await start(pairing="auto", auto_pair_delay=0.02)
    await gateway.create(qrcode=False)
    await gateway.client.get("/instance/connect/acme")
    told = await receiver.wait_for("connection.update", 3)
    assert "open" in [one["state"] for one in told]


async def test_auto_pairing_does_not_happen_unseen(start: Start) -> None:
    gateway = await start(pairing="auto", auto_pair_delay=0.1)
    await gateway.create()
    await gateway.client.post("/instance/restart/acme")  # a new socket, whose code nobody has fetched
    await trio.sleep(0.25)
    assert await state_of(gateway) == "connecting"
    await gateway.client.get("/instance/connect/acme")
    await trio.sleep(0.25)
    assert await state_of(gateway) == "open"


async def test_a_new_code_comes_until_the_limit(start: Start, receiver: Receiver) -> None:
    gateway = await start(qr_interval=0.01, qr_limit=3)
    await gateway.create()
    told = await receiver.wait_for("qrcode.updated", 4)
    codes = {one["qrcode"]["code"] for one in told if "qrcode" in one}
    assert len(codes) == 3
    assert {"message": "QR code limit reached, please login again", "statusCode": 500} in told
    assert (await receiver.wait_for("connection.update", 2))[-1]["state"] == "refused"
    assert await state_of(gateway) == "close"


async def test_no_code_yet(start: Start) -> None:
    gateway = await start(qr_delay=30)
    await gateway.create(qrcode=False)
    with trio.fail_after(5):
        assert (await gateway.client.get("/instance/connect/acme")).json() == {"count": 0}


async def test_a_pairing_code_for_a_number(gateway: Gateway) -> None:
    await gateway.create(qrcode=False)
    answer = await gateway.client.get("/instance/connect/acme", params={"number": "5511900000142"})
    assert len(answer.json()["pairingCode"]) == 8


async def test_logout_and_delete(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    answer = await gateway.client.delete("/instance/logout/acme")
    assert answer.json() == {"status": "SUCCESS", "error": False, "response": {"message": "Instance logged out"}}
    assert (await receiver.wait_for("status.instance"))[0]["disconnectionReasonCode"] == 401
    assert await receiver.wait_for("logout.instance") == [None]
    assert (await gateway.client.delete("/instance/logout/acme")).status_code == 400
    restarted = await gateway.client.post("/instance/restart/acme")
    assert (restarted.status_code, restarted.json()) == (200, {"error": True, "message": "[object Object]"})
    assert (await gateway.client.get("/sim/scan/acme")).status_code == 409
    assert (await gateway.client.delete("/instance/delete/acme")).status_code == 200
    assert await receiver.wait_for("remove.instance") == [None]
    assert (await gateway.client.get("/instance/connectionState/acme")).status_code == 404


async def test_unlinking_on_the_phone(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    await gateway.client.post("/sim/unlink/acme", json={"reason": 403})
    told = await receiver.wait_for("connection.update", 4)
    assert {"instance": "acme", "state": "close", "statusReason": 403} in told
    assert (await gateway.send()).status_code == 500


async def test_a_written_message(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    record = await gateway.write(text="Olá", name="Ana")
    assert await receiver.wait_for("messages.upsert") == [record]
    key = record["key"]
    assert (key["remoteJid"], key["fromMe"], key["participant"], key["addressingMode"]) == (JID, False, "", "pn")
    assert key["remoteJidAlt"].endswith("@lid")
    assert key["id"].startswith("AC")
    assert (record["pushName"], record["status"], record["source"]) == ("Ana", "DELIVERY_ACK", "android")
    assert record["message"]["conversation"] == "Olá"
    assert "contextInfo" not in record


async def test_a_reply_names_what_it_replies_to(gateway: Gateway) -> None:
    await gateway.link()
    sent = (await gateway.send("Preto?")).json()
    context = (await gateway.write(text="Sim", quoted=sent["key"]["id"]))["contextInfo"]
    assert context["stanzaId"] == sent["key"]["id"]
    assert context["quotedMessage"] == {"conversation": "Preto?"}
    assert context["participant"] != JID
    assert (await gateway.screen())[1]["quoted"]["text"] == "Preto?"


@pytest.mark.parametrize(
    ("kind", "field", "holds"),
    [
        ("image", "imageMessage", {"mimetype": "image/jpeg", "width": 640}),
        ("audio", "audioMessage", {"ptt": True, "seconds": 3, "mimetype": "audio/ogg; codecs=opus"}),
        ("document", "documentMessage", {"fileName": "invoice-2291.pdf", "mimetype": "application/pdf"}),
        ("sticker", "stickerMessage", {"mimetype": "image/webp"}),
        ("location", "locationMessage", {"degreesLatitude": -23.561414, "name": "Loja Paulista"}),
        ("contact", "contactMessage", {"displayName": "Oficina do Zé"}),
    ],
)
async def test_kinds_of_messages(gateway: Gateway, kind: str, field: str, holds: dict[str, Any]) -> None:
    await gateway.link()
    record = await gateway.write(type=kind)
    assert record["messageType"] == field
    assert holds.items() <= record["message"][field].items()
    assert record["contextInfo"] is None
    assert (await gateway.screen())[0]["type"] == kind


async def test_files_can_be_fetched_and_run_nothing(gateway: Gateway) -> None:
    await gateway.link()
    await gateway.write(type="document", media="PHNjcmlwdD4=", mimetype="text/html", file_name="x.html")
    answer = await gateway.client.get((await gateway.screen())[0]["media"])
    assert (answer.content, answer.headers["content-security-policy"]) == (b"<script>", "sandbox")
    await gateway.write(type="document", media="AAAA", mimetype="a/b\r\nset-cookie: x")
    answer = await gateway.client.get((await gateway.screen())[1]["media"])
    assert answer.headers["content-type"] == "application/octet-stream"


def test_samples_are_what_they_say() -> None:
    assert samples.photo().startswith(b"\xff\xd8\xff")
    assert samples.sticker()[8:12] == b"WEBP"
    assert samples.document().endswith(b"%%EOF\n")
    assert samples.ogg_seconds(samples.voice_note(7)) == 7
    assert samples.ogg_seconds(b"RIFF") is None


async def test_addressing_by_lid(gateway: Gateway) -> None:
    await gateway.link()
    hidden = (await gateway.write(addressing="lid"))["key"]
    assert (hidden["remoteJid"], hidden["remoteJidAlt"], hidden["addressingMode"]) == (JID, JID, "lid")
    only = (await gateway.write(addressing="lid_only"))["key"]
    assert only["remoteJid"].endswith("@lid")
    assert "remoteJidAlt" not in only
    assert (await gateway.send(number=only["remoteJid"])).json()["key"]["remoteJid"] == only["remoteJid"]
    assert [one["from"] for one in await gateway.screen()] == ["customer", "customer", "business"]


async def test_typed_on_the_business_phone(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    record = await gateway.write(text="Já vejo", from_me=True, source="ios")
    assert (record["key"]["fromMe"], record["pushName"], record["status"]) == (True, "acme", "SERVER_ACK")
    assert (await gateway.write(from_me=True, source="web"))["pushName"] == "Você"
    assert len(await receiver.wait_for("messages.upsert", 2)) == 2
    assert receiver.events("send.message") == []


async def test_edits_are_told_from_the_editors_side(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    record = await gateway.write(text="sábado")
    await gateway.write(type="edit", to=record["key"]["id"], text="domingo")
    (edited,) = await receiver.wait_for("messages.edited")
    assert edited["key"]["fromMe"] is True
    assert edited["key"]["remoteJid"] == receiver.bodies[-1]["sender"]
    assert edited["editedMessage"] == {"conversation": "domingo"}
    (companion,) = await receiver.wait_for("messages.update")
    assert (companion["remoteJid"], companion["fromMe"], companion["status"]) == (JID, False, "SERVER_ACK")
    assert companion["message"] == {"editedMessage": {"message": {"conversation": "domingo"}}}
    assert (await gateway.screen())[0]["text"] == "domingo"


async def test_deletions_come_twice(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    key = (await gateway.write())["key"]
    await gateway.write(type="delete", to=key["id"])
    assert await receiver.wait_for("messages.delete") == [key | {"status": "DELETED"}]
    assert (await receiver.wait_for("messages.edited"))[0]["type"] == "REVOKE"
    assert (await gateway.screen())[0]["deleted"] is True


async def test_customers_need_a_linked_phone_and_known_messages(gateway: Gateway) -> None:
    await gateway.create()
    path = f"/sim/customers/{CUSTOMER}/messages"
    closed = await gateway.client.post(path, json={"instance": "acme", "text": "x"})
    assert closed.status_code == 409
    assert "/sim/scan/acme" in closed.json()["response"]["message"]
    await gateway.client.post("/sim/scan/acme")
    unknown = await gateway.client.post(path, json={"instance": "acme", "type": "edit", "to": "x"})
    assert unknown.status_code == 404
    wrong = await gateway.client.post(path, json={"instance": "acme", "txt": "x"})
    assert "txt" in wrong.json()["response"]["message"]
    assert (await gateway.client.get("/sim/customers/12/messages")).status_code == 400


async def test_ticks_come_in_order_and_blue_only_when_the_chat_is_open(start: Start, receiver: Receiver) -> None:
    gateway = await start(server_ack_delay=0.03, delivery_delay=0.03, read_delay=0.03)
    await gateway.link()
    sent = (await gateway.send()).json()["key"]["id"]
    assert await statuses(receiver, sent, 2) == ["SERVER_ACK", "DELIVERY_ACK"]
    await trio.sleep(0.1)
    assert (await gateway.screen())[0]["status"] == "DELIVERY_ACK"
    await gateway.client.put(f"/sim/customers/{CUSTOMER}", json={"open": True})
    assert await statuses(receiver, sent, 3) == ["SERVER_ACK", "DELIVERY_ACK", "READ"]
    second = (await gateway.send()).json()["key"]["id"]
    assert await statuses(receiver, second, 3) == ["SERVER_ACK", "DELIVERY_ACK", "READ"]
    await gateway.write(type="played", to=second)
    assert (await statuses(receiver, second, 4))[-1] == "PLAYED"


async def test_groups_get_no_ticks(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    assert (await gateway.send(number="120363041234567890@g.us")).status_code == 201
    after = (await gateway.send()).json()["key"]["id"]
    await statuses(receiver, after, 2)
    assert {one["keyId"] for one in receiver.events("messages.update")} == {after}


async def test_old_messages_make_room(start: Start) -> None:
    gateway = await start(max_messages=3)
    await gateway.link()
    for number in range(5):
        await gateway.write(text=str(number))
    assert [one["text"] for one in await gateway.screen()] == ["2", "3", "4"]
