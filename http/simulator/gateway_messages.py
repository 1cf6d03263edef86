"""What goes out through the gateway: `/message/*` sends, and edits and deletions of them.

Every send does the same: resolve the number, build the content, store the record, emit `send.message`, answer 201 with
that record, and let the ticks follow.
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
from typing import Any

import trio

from . import menus, numbers, pictures, records, ticks
from .errors import GatewayError, bad_request, connection_closed, not_on_whatsapp, unread
from .outbound import HttpClient, SendFailed
from .records import Content
from .schema import ANYTHING, BOOLEAN, INTEGER, STRING, Shape, array, one_of, record
from .simulator import Simulator
from .web import Request, Response, reply
from .wire import JsonObject
from .world import Instance, Media, Stored

MAX_FETCH = 64 * 1024 * 1024
_FETCH_SECONDS = 20.0
_URL = re.compile(r"^(https?://)?(\d{1,3}(\.\d{1,3}){3}|([\w-]+\.)+[a-z]{2,})(:\d+)?([/?#]\S*)?$", re.IGNORECASE)
_PLAIN_TEXT = re.compile(r"[A-Za-z0-9\s]")
_KEY = record(("id", "remoteJid", "fromMe"), id=STRING, remoteJid=STRING, fromMe=BOOLEAN)
_COMMON: dict[str, Shape] = {
    "number": STRING,
    "delay": INTEGER,
    "quoted": record(key=record(("id",), id=STRING), message=record()),
    "mentioned": array(STRING),
    "mentionsEveryOne": BOOLEAN,
}
SEND_TEXT = record(("number", "text"), text=STRING, linkPreview=BOOLEAN, **_COMMON)
SEND_MEDIA = record(
    ("number", "mediatype"),
    mediatype=one_of("image", "document", "video", "audio"),
    media=STRING,
    mimetype=STRING,
    caption=STRING,
    fileName=STRING,
    **_COMMON,
)
SEND_AUDIO = record(("number", "audio"), audio=STRING, encoding=BOOLEAN, **_COMMON)
SEND_REACTION = record(("key", "reaction"), key=_KEY, reaction=STRING)
_ROW = record(("title", "rowId"), title=STRING, description=STRING, rowId=STRING)
SEND_LIST = record(
    ("number", "title", "footerText", "buttonText", "sections"),
    title=STRING,
    description=STRING,
    footerText=STRING,
    buttonText=STRING,
    sections=array(record(("title", "rows"), title=STRING, rows=array(_ROW))),
    **_COMMON,
)
_BUTTON = record(
    ("type",), type=one_of("reply", "copy", "url", "call", "pix"), displayText=STRING, id=STRING, url=STRING
)
SEND_BUTTONS = record(("number",), title=STRING, description=STRING, footer=STRING, buttons=array(_BUTTON), **_COMMON)
UPDATE = record(("number", "key", "text"), number=STRING, key=_KEY, text=STRING)
DELETE = record(("id", "remoteJid", "fromMe"), id=STRING, remoteJid=STRING, fromMe=BOOLEAN, participant=ANYTHING)


async def send_text(simulator: Simulator, request: Request) -> Response:
    """`POST /message/sendText/{i}`."""
    body = request.checked(SEND_TEXT)
    if not body["text"].strip():
        raise bad_request("Text is required")
    jid = resolve(simulator, request, body["number"])
    return await _send(simulator, request, jid, records.text(body["text"]))


async def send_media(simulator: Simulator, request: Request) -> Response:
    """`POST /message/sendMedia/{i}`: a URL, which is fetched, or plain base64. The file is prepared before the send."""
    body = request.checked(SEND_MEDIA)
    source, kind = str(body.get("media", "")), body["mediatype"]
    if kind == "document" and not _URL.match(source) and not body.get("fileName"):
        raise bad_request("For base64 the file name must be informed.")
    data = await _bytes_of(simulator.client, source)
    if kind == "image":
        await pictures.must_be_readable(data)
    if not request.instance.wired:
        raise GatewayError(500, [f"TypeError: {unread('waUploadToServer')}"])
    jid = resolve(simulator, request, body["number"])
    media = Media(data, _mimetype(body, source), _file_name(body, source), body.get("caption"))
    now = simulator.clock()
    if kind == "audio":
        return await _send(simulator, request, jid, records.audio(media, simulator.ids, now, voice=False))
    build = {"image": records.image, "video": records.video}.get(kind, records.document)
    return await _send(simulator, request, jid, build(media, simulator.ids, now))


async def send_audio(simulator: Simulator, request: Request) -> Response:
    """`POST /message/sendWhatsAppAudio/{i}`: a voice note; `quoted` is ignored, as in 2.3.7."""
    body = request.checked(SEND_AUDIO)
    media = Media(await _bytes_of(simulator.client, body["audio"]), "audio/ogg; codecs=opus")
    jid = resolve(simulator, request, body["number"])
    body.pop("quoted", None)
    return await _send(simulator, request, jid, records.audio(media, simulator.ids, simulator.clock(), voice=True))


async def send_reaction(simulator: Simulator, request: Request) -> Response:
    """`POST /message/sendReaction/{i}`: one emoji, or an empty text to take it back."""
    body = request.checked(SEND_REACTION)
    emoji, key = body["reaction"], body["key"]
    if len(emoji) > 16 or _PLAIN_TEXT.search(emoji):
        raise bad_request("Reaction must be a single emoji or empty string")
    jid = resolve(simulator, request, key["remoteJid"])
    if target := request.instance.messages.get(key["id"]):
        target.reactions["business"] = emoji
    return await _send(simulator, request, jid, records.reaction(key, emoji, simulator.clock()))


async def send_buttons(simulator: Simulator, request: Request) -> Response:
    """`POST /message/sendButtons/{i}`: reply buttons, at most three."""
    body = _menu(simulator, request, SEND_BUTTONS)
    content = menus.buttons(body)
    return await _send(simulator, request, resolve(simulator, request, body["number"]), content)


async def send_list(simulator: Simulator, request: Request) -> Response:
    """`POST /message/sendList/{i}`."""
    body = _menu(simulator, request, SEND_LIST)
    return await _send(simulator, request, resolve(simulator, request, body["number"]), menus.listing(body))


def _menu(simulator: Simulator, request: Request, shape: Shape) -> JsonObject:
    """The body, unless the fault `no_menus` plays a channel that has neither buttons nor lists."""
    if simulator.chance.strikes("no_menus"):
        raise bad_request("Method not available on WhatsApp Business API")
    return request.checked(shape)


async def update_message(simulator: Simulator, request: Request) -> Response:
    """`POST /chat/updateMessage/{i}`: a new text for a message that was sent through the gateway."""
    body = request.checked(UPDATE)
    jid = resolve(simulator, request, body["number"])
    stored = request.instance.messages.get(body["key"]["id"])
    if stored is None:
        raise bad_request("Message not found")
    if stored.record["key"]["remoteJid"] != jid:
        raise bad_request("RemoteJid does not match")
    rewrite(stored, body["text"], simulator.clock())
    edited = {
        "key": {"remoteJid": jid, "fromMe": True, "id": stored.id},
        "editedMessage": {"extendedTextMessage": {"text": body["text"]}},
        "timestampMs": str(int(simulator.clock() * 1000)),
        "type": "MESSAGE_EDIT",
    }
    simulator.emit(request.instance, "send.message.update", edited)
    return reply(_protocol_answer(simulator, jid, edited))


async def delete_message(simulator: Simulator, request: Request) -> Response:
    """`DELETE /chat/deleteMessageForEveryone/{i}`."""
    body = request.checked(DELETE)
    jid = resolve(simulator, request, body["remoteJid"])
    instance, stored = request.instance, request.instance.messages.get(body["id"])
    if stored is not None:
        stored.deleted = True
        simulator.emit(instance, "messages.delete", _deleted_row(stored))
    key = {"remoteJid": jid, "fromMe": body["fromMe"], "id": body["id"]}
    return reply(_protocol_answer(simulator, jid, {"key": key, "type": "REVOKE"}), 201)


def rewrite(stored: Stored, text: str, now: float) -> None:
    """Put a new text, or a new caption, into a stored message."""
    kind, message = stored.record["messageType"], stored.record["message"]
    if kind == "conversation":
        stored.record["message"] = message | {kind: text}
    else:
        stored.record["message"] = message | {kind: message[kind] | {"caption": text}}
    stored.edited, stored.edited_at = True, now


def resolve(simulator: Simulator, request: Request, number: str) -> str:
    """The canonical jid behind `number`. Raises GatewayError: nobody linked (500, 400), or not on WhatsApp (400)."""
    jid = numbers.jid_of(number)
    if request.instance.state != "open":
        raise _closed(request.instance, simulator.chat_of(jid))
    if not jid.endswith(numbers.USER):
        return jid  # groups and LIDs are never verified
    phone = simulator.world.phone_at(jid)
    if phone is None or not phone.exists:
        raise not_on_whatsapp(jid, number)
    return phone.number + numbers.USER


def _closed(instance: Instance, chat: str) -> GatewayError:
    """A number that was written to before is known, so the send fails a step later."""
    known = chat in instance.chats
    if instance.wired:
        return connection_closed(known=known)
    return bad_request(f"TypeError: {unread('sendMessage')}") if known else GatewayError(500, unread("onWhatsApp"))


async def _send(simulator: Simulator, request: Request, jid: str, content: Content) -> Response:
    body, instance = request.json, request.instance
    if simulator.chat_of(jid) in simulator.chance.faults.timed_out:
        raise bad_request("Error: Timed Out")
    await _type_first(simulator, jid, body.get("delay", 0))
    key = {"remoteJid": jid, "fromMe": True, "id": simulator.ids.message("web")}
    quoted = _quoted(request, body.get("quoted"))
    answer = records.sent(key, content, simulator.clock(), instance_id=instance.id, quoted=quoted)
    stored = simulator.keep(instance, answer, simulator.chat_of(jid), "api", content)
    simulator.emit(instance, "send.message", answer)
    ticks.follow(simulator, instance, stored)
    return reply(answer, 201)


async def _type_first(simulator: Simulator, jid: str, milliseconds: int) -> None:
    if milliseconds <= 0:
        return
    await show_presence(simulator, jid, "composing", milliseconds)


async def show_presence(simulator: Simulator, jid: str, presence: str, milliseconds: int) -> None:
    """Show "typing…" on the customer's screen for so long."""
    phone = simulator.world.phone_at(jid)
    if phone is not None:
        phone.business_presence = presence
    try:
        await trio.sleep(max(0, milliseconds) / 1000)
    finally:
        if phone is not None:
            phone.business_presence = "available"


def _quoted(request: Request, quoted: JsonObject | None) -> JsonObject | None:
    if not quoted or "key" not in quoted:
        return None
    key: JsonObject = quoted["key"]
    stored = request.instance.messages.get(key["id"])
    message = quoted.get("message") or (stored and stored.record["message"])
    if not message:
        return None  # not stored: silently not quoted, as in the original
    from_me = stored.from_me if stored else bool(key.get("fromMe"))
    peer = stored.record["key"]["remoteJid"] if stored else key.get("remoteJid", "")
    return records.quote(key["id"], request.instance.jid if from_me else peer, message)


async def _bytes_of(client: HttpClient, source: str) -> bytes:
    if _URL.match(source):
        return await _fetch(client, source if "://" in source else "http://" + source)
    try:
        data = base64.b64decode(source, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data:
        raise bad_request("Owned media must be a url or base64")
    return data


async def _fetch(client: HttpClient, url: str) -> bytes:
    try:
        with trio.fail_after(_FETCH_SECONDS):
            answer = await client.request("GET", url, [("User-Agent", "axios/1.7.9")], max_answer=MAX_FETCH)
    except (SendFailed, trio.TooSlowError) as error:
        raise bad_request("AggregateError") from error
    if answer.status != 200:
        raise bad_request(f"AxiosError: Request failed with status code {answer.status}")
    if not answer.complete:
        raise bad_request(f"AxiosError: maxContentLength size of {MAX_FETCH} exceeded")
    return answer.body


def _file_name(body: JsonObject, source: str) -> str | None:
    if body.get("fileName"):
        return str(body["fileName"])
    return source.rsplit("/", 1)[-1].split("?")[0] if _URL.match(source) else None


def _mimetype(body: JsonObject, source: str) -> str:
    # The extension of the file name has the last word; a name without one gives the text "false".
    if body.get("fileName"):
        return mimetypes.guess_type(body["fileName"])[0] or "false"
    if body["mediatype"] == "image":
        return "image/jpeg"
    guess = mimetypes.guess_type(source.split("?")[0])[0] if _URL.match(source) else None
    defaults = {"video": "video/mp4", "audio": "audio/mpeg"}
    return body.get("mimetype") or guess or defaults.get(body["mediatype"], "application/octet-stream")


def _deleted_row(stored: Stored) -> JsonObject:
    row, key = stored.record, stored.record["key"]
    return {
        "id": stored.row_id,
        "instanceId": row["instanceId"],
        "key": {"id": stored.id, "fromMe": stored.from_me, "deleted": True, "remoteJid": key["remoteJid"]},
        "messageType": row["messageType"],
        "status": "DELETED",
        "source": row["source"],
        "messageTimestamp": row["messageTimestamp"],
        "pushName": row["pushName"],
        "participant": None,
        "message": row["message"],
    }


def _protocol_answer(simulator: Simulator, jid: str, protocol: dict[str, Any]) -> JsonObject:
    return {
        "key": {"remoteJid": jid, "fromMe": True, "id": simulator.ids.message("web")},
        "message": {"protocolMessage": protocol},
        "messageTimestamp": str(int(simulator.clock())),
        "status": "PENDING",
    }
