"""The helpers under `/chat/*`: reading, looking up, fetching files, presence."""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import cast

import trio

from . import numbers, records
from .errors import EmptyError, GatewayError, bad_request, prisma, unread
from .gateway_messages import show_presence
from .schema import ANYTHING, BOOLEAN, INTEGER, STRING, array, one_of, record
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
GET_BASE64 = record(("message",), message=record(), convertToMp4=BOOLEAN)
FIND_STATUS = record(("where",), where=record(("id",), id=STRING))
FIND = record(
    where=record(
        key=record(remoteJid=STRING, id=STRING, fromMe=BOOLEAN), messageTimestamp=record(gte=STRING, lte=STRING)
    ),
    page=ANYTHING,
    offset=ANYTHING,
)
LAST_SECOND = 2**31 - 1
"""2038-01-19T03:14:07Z: the column of a message's time is a 32-bit integer."""


async def mark_as_read(simulator: Simulator, request: Request) -> Response:
    """`POST /chat/markMessageAsRead/{i}`: the customer sees blue ticks. Own messages and LID keys are skipped."""
    body = request.checked(MARK_READ)
    if request.instance.state != "open":
        why = "Error: Connection Closed" if request.instance.wired else f"TypeError: {unread('readMessages')}"
        raise GatewayError(500, ["Read messages fail", why])
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
    if request.instance.state != "open":
        closed = "Error: Connection Closed" if request.instance.wired else f"TypeError: {unread('presenceSubscribe')}"
        raise bad_request(closed)
    phone = simulator.world.phone_at(jid)
    if jid.endswith(numbers.USER) and (phone is None or not phone.exists):
        raise bad_request("[object Object]")
    await show_presence(simulator, jid, body["presence"], body["delay"])
    return reply({"presence": body["presence"]}, 201)


async def whatsapp_numbers(simulator: Simulator, request: Request) -> Response:
    """`POST /chat/whatsappNumbers/{i}`: groups first, then people, as the original orders them."""
    body = request.checked(NUMBERS)
    if request.instance.state != "open":
        raise EmptyError(400, "")
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
    message_id = _id_asked(request)
    stored = request.instance.messages.get(message_id)
    if stored is None:
        raise bad_request("Message not found")
    if simulator.chance.strikes("dead_files"):
        await trio.sleep(simulator.chance.faults.dead_files_ms / 1000)
        raise bad_request("Error: Failed to fetch stream from https://mmg.whatsapp.net/o1/v/gone.enc")
    if stored.edited and stored.record["messageType"] != "conversation":
        # The edit has taken the place of the message, and so of the file's key.
        raise bad_request("Error: Cannot derive from empty media key")
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


def _id_asked(request: Request) -> str:
    key: object = request.checked(GET_BASE64)["message"].get("key")
    if not isinstance(key, dict):
        raise bad_request(f"TypeError: {unread('id')}")
    return str(cast("JsonObject", key).get("id"))


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
    if simulator.chance.strikes("no_look_ups"):
        raise prisma("the simulator was told to fail (PUT /sim/faults)")
    where: JsonObject = body.get("where", {})
    page, size = _count(body, "page", 1), _count(body, "offset", _PAGE_SIZE)
    wanted = _filter(where)
    found = [stored for stored in _candidates(request, where) if wanted(stored)]
    # By the second alone: within one, the order is anybody's guess, as in the original.
    found.sort(key=lambda stored: (stored.record["messageTimestamp"], zlib.crc32(stored.id.encode())), reverse=True)
    records_ = [records.row(stored) for stored in found[(page - 1) * size : page * size]]
    pages = math.ceil(len(found) / size)
    return reply({"messages": {"total": len(found), "pages": pages, "currentPage": page, "records": records_}})


def _candidates(request: Request, where: JsonObject) -> Iterable[Stored]:
    message_id = where.get("key", {}).get("id")
    if message_id is None:
        return request.instance.messages.values()
    stored = request.instance.messages.get(message_id)
    return [stored] if stored else []


def _count(body: JsonObject, name: str, default: int) -> int:
    value: object = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not float(value).is_integer():
        raise prisma(f"Argument `{name}`: expected Int, provided {type(value).__name__}")
    return max(1, int(value))


def _filter(where: JsonObject) -> Callable[[Stored], bool]:
    key = {name: value for name, value in where.get("key", {}).items() if name in _FIND_KEYS}
    times: JsonObject = where.get("messageTimestamp", {})
    since, until = _span(times.get("gte"), times.get("lte"))

    def wanted(stored: Stored) -> bool:
        if not since <= stored.record["messageTimestamp"] <= until:  # most are out of time: a look-back has many pages
            return False
        record_key = stored.record["key"]
        return all(record_key.get(name) == value for name, value in key.items())

    return wanted


def _span(since: str | None, until: str | None) -> tuple[float, float]:
    """Without both of them there is none: the original ignores one that is alone."""
    return (_seconds(since), _seconds(until)) if since and until else (-math.inf, math.inf)


def _seconds(moment: str) -> int:
    try:
        seconds = math.floor(datetime.fromisoformat(moment).timestamp())
    except (ValueError, OverflowError) as error:
        raise prisma(f"Invalid time value: {moment}") from error
    if not -LAST_SECOND - 1 <= seconds <= LAST_SECOND:
        raise prisma(f"Unable to fit integer value '{seconds}' into an INT4 (32-bit signed integer): out of range")
    return seconds
