"""Files, in both directions: fetched from WhatsApp, uploaded by the house, and shown to nobody else."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest
from tests.harness import Json, Workspace
from tests.http.chat import Chat
from tests.http.webhooks import CUSTOMER

from plixa.http.simulator import samples

JPEG = samples.photo()
PDF = samples.document()
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64)


def _path(message: Json) -> str:
    return f"/v1/conversations/{message['conversation_id']}/messages/{message['id']}/media"


async def _fetched(chat: Chat, message: Json) -> httpx.Response:
    await chat.inbox.until(lambda: any(event["type"] == "media.stored" for event in chat.inbox.events))
    return await chat.workspace.client.get(_path(message))


async def _upload(chat: Chat, conversation_id: int, data: bytes, name: str, **fields: Any) -> httpx.Response:
    path = f"/v1/conversations/{conversation_id}/media-messages"
    return await chat.workspace.client.post(path, files={"file": (name, data)}, data=fields)


# -- in ---------------------------------------------------------------------------------------------------------------


async def test_a_customers_file_is_fetched_and_served(chat: Chat) -> None:
    message = await chat.written("Chegou assim", type="image", media=base64.b64encode(JPEG).decode())
    assert (message["type"], message["body"]) == ("image", "Chegou assim")
    answer = await _fetched(chat, message)
    assert answer.content == JPEG
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"].startswith("inline")
    assert "sandbox" in answer.headers["content-security-policy"]
    await chat.inbox.agrees()


async def test_a_file_that_a_browser_could_run_is_only_ever_downloaded(chat: Chat) -> None:
    page = base64.b64encode(b"<script>alert(1)</script>").decode()
    message = await chat.written(type="document", media=page, mimetype="text/html", file_name='a"b\r\n.html')
    answer = await _fetched(chat, message)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


async def test_a_file_without_a_name_is_downloaded_with_an_extension(chat: Chat) -> None:
    message = await chat.written("oi", type="image")
    answer = await _fetched(chat, message)
    assert answer.headers["content-disposition"].endswith(f"message-{message['id']}.jpg")


async def test_a_file_is_nobody_elses(chat: Chat, neighbour: Workspace) -> None:
    message = await chat.written(type="image")
    assert (await _fetched(chat, message)).status_code == 200
    assert (await neighbour.client.get(_path(message))).status_code == 404
    assert (await chat.workspace.client.get(_path(message), headers={"Authorization": ""})).status_code == 401
    elsewhere = {**message, "conversation_id": message["conversation_id"] + 1}
    assert (await chat.workspace.client.get(_path(elsewhere))).status_code == 404


async def test_a_file_that_cannot_be_had_says_so(chat: Chat) -> None:
    # The gateway of the test knows no such message, so there is nothing to fetch.
    image = chat.number.message(CUSTOMER, "", "NOFILE")
    image["data"] |= {"message": {"imageMessage": {"mimetype": "image/jpeg"}}, "messageType": "imageMessage"}
    await chat.post(image)
    message = await chat.inbox.message(evolution_message_id="NOFILE")
    await chat.inbox.until(lambda: message["error"])
    assert (await chat.workspace.client.get(_path(message))).status_code == 404
    await chat.inbox.agrees()


# -- out --------------------------------------------------------------------------------------------------------------


@pytest.mark.spec(148)
@pytest.mark.spec(149)
@pytest.mark.spec(150)
async def test_an_uploaded_image_reaches_the_customer(chat: Chat) -> None:
    message = await chat.written()
    answer = await _upload(chat, message["conversation_id"], JPEG, "pão.jpg", caption="Olha que lindo")
    assert answer.status_code == 201
    sent = answer.json()["data"]
    assert (sent["type"], sent["body"], sent["media"]["mime"]) == ("image", "Olha que lindo", "image/jpeg")
    assert (sent["media"]["bytes"], sent["media"]["file_name"]) == (len(JPEG), "pão.jpg")
    await chat.ticked(sent["id"], "delivered")
    bubble = await chat.bubble("Olha que lindo")
    assert (await chat.simulator.client.get(bubble["media"])).content == JPEG
    assert (await chat.workspace.client.get(_path(sent))).content == JPEG
    await chat.inbox.agrees()


@pytest.mark.spec(145)
async def test_a_file_answers_a_message_and_only_one_of_its_conversation(chat: Chat) -> None:
    message = await chat.written("Tem foto do bolo?")
    conversation_id = message["conversation_id"]
    answer = await _upload(chat, conversation_id, JPEG, "x.jpg", caption="Este", quoted_message_id=str(message["id"]))
    assert answer.json()["data"]["quoted_message_id"] == message["id"], answer.text
    await chat.ticked(answer.json()["data"]["id"], "delivered")
    assert (await chat.bubble("Este"))["quoted"] == {"id": message["evolution_message_id"], "text": "Tem foto do bolo?"}
    wrong = await _upload(chat, conversation_id, JPEG, "x.jpg", quoted_message_id="987654321")
    assert (wrong.status_code, list(wrong.json()["errors"][0]["details"])) == (422, ["quoted_message_id"])


@pytest.mark.spec(148)
async def test_what_a_file_is_is_decided_by_its_content(chat: Chat) -> None:
    conversation_id = (await chat.written())["conversation_id"]
    for data, name, kind in (
        (PDF, "photo.jpg", "document"),
        (JPEG, "paper.pdf", "image"),
        (b"hi", "x", "document"),
        (HEIC, "IMG_1.HEIC", "document"),  # the gateway could not read it as a picture
    ):
        sent = (await _upload(chat, conversation_id, data, name)).json()["data"]
        assert sent["type"] == kind
        await chat.ticked(sent["id"], "sent")


@pytest.mark.spec(151)
async def test_a_voice_note_leaves_as_one(chat: Chat) -> None:
    conversation_id = (await chat.written())["conversation_id"]
    fields = {"voice": "true", "duration_seconds": "3", "waveform[]": ["0", "128", "255"]}
    answer = await _upload(chat, conversation_id, samples.voice_note(3), "note.ogg", **fields)
    assert answer.status_code == 201, answer.text
    sent = answer.json()["data"]
    assert (sent["type"], sent["media"]["voice"]) == ("audio", True)
    assert (sent["media"]["duration_seconds"], sent["media"]["waveform"]) == (3, [0, 128, 255])
    await chat.ticked(sent["id"], "delivered")
    [bubble] = [each for each in await chat.simulator.screen(CUSTOMER) if each["type"] == "audio"]
    assert bubble["ptt"] is True


WEBM = bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104428581021853806701ffffffffffffff")


@pytest.mark.spec(151)
async def test_what_a_browser_records_is_a_voice_note(chat: Chat) -> None:
    """Chromium's is WebM, of which only the browser says that it has no picture."""
    conversation_id = (await chat.written())["conversation_id"]
    path = f"/v1/conversations/{conversation_id}/media-messages"
    for claimed, status in (("audio/webm", 201), ("video/webm", 422)):
        files = {"file": ("voice.webm", WEBM, claimed)}
        answer = await chat.workspace.client.post(path, files=files, data={"voice": "true"})
        assert answer.status_code == status, answer.text
    found = (await chat.workspace.get(f"/v1/conversations/{conversation_id}/messages"))["data"]
    (sent,) = [each for each in found if each["media"]]
    assert (sent["type"], sent["media"]["mime"]) == ("audio", "audio/webm")


@pytest.mark.spec(151)
async def test_all_that_is_wrong_with_an_upload_is_said_at_once(chat: Chat) -> None:
    conversation_id = (await chat.written())["conversation_id"]
    fields = {"caption": "x" * 1025, "duration_seconds": "long", "waveform[]": ["256"], "voice": "perhaps"}
    answer = await _upload(chat, conversation_id, JPEG, "x.jpg", **fields)
    assert answer.status_code == 422
    assert set(answer.json()["errors"][0]["details"]) == {"caption", "duration_seconds", "waveform.0", "voice"}


@pytest.mark.spec(148)
async def test_a_file_must_be_there_and_of_a_sensible_size(chat: Chat) -> None:
    conversation_id = (await chat.written())["conversation_id"]
    empty = await _upload(chat, conversation_id, b"", "x.jpg")
    assert (empty.status_code, list(empty.json()["errors"][0]["details"])) == (422, ["file"])
    large = await _upload(chat, conversation_id, bytes(17 * 1024 * 1024), "x.jpg")
    assert (large.status_code, large.json()["errors"][0]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert len(await chat.inbox.stored(conversation_id)) == 1
