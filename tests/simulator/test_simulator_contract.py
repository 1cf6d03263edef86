"""Shapes, statuses and errors of the gateway's endpoints, against sections 1 and 2 of its contract."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from simulator_harness import CUSTOMER, JID, KEY, Gateway, Receiver, message_of

from plixa.http.simulator import samples

SETTINGS = dict.fromkeys(
    ("rejectCall", "groupsIgnore", "alwaysOnline", "readMessages", "readStatus", "syncFullHistory"), True
)


async def test_root_tells_the_version_without_a_key(gateway: Gateway) -> None:
    answer = await gateway.client.get("/", headers={"apikey": ""})
    assert answer.json()["version"] == "2.3.7"
    assert set(answer.json()) >= {"status", "message", "clientName", "manager", "documentation", "whatsappWebVersion"}


async def test_root_is_a_page_for_people(gateway: Gateway) -> None:
    answer = await gateway.client.get("/", headers={"accept": "text/html"})
    assert answer.headers["content-type"].startswith("text/html")
    for name in ("page.css", "page.js"):
        assert f"/sim/page/{name}" in answer.text
        assert (await gateway.client.get(f"/sim/page/{name}")).status_code == 200


async def test_create_answers_with_hash_webhook_settings_and_qr(gateway: Gateway, receiver: Receiver) -> None:
    answer = await gateway.create(groupsIgnore=True)
    body = answer.json()
    assert answer.status_code == 201
    assert body["instance"]["status"] == "connecting"
    assert isinstance(body["hash"], str)
    assert body["webhook"] == {
        "webhookUrl": receiver.url,
        "webhookHeaders": {"x-hook-secret": "s3"},
        "webhookByEvents": False,
        "webhookBase64": False,
    }
    assert body["settings"]["groupsIgnore"] is True
    assert body["qrcode"]["base64"].startswith("data:image/png;base64,iVBORw0KGgo")
    assert body["qrcode"]["code"].startswith("2@")
    assert body["qrcode"]["count"] == 1


async def test_create_without_qrcode_stays_closed(gateway: Gateway) -> None:
    body = (await gateway.create(qrcode=False)).json()
    assert "qrcode" not in body
    state = await gateway.client.get("/instance/connectionState/acme")
    assert state.json() == {"instance": {"instanceName": "acme", "state": "close"}}


async def test_create_without_events_fails_and_leaves_nothing(gateway: Gateway) -> None:
    answer = await gateway.create(webhook={"url": "http://127.0.0.1:1/x"})
    assert answer.status_code == 400
    assert (await gateway.client.get("/instance/connectionState/acme")).status_code == 404


async def test_create_names_an_unknown_integration(gateway: Gateway) -> None:
    assert message_of(await gateway.create(integration="TELEGRAM")) == ["Invalid integration"]


async def test_guards_come_in_the_order_of_the_contract(gateway: Gateway) -> None:
    await gateway.create()
    wrong = {"apikey": "wrong"}
    body = {"number": CUSTOMER, "text": "x"}
    missing = await gateway.client.post("/message/sendText/nobody", json=body, headers=wrong)
    assert (missing.status_code, message_of(missing)) == (404, ['The "nobody" instance does not exist'])
    taken = await gateway.client.post("/instance/create", json={"instanceName": "acme"}, headers=wrong)
    assert (taken.status_code, message_of(taken)) == (403, ['This name "acme" is already in use.'])
    free = await gateway.client.post("/instance/create", json={"instanceName": "free"}, headers=wrong)
    assert (free.status_code, message_of(free)) == (401, "Unauthorized")
    known = await gateway.client.post("/message/sendText/acme", json={}, headers=wrong)
    assert (known.status_code, message_of(known)) == (401, "Unauthorized")
    broken = await gateway.client.post(
        "/message/sendText/nobody", content=b"{", headers=wrong | {"content-type": "application/json"}
    )
    assert (broken.status_code, broken.json()["error"]) == (400, "Internal Server Error")


async def test_a_token_opens_its_own_instance_only(gateway: Gateway) -> None:
    token = await gateway.link()
    await gateway.create("other")
    own = {"apikey": token}
    assert (await gateway.client.get("/instance/connectionState/acme", headers=own)).status_code == 200
    assert (await gateway.client.get("/instance/connectionState/other", headers=own)).status_code == 401
    assert (await gateway.client.post("/instance/create", json={}, headers=own)).status_code == 401
    rows = (await gateway.client.get("/instance/fetchInstances", headers=own)).json()
    assert [row["name"] for row in rows] == ["acme"]
    rows = (await gateway.client.get("/instance/fetchInstances")).json()
    assert [row["name"] for row in rows] == ["acme", "other"]
    gone = await gateway.client.get("/instance/fetchInstances", params={"instanceName": "x"})
    assert (gone.status_code, message_of(gone)) == (404, ['Instance "x" not found'])


async def test_unknown_routes_say_so(gateway: Gateway) -> None:
    for path in ("/foo", "/instance", "/instance/connect", "/instance/connect/a/b", "/sim/nothing"):
        assert message_of(await gateway.client.get(path)) == [f"Cannot GET {path}"]


async def test_send_text_answers_the_record(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    answer = await gateway.send("Isso")
    record = answer.json()
    assert answer.status_code == 201
    assert record["key"] == {"remoteJid": JID, "fromMe": True, "id": record["key"]["id"]}
    assert record["key"]["id"].startswith("3EB0")
    assert (record["pushName"], record["status"], record["source"]) == ("Você", "PENDING", "web")
    assert (record["message"], record["messageType"]) == ({"conversation": "Isso"}, "conversation")
    assert isinstance(record["messageTimestamp"], int)
    assert await receiver.wait_for("send.message") == [record]


async def test_send_text_quotes_what_is_stored_and_nothing_else(gateway: Gateway) -> None:
    await gateway.link()
    written = await gateway.write(text="Sim, esse mesmo")
    quoted = (await gateway.send(quoted={"key": {"id": written["key"]["id"]}})).json()["contextInfo"]
    assert quoted["stanzaId"] == written["key"]["id"]
    assert quoted["participant"] == JID
    assert quoted["quotedMessage"] == {"conversation": "Sim, esse mesmo"}
    assert "stanzaId" not in (await gateway.send(quoted={"key": {"id": "unknown"}})).json()["contextInfo"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"number": CUSTOMER}, [['instance requires property "text"']]),
        ({}, [['instance requires property "number"', 'instance requires property "text"']]),
        ({"number": 5, "text": "x"}, [["number is not of a type(s) string"]]),
        ({"number": CUSTOMER, "text": "x", "delay": 1.5}, [["delay is not of a type(s) integer"]]),
        ({"number": CUSTOMER, "text": " "}, ["Text is required"]),
        ({"number": "123", "text": "x"}, [{"jid": "123@s.whatsapp.net", "exists": False, "number": "123"}]),
        ([], [["instance is not of a type(s) object"]]),
    ],
)
async def test_send_text_refuses(gateway: Gateway, body: Any, message: Any) -> None:
    await gateway.link()
    answer = await gateway.client.post("/message/sendText/acme", json=body)
    assert (answer.status_code, message_of(answer)) == (400, message)


async def test_sends_need_a_linked_phone(gateway: Gateway) -> None:
    await gateway.create()
    answer = await gateway.send()
    assert (answer.status_code, message_of(answer)) == (500, "Connection Closed")


async def test_numbers_without_whatsapp(gateway: Gateway) -> None:
    await gateway.link()
    await gateway.client.put(f"/sim/customers/{CUSTOMER}", json={"exists": False})
    assert message_of(await gateway.send()) == [{"jid": JID, "exists": False, "number": CUSTOMER}]
    found = await gateway.client.post("/chat/whatsappNumbers/acme", json={"numbers": [CUSTOMER, "4915112345678"]})
    assert [(one["number"], one["exists"]) for one in found.json()] == [(CUSTOMER, False), ("4915112345678", True)]


async def test_lid_digits_taken_for_a_phone_are_not_found(gateway: Gateway) -> None:
    await gateway.link()
    lid = (await gateway.write())["key"]["remoteJidAlt"]
    assert (await gateway.send(number=lid.removesuffix("@lid"))).status_code == 400
    assert (await gateway.send(number=lid)).status_code == 201
    assert len(await gateway.screen()) == 2


async def test_brazilian_numbers_meet_with_and_without_the_ninth_digit(gateway: Gateway) -> None:
    await gateway.link()
    await gateway.write("553187654321")
    assert (await gateway.send(number="+55 (31) 9 8765-4321")).json()["key"]["remoteJid"].startswith("553187654321@")


async def test_send_media_as_base64(gateway: Gateway) -> None:
    await gateway.link()
    photo = base64.b64encode(samples.photo()).decode()
    body = {"number": CUSTOMER, "mediatype": "image", "media": photo, "caption": "Etiqueta", "fileName": "a.jpg"}
    record = (await gateway.client.post("/message/sendMedia/acme", json=body)).json()
    assert record["messageType"] == "imageMessage"
    assert record["message"]["imageMessage"]["caption"] == "Etiqueta"
    assert record["message"]["imageMessage"]["fileLength"] == {"low": len(samples.photo()), "high": 0, "unsigned": True}
    again = await gateway.client.post(
        "/chat/getBase64FromMediaMessage/acme", json={"message": {"key": {"id": record["key"]["id"]}}}
    )
    assert (again.status_code, again.json()["base64"]) == (201, photo)
    assert again.json()["mimetype"] == "image/jpeg"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"mediatype": "image", "media": "data:image/png;base64,AAAA"}, "Owned media must be a url or base64"),
        ({"mediatype": "image", "media": "AAA"}, "Owned media must be a url or base64"),
        ({"mediatype": "image", "media": "http://localhost:9000/a"}, "Owned media must be a url or base64"),
        ({"mediatype": "document", "media": "AAAA"}, "For base64 the file name must be informed."),
        ({"mediatype": "gif"}, ["mediatype is not one of enum values: image,document,video,audio"]),
    ],
)
async def test_send_media_refuses(gateway: Gateway, fields: Any, message: Any) -> None:
    await gateway.link()
    answer = await gateway.client.post("/message/sendMedia/acme", json={"number": CUSTOMER, **fields})
    assert (answer.status_code, message_of(answer)) == (400, [message])


async def test_send_media_fetches_a_url(gateway: Gateway) -> None:
    await gateway.link()
    written = await gateway.write(type="document")
    bubble = (await gateway.screen())[0]
    url = gateway.client.base_url.join(bubble["media"])
    body = {"number": CUSTOMER, "mediatype": "document", "media": str(url), "fileName": "copy.pdf"}
    record = (await gateway.client.post("/message/sendMedia/acme", json=body)).json()
    hashes = [one["message"]["documentMessage"]["fileSha256"] for one in (written, record)]
    assert hashes[0] == hashes[1]
    missing = await gateway.client.post("/message/sendMedia/acme", json=body | {"media": str(url) + "0"})
    assert missing.status_code == 400
    assert "404" in message_of(missing)[0]


async def test_a_voice_note_gets_its_length_and_waveform(gateway: Gateway) -> None:
    await gateway.link()
    body = {"number": CUSTOMER, "audio": base64.b64encode(samples.voice_note(4)).decode()}
    node = (await gateway.client.post("/message/sendWhatsAppAudio/acme", json=body)).json()["message"]["audioMessage"]
    assert (node["seconds"], node["ptt"], node["mimetype"]) == (4, True, "audio/ogg; codecs=opus")
    assert len(node["waveform"]) == 64


async def test_reactions(gateway: Gateway) -> None:
    await gateway.link()
    key = (await gateway.write())["key"]
    path, about = "/message/sendReaction/acme", {name: key[name] for name in ("id", "remoteJid", "fromMe")}
    record = (await gateway.client.post(path, json={"key": about, "reaction": "🙏"})).json()
    assert record["message"]["reactionMessage"]["text"] == "🙏"
    assert "contextInfo" not in record
    assert (await gateway.screen())[0]["reactions"] == ["🙏"]
    refused = await gateway.client.post(path, json={"key": about, "reaction": "no"})
    assert message_of(refused) == ["Reaction must be a single emoji or empty string"]
    await gateway.client.post(path, json={"key": about, "reaction": ""})
    assert (await gateway.screen())[0]["reactions"] == []


async def test_edit_and_delete_by_the_api(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    key = (await gateway.send("13h")).json()["key"]
    edit = {"number": CUSTOMER, "key": key, "text": "14h"}
    assert (await gateway.client.post("/chat/updateMessage/acme", json=edit)).status_code == 200
    (told,) = await receiver.wait_for("send.message.update")
    assert (told["type"], told["key"]["id"]) == ("MESSAGE_EDIT", key["id"])
    elsewhere = await gateway.client.post("/chat/updateMessage/acme", json=edit | {"number": "5511900009999"})
    assert message_of(elsewhere) == ["RemoteJid does not match"]
    gone = await gateway.client.request("DELETE", "/chat/deleteMessageForEveryone/acme", json=key)
    assert gone.status_code == 201
    (row,) = await receiver.wait_for("messages.delete")
    assert (row["key"]["id"], row["status"], row["message"]) == (key["id"], "DELETED", {"conversation": "14h"})
    assert row["id"] != key["id"]


async def test_find_messages_pages_newest_first(gateway: Gateway) -> None:
    await gateway.link()
    for second in range(7):
        await gateway.write(text=str(second), timestamp=1_700_000_000 + second)
    await gateway.write("5511900000001", text="elsewhere", timestamp=1_700_000_000)

    async def find(**body: Any) -> Any:
        answer = await gateway.client.post("/chat/findMessages/acme", json=body)
        assert answer.status_code == 200
        return answer.json()["messages"]

    chat = {"key": {"remoteJid": JID}}
    first, last = await find(where=chat, page=1, offset=3), await find(where=chat, page=3, offset=3)
    assert {name: first[name] for name in ("total", "pages", "currentPage")} == {
        "total": 7,
        "pages": 3,
        "currentPage": 1,
    }
    assert [row["message"]["conversation"] for row in first["records"]] == ["6", "5", "4"]
    assert [row["message"]["conversation"] for row in last["records"]] == ["0"]
    assert (await find(where=chat, page=4, offset=3))["records"] == []
    assert (await find())["total"] == 8
    window = {"gte": "2023-11-14T22:13:22.000Z", "lte": "2023-11-14T22:13:24.000Z"}
    assert [row["messageTimestamp"] % 10 for row in (await find(where={"messageTimestamp": window}))["records"]] == [
        4,
        3,
        2,
    ]
    message_id = first["records"][0]["key"]["id"]
    assert [row["key"]["id"] for row in (await find(where={"key": {"id": message_id}}))["records"]] == [message_id]
    assert (await find(where={"key": {"fromMe": True}}))["total"] == 0


async def test_webhook_set_and_find(gateway: Gateway) -> None:
    await gateway.create(webhook=None)
    assert (await gateway.client.get("/webhook/find/acme")).json() is None
    flat = await gateway.client.post("/webhook/set/acme", json={"url": "http://h/x"})
    assert message_of(flat) == [['instance requires property "webhook"']]
    hook = {
        "enabled": True,
        "url": "http://h/x",
        "events": ["MESSAGES_UPSERT"],
        "byEvents": True,
        "headers": {"a": "b"},
    }
    answer = await gateway.client.post("/webhook/set/acme", json={"webhook": hook})
    assert (answer.status_code, answer.json()["webhookByEvents"]) == (201, True)
    kept = await gateway.client.post(
        "/webhook/set/acme", json={"webhook": {"enabled": True, "url": "http://h/y", "events": []}}
    )
    assert (kept.json()["headers"], kept.json()["webhookByEvents"]) == ({"a": "b"}, True)
    assert len(kept.json()["events"]) == 31
    assert (await gateway.client.get("/webhook/find/acme")).json() == kept.json()
    unknown = {"webhook": hook | {"events": ["GROUPS_UPDATE"]}}
    assert (await gateway.client.post("/webhook/set/acme", json=unknown)).status_code == 400
    without = {"webhook": {"enabled": True, "url": "http://h/x"}}
    assert (await gateway.client.post("/webhook/set/acme", json=without)).status_code == 500


async def test_settings_need_all_six(gateway: Gateway) -> None:
    await gateway.create()
    assert (await gateway.client.post("/settings/set/acme", json={"rejectCall": True})).status_code == 400
    answer = await gateway.client.post("/settings/set/acme", json=SETTINGS)
    assert (answer.status_code, answer.json()["settings"]["settings"]["rejectCall"]) == (201, True)


async def test_presence_pictures_and_reading(gateway: Gateway) -> None:
    await gateway.link()
    key = (await gateway.write(name="Ana"))["key"]
    presence = {"number": CUSTOMER, "presence": "composing", "delay": 1}
    answer = await gateway.client.post("/chat/sendPresence/acme", json=presence)
    assert (answer.status_code, answer.json()) == (201, {"presence": "composing"})
    found = (await gateway.client.post("/chat/fetchProfilePictureUrl/acme", json={"number": CUSTOMER})).json()
    assert found["wuid"] == JID
    assert (await gateway.client.get(found["profilePictureUrl"])).headers["content-type"] == "image/svg+xml"
    unknown = await gateway.client.post("/chat/fetchProfilePictureUrl/acme", json={"number": "5511900000009"})
    assert unknown.json()["profilePictureUrl"] is None
    reading = {"readMessages": [{name: key[name] for name in ("id", "remoteJid", "fromMe")}]}
    answer = await gateway.client.post("/chat/markMessageAsRead/acme", json=reading)
    assert (answer.status_code, answer.json()) == (201, {"message": "Read messages", "read": "success"})
    assert (await gateway.screen())[0]["status"] == "READ"


async def test_the_key_is_the_header_and_nothing_else(gateway: Gateway) -> None:
    await gateway.create()
    bare = {"apikey": ""}
    path = "/instance/connectionState/acme"
    assert (await gateway.client.get(path, params={"apikey": KEY}, headers=bare)).status_code == 401
    assert (await gateway.client.get(path, headers=bare | {"authorization": f"Bearer {KEY}"})).status_code == 401
