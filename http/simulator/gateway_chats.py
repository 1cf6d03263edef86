"""The helpers under `/chat/*`: reading, looking up, fetching files, presence."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import cast

from . import numbers, records
from .errors import RawError, bad_request
from .gateway_messages import show_presence
from .schema import BOOLEAN, INTEGER, STRING, array, one_of, record
from .simulator import Simulator
from .web import Request, Response, reply
from .wire import JsonObject, long
from .world import Stored

_PAGE_SIZE = 50
_FIND_KEYS = frozenset({"remoteJid", "id", "fromMe"})
_KEY = record(("id", "remoteJid", "fromMe"), id=STRING, remoteJid=STRING, fromMe=BOOLEAN)
MARK_READ = record(("readMessages",), readMessages=array(_KEY))
PRESENCE = record(
    ("number", "presence", "delay"),
    number=STRING,
    delay=INTEGER,
    presence=one_of("unavailable", "available", "composing", "recording", "paused"),
)
NUMBERS = record(("numbers",), numbers=array(STRING))
NUMBER = record(("number",), number=STRING)
GET_BASE64 = record(("message",), message=record(("key",), key=record(("id",), id=STRING)), convertToMp4=BOOLEAN)
FIND_STATUS = record(("where",), where=record(("id",), id=STRING))
FIND = record(
    where=record(
        key=record(remoteJid=STRING, id=STRING, fromMe=BOOLEAN), messageTimestamp=record(gte=STRING, lte=STRING)
    ),
    page=INTEGER,
    offset=INTEGER,
)


async def mark_as_read(simulator: Simulator, request: Request) -> Response:
    """`POST /chat/markMessageAsRead/{i}`: the customer sees blue ticks. Own messages and LID keys are skipped."""
    body = request.checked(MARK_READ)
    for key in body["readMessages"]:
        stored = request.instance.messages.get(key["id"])
        if stored and not stored.from_me and key["remoteJid"].endswith(numbers.USER):
            stored.advance("READ")
    simulator.revision += 1
    return reply({"message": "Read messages", "read": "success"}, 201)


async def send_presence(simulator: Simulator, request: Request) -> Response:
    """`POST /chat/sendPresence/{i}`: answers after the delay."""
    body = request.checked(PRESENCE)
    jid = numbers.jid_of(body["number"])
    phone = simulator.world.phone_at(jid)
    if jid.endswith(numbers.USER) and (phone is None or not phone.exists):
        raise bad_request("[object Object]")
    await show_presence(simulator, jid, body["presence"], body["delay"])
    return reply({"presence": body["presence"]}, 201)


async def whatsapp_numbers(simulator: Simulator, request: Request) -> Response:
    """`POST /chat/whatsappNumbers/{i}`: groups first, then people, as the original orders them."""
    body = request.checked(NUMBERS)
    if request.instance.state != "open":
        raise RawError(400, "Connection Closed", reason="Internal Server Error")
    answers = [_account(simulator, number) for number in body["numbers"]]
    return reply(sorted(answers, key=lambda answer: not answer["jid"].endswith(numbers.GROUP)))


def _account(simulator: Simulator, number: str) -> JsonObject:
    jid = numbers.jid_of(number)
    if not jid.endswith(numbers.USER):
        return {"jid": jid, "exists": True, "number": number}
    phone = simulator.world.phone_at(jid)
    if phone is None or not phone.exists:
        return {"jid": jid, "exists": False, "number": number}
    names = {"name": phone.name} if phone.name else {}
    return {"jid": phone.number + numbers.USER, "exists": True, "number": number, "lid": phone.lid + "@lid"} | names


async def profile_picture(simulator: Simulator, request: Request) -> Response:
    """`POST /chat/fetchProfilePictureUrl/{i}`: null for who is not known."""
    jid = numbers.jid_of(request.checked(NUMBER)["number"])
    phone = simulator.world.find_phone(numbers.digits_of(jid))
    url = f"{simulator.public_url}/sim/pictures/{phone.number}.svg" if phone and phone.exists else None
    return reply({"wuid": jid, "profilePictureUrl": url})


async def get_base64(simulator: Simulator, request: Request) -> Response:
    """`POST /chat/getBase64FromMediaMessage/{i}`: the file of a message, by `key.id`."""
    message_id = request.checked(GET_BASE64)["message"]["key"]["id"]
    stored = request.instance.messages.get(message_id)
    if stored is None:
        raise bad_request("Message not found")
    kind, media = stored.record["messageType"], simulator.media_of(request.instance, message_id)
    value: object = stored.record["message"].get(kind)
    node = cast("JsonObject", value) if isinstance(value, dict) else {}
    if media is None:
        # A file that is no longer kept is, to the caller, one that could not be downloaded.
        raise bad_request("AggregateError" if "mediaKey" in node else "The message is not of the media type")
    extension = media.mimetype.split(";")[0].rsplit("/", 1)[-1]
    return reply(
        {
            "mediaType": kind,
            "fileName": media.file_name or f"{message_id}.{'oga' if extension == 'ogg' else extension}",
            "caption": media.caption,
            "size": {"fileLength": long(len(media.data)), "height": node.get("height"), "width": node.get("width")},
            "mimetype": media.mimetype,
            "base64": base64.b64encode(media.data).decode(),
            "buffer": None,
        },
        201,
    )


async def find_status(simulator: Simulator, request: Request) -> Response:
    """`POST /chat/findStatusMessage/{i}`: the status rows of one message."""
    message_id = request.checked(FIND_STATUS)["where"]["id"]
    stored = request.instance.messages.get(message_id)
    if stored is None or stored.status == stored.record["status"]:
        return reply([])
    key = stored.record["key"]
    row = {"id": stored.row_id, "keyId": stored.id, "remoteJid": key["remoteJid"], "fromMe": stored.from_me}
    return reply([row | {"status": stored.status, "instanceId": request.instance.id}])


async def find_messages(simulator: Simulator, request: Request) -> Response:
    """`POST /chat/findMessages/{i}`: newest first; `offset` is the size of a page."""
    body = request.checked(FIND)
    where: JsonObject = body.get("where", {})
    page, size = max(1, int(body.get("page", 1))), max(1, int(body.get("offset", _PAGE_SIZE)))
    wanted = _filter(where)
    found = [stored for stored in _candidates(request, where) if wanted(stored)]
    found.sort(key=lambda stored: stored.record["messageTimestamp"])
    found.reverse()
    records_ = [records.row(stored) for stored in found[(page - 1) * size : page * size]]
    pages = math.ceil(len(found) / size)
    return reply({"messages": {"total": len(found), "pages": pages, "currentPage": page, "records": records_}})


def _candidates(request: Request, where: JsonObject) -> Iterable[Stored]:
    message_id = where.get("key", {}).get("id")
    if message_id is None:
        return request.instance.messages.values()
    stored = request.instance.messages.get(message_id)
    return [stored] if stored else []


def _filter(where: JsonObject) -> Callable[[Stored], bool]:
    key = {name: value for name, value in where.get("key", {}).items() if name in _FIND_KEYS}
    times: JsonObject = where.get("messageTimestamp", {})
    since, until = _seconds(times.get("gte"), -math.inf), _seconds(times.get("lte"), math.inf)

    def wanted(stored: Stored) -> bool:
        if not since <= stored.record["messageTimestamp"] <= until:  # most are out of time: a look-back has many pages
            return False
        record_key = stored.record["key"]
        return all(record_key.get(name) == value for name, value in key.items())

    return wanted


def _seconds(moment: str | None, default: float) -> float:
    if not moment:
        return default
    try:
        return math.floor(datetime.fromisoformat(moment).timestamp())
    except (ValueError, OverflowError) as error:
        raise bad_request(f"Invalid time value: {moment}; expected ISO 8601 such as 2026-01-05T11:00:00Z") from error
