"""What we ask of the gateway: instances, sends, and look-ups, as methods that say in our words what came of it.

Invariants: one method is one HTTP request; nothing is retried here, because only the outbox knows what a second try
may cost; every method raises only the classes of `errors`. Instance names are percent-encoded, and nothing of a
caller's ever goes into a query string: the gateway lets the query override the instance in the path.
"""

from __future__ import annotations

import base64 as base64_codec
import binascii
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from urllib.parse import quote

from plixa.actors.whatsapp.gateway import Menu, Seen
from plixa.http.clients.bounded import Closes
from plixa.http.whatsapp.evolution.answers import doubt
from plixa.http.whatsapp.evolution.errors import (
    GatewayDown,
    GatewayNotFound,
    GatewayRefused,
    GatewayUncertain,
    MenuRefused,
    NotOnWhatsApp,
    TooLarge,
)
from plixa.http.whatsapp.evolution.payload import (
    QR_CODE,
    QR_IMAGE,
    Json,
    as_int,
    flag,
    mapping,
    message_id,
    scrub,
    sequence,
    text,
    whole,
)
from plixa.http.whatsapp.evolution.records import Origin, record_seen
from plixa.http.whatsapp.evolution.sends import offering, with_extension
from plixa.http.whatsapp.evolution.transport import Transport

SECRET_HEADER = "x-plixa-secret"

EVENTS = (
    "MESSAGES_UPSERT",
    "MESSAGES_UPDATE",
    "MESSAGES_DELETE",
    "SEND_MESSAGE",
    "CONNECTION_UPDATE",
    "QRCODE_UPDATED",
    "LOGOUT_INSTANCE",
    "REMOVE_INSTANCE",
)
"""What every instance tells us. MESSAGES_EDITED is left out on purpose: the gateway waits for our answer to it inside
its message pipeline, so one refused edit would hold up all messages for twenty minutes; since 2.3.7 edits come in
MESSAGES_UPDATE as well."""

Presence = Literal["composing", "recording", "paused", "available", "unavailable"]
MediaType = Literal["image", "video", "document", "audio"]
State = Literal["open", "connecting", "close"]

_STATES: Mapping[str, State] = {"open": "open", "connecting": "connecting", "close": "close"}

_SEND = 90.0  # seconds: a send looks up the number and its devices first
_SEND_FILE = 180.0  # ... and uploads
_FETCH_FILE = 120.0  # ... and after a first failure waits 5 s and downloads again
_CONNECT = 30.0
_LONGEST_VERSION = 64  # characters
_OVERHEAD = 64 * 1024  # bytes of an answer with a file that are not the file
_EARLIEST, _LATEST = datetime(2009, 1, 1, tzinfo=UTC), datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)
"""WhatsApp's beginning, and the last second that the gateway's column of 32 bits can hold: it answers 500 to what lies
past it."""
_AHEAD = timedelta(days=1)  # of now: as far as a look-up without an end goes, for clocks that disagree


class Server(NamedTuple):
    """The gateway itself. `version` is like "2.3.7"."""

    version: str


class Qr(NamedTuple):
    """What connecting gave: a code to scan (`code` to render, `image` as a data URI) and perhaps a pairing code.

    All None and not `connected`: no code is ready yet; ask again in a few seconds, or wait for the webhook.
    """

    code: str | None
    image: str | None
    pairing_code: str | None
    connected: bool = False


class Sent(NamedTuple):
    """A message handed to WhatsApp's socket, which is not yet "sent". `remote_jid` may differ from what was asked."""

    key_id: str
    remote_jid: str


class ReadKey(NamedTuple):
    """A message of the contact to mark as read. Up to 2.3.7 the gateway drops keys whose jid is a LID."""

    remote_jid: str
    key_id: str


class Page(NamedTuple):
    """Stored messages, newest first, to the second; `seen` is what `translate` would have given, save that `via` of our
    own messages is always "phone": the store does not say. row_ids: of each, growing in the order of arrival."""

    seen: tuple[Seen, ...]
    row_ids: tuple[str, ...]
    page: int
    pages: int
    total: int


class Download(NamedTuple):
    """A file as it was sent."""

    data: bytes
    mime: str
    file_name: str | None


class Registration(NamedTuple):
    """Whether a number is on WhatsApp. `number` as it was asked; `jid` is the form that WhatsApp knows it by."""

    number: str
    exists: bool
    jid: str | None
    lid: str | None


def events_for(version: str) -> tuple[str, ...]:
    """The events to subscribe to at this version: before 2.3.7, MESSAGES_EDITED is the only way to hear of edits."""
    numbers = tuple(int(part) for part in version.split("-")[0].split(".") if part.isdecimal())
    return EVENTS if not numbers or numbers >= (2, 3, 7) else (*EVENTS, "MESSAGES_EDITED")


class EvolutionClient(Closes):
    """One gateway. Close it, or use it as `async with EvolutionClient(url, key) as gateway`.

    base_url: "http://host:8080". api_key: the global key, since instances are created with it.
    """

    def __init__(self, base_url: str, api_key: str) -> None:
        self._transport = Transport(base_url, api_key)

    async def aclose(self) -> None:
        """Close all connections; requests under way fail."""
        await self._transport.aclose()

    # Instances -------------------------------------------------------------------------------------------------------

    async def server(self) -> Server:
        """Which gateway this is. Raises `GatewayDown` when it is none."""
        version = text(mapping(await self._transport.ask("GET", "/")).get("version"), _LONGEST_VERSION)
        if version is None:
            raise GatewayDown("What answers at the gateway's URL names no version: check the URL.")
        return Server(version)

    async def create_instance(
        self, name: str, webhook_url: str, secret: str, events: Sequence[str] = EVENTS
    ) -> str | None:
        """Make an instance whose webhook carries `secret` in the header `x-plixa-secret`; returns its id.

        Media bytes stay out of the webhook and groups are ignored. No QR is asked for here: the gateway would hold
        the answer for 5 s. Two creations of one name at a time are for the caller to prevent. Raises `NameTaken`.
        """
        body = {
            "instanceName": name,
            "integration": "WHATSAPP-BAILEYS",
            "qrcode": False,
            "groupsIgnore": True,
            "rejectCall": False,
            "alwaysOnline": False,
            "readMessages": False,
            "readStatus": False,
            "syncFullHistory": False,
            "webhook": _webhook(webhook_url, secret, events),
        }
        answer = await self._transport.ask("POST", "/instance/create", body, timeout=_CONNECT, once=True)
        return whole(mapping(mapping(answer).get("instance")).get("instanceId"))

    async def set_webhook(self, name: str, webhook_url: str, secret: str, events: Sequence[str] = EVENTS) -> None:
        """Point an instance's webhook to us."""
        body = {"webhook": {"enabled": True, **_webhook(webhook_url, secret, events)}}
        await self._transport.ask("POST", _path("webhook/set", name), body)

    async def connect(self, name: str, number: str | None = None) -> Qr:
        """Start the socket and get a QR code; `number` (digits) asks for a pairing code too."""
        params = {"number": number} if number and number.isdecimal() else None
        answer = await self._transport.ask("GET", _path("instance/connect", name), params=params, timeout=_CONNECT)
        fields = _not_swallowed(answer, "connect")
        connected = mapping(fields.get("instance")).get("state") == "open"
        code, image = whole(fields.get("code"), QR_CODE), whole(fields.get("base64"), QR_IMAGE)
        return Qr(code, image, whole(fields.get("pairingCode")), connected)

    async def state(self, name: str) -> State | None:
        """The live state of the socket; None when the instance is stored but not loaded. "open" may be a dead one."""
        answer = await self._transport.ask("GET", _path("instance/connectionState", name))
        state = mapping(mapping(answer).get("instance")).get("state")
        return _STATES.get(state) if isinstance(state, str) else None

    async def instances(self) -> dict[str, State | None]:
        """All instances by name, with the state that is stored of them: dear, it counts every message kept."""
        rows = map(mapping, sequence(await self._transport.ask("GET", "/instance/fetchInstances", timeout=_CONNECT)))
        return {name: _STATES.get(str(row.get("connectionStatus"))) for row in rows if (name := text(row.get("name")))}

    async def webhook_url(self, name: str) -> str | None:
        """Where an instance posts to; None when nowhere."""
        fields = mapping(await self._transport.ask("GET", _path("webhook/find", name)))
        return text(fields.get("url")) if flag(fields.get("enabled")) else None

    async def restart(self, name: str) -> None:
        """Close the socket and connect again. Raises `GatewayDown` for one that is closed: connect that instead."""
        _not_swallowed(await self._transport.ask("POST", _path("instance/restart", name), timeout=_CONNECT), "restart")

    async def logout(self, name: str) -> None:
        """End the session, so that only a new QR brings the number back. Done already is done."""
        try:
            await self._transport.ask("DELETE", _path("instance/logout", name), timeout=_CONNECT)
        except GatewayRefused as error:
            if "not connected" not in error.message:
                raise

    async def delete(self, name: str) -> None:
        """Remove the instance; log out first, since some releases refuse an open one. Gone already is gone."""
        try:
            await self._transport.ask("DELETE", _path("instance/delete", name), timeout=_CONNECT)
        except GatewayNotFound:
            return

    # Sends -----------------------------------------------------------------------------------------------------------

    async def send_text(self, name: str, to: str, text: str, quoted: str | None = None) -> Sent:
        """Send a text. to: digits, or a whole jid (a LID must be one). quoted: the key id of the message answered.

        The gateway's link preview is off: it would fetch whatever address stands in the text.
        """
        body = {"number": to, "text": scrub(text), "linkPreview": False, **_quoted(quoted)}
        return await self._send("message/sendText", name, body, _SEND)

    async def send_media(
        self,
        name: str,
        to: str,
        mediatype: MediaType,
        base64: str,
        mime: str,
        file_name: str,
        caption: str | None = None,
        quoted: str | None = None,
    ) -> Sent:
        """Send a file. base64: standard, padded, without line breaks and without a data URI's head."""
        body = {
            "number": to,
            "mediatype": mediatype,
            "media": base64,
            "mimetype": mime,
            "fileName": with_extension(scrub(file_name), mime),
            **({"caption": scrub(caption)} if caption else {}),
            **_quoted(quoted),
        }
        return await self._send("message/sendMedia", name, body, _SEND_FILE)

    async def send_audio(self, name: str, to: str, base64: str, quoted: str | None = None) -> Sent:
        """Send a voice note; the gateway transcodes it and draws the waveform. `quoted` takes effect from 2.4 on."""
        body = {"number": to, "audio": base64, "encoding": True, **_quoted(quoted)}
        return await self._send("message/sendWhatsAppAudio", name, body, _SEND_FILE)

    async def send_menu(self, name: str, to: str, text: str, menu: Menu, quoted: str | None = None) -> Sent:
        """Send a text with buttons or a list under it. Raises `MenuRefused` where the gateway has none."""
        call, body = offering(scrub(text), menu)
        try:
            return await self._send(call, name, {"number": to, **body, **_quoted(quoted)}, _SEND)
        except NotOnWhatsApp:
            raise
        except GatewayRefused as error:
            why = f"The gateway refuses {'buttons' if menu.shown == 'buttons' else 'a list'}"
            raise MenuRefused(f"{why} ({error.answered}: {error.said}).", answered=error.answered) from error

    async def _send(self, call: str, name: str, body: object, timeout: float) -> Sent:
        prepares = call == "message/sendMedia"
        path = _path(call, name)
        answer = await self._transport.ask("POST", path, body, timeout=timeout, once=True, prepares=prepares)
        key = mapping(mapping(answer).get("key"))
        key_id, remote_jid = message_id(key.get("id")), whole(key.get("remoteJid"))
        if key_id is None or remote_jid is None:
            raise GatewayUncertain("The gateway took the message and named no key: look for it before trying again.")
        return Sent(key_id, remote_jid)

    async def send_presence(self, name: str, to: str, presence: Presence, delay_ms: int) -> None:
        """Show "typing…" for `delay_ms`; the gateway answers only after that time."""
        body = {"number": to, "presence": presence, "delay": delay_ms}
        await self._transport.ask("POST", _path("chat/sendPresence", name), body, timeout=delay_ms / 1000 + 20)

    async def mark_read(self, name: str, keys: Sequence[ReadKey]) -> None:
        """Give the contact blue ticks for these messages."""
        read = [{"remoteJid": key.remote_jid, "id": key.key_id, "fromMe": False} for key in keys]
        await self._transport.ask("POST", _path("chat/markMessageAsRead", name), {"readMessages": read})

    # Look-ups --------------------------------------------------------------------------------------------------------

    async def find_messages(
        self,
        name: str,
        *,
        now: datetime,
        remote_jid: str | None = None,
        key_id: str | None = None,
        from_me: bool | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        page: int = 1,
        page_size: int = 50,
    ) -> Page:
        """Messages in the gateway's store, newest first: the means to repair a gap. May hold one message twice.

        from_me: only ours, or only theirs. since, until: aware, inclusive, to the second; they are drawn into the span
        that the gateway can count. now: as for `translate`.
        """
        wanted = (("remoteJid", remote_jid), ("id", key_id), ("fromMe", from_me))
        key = {field: value for field, value in wanted if value is not None}
        where: dict[str, object] = {"key": key} if key else {}
        if since is not None or until is not None:  # the gateway ignores one without the other
            where["messageTimestamp"] = {"gte": _iso(since or _EARLIEST), "lte": _iso(until or now + _AHEAD)}
        body = {"where": where, "page": page, "offset": page_size}
        return _page(await self._transport.ask("POST", _path("chat/findMessages", name), body), now)

    async def get_base64(self, name: str, key_id: str, *, limit: int) -> Download:
        """The file of a message, by its key id. limit: bytes of the file; `TooLarge` is raised over it, unread."""
        body = {"message": {"key": {"id": key_id}}, "convertToMp4": False}
        answer = await self._transport.ask(
            "POST",
            _path("chat/getBase64FromMediaMessage", name),
            body,
            timeout=_FETCH_FILE,
            limit=limit * 4 // 3 + _OVERHEAD,
        )
        return _download(mapping(answer), limit)

    async def whatsapp_numbers(self, name: str, numbers: Sequence[str]) -> list[Registration]:
        """Which of these numbers are on WhatsApp, in the gateway's order. Raises `GatewayDown` when it cannot tell."""
        if not numbers:
            return []
        try:
            answer = await self._transport.ask(
                "POST", _path("chat/whatsappNumbers", name), {"numbers": list(numbers)}, timeout=_CONNECT
            )
        except GatewayRefused as error:  # on this call any failure of the socket's is a 400
            raise GatewayDown("The gateway could not look the numbers up. Try again later.", answered=400) from error
        return [_registration(mapping(item)) for item in sequence(answer)]


def _path(call: str, name: str) -> str:
    return f"/{call}/{quote(name, safe='')}"


def _webhook(url: str, secret: str, events: Sequence[str]) -> dict[str, object]:
    return {
        "url": url,
        "byEvents": False,
        "base64": False,
        "headers": {SECRET_HEADER: secret},
        "events": list(events),
    }


def _quoted(key_id: str | None) -> dict[str, object]:
    return {"quoted": {"key": {"id": key_id}}} if key_id else {}


def _not_swallowed(answer: object, call: str) -> Json:
    """`connect` and `restart` answer 200 {"error": true} to whatever went wrong inside."""
    fields = mapping(answer)
    if flag(fields.get("error")):
        raise GatewayDown(
            f"The gateway could not {call} this number, without saying why. Try again later.", answered=200
        )
    return fields


def _iso(moment: datetime) -> str:
    return f"{min(max(moment, _EARLIEST), _LATEST).astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def _page(answer: object, now: datetime) -> Page:
    fields = mapping(mapping(answer).get("messages"))
    if not isinstance(fields.get("records"), list):
        raise doubt("The gateway's store gave no list of records", once=False)
    origin = Origin(None, now)
    records = sequence(fields.get("records"))
    seen = tuple(record_seen(record, origin) for record in records)
    row_ids = tuple(text(mapping(record).get("id")) or "" for record in records)
    page, pages, total = (as_int(fields.get(field)) or 0 for field in ("currentPage", "pages", "total"))
    return Page(seen, row_ids, page, pages, total)


def _download(answer: Json, limit: int) -> Download:
    encoded = answer.get("base64")
    try:
        data = base64_codec.b64decode(encoded, validate=True) if isinstance(encoded, str) else b""
    except (binascii.Error, ValueError):
        data = b""
    if not data:
        raise GatewayDown("The gateway has no bytes of this file at the moment. Try again later.")
    if len(data) > limit:
        raise TooLarge(f"The file has {len(data)} bytes, more than the limit of {limit}.")
    return Download(data, whole(answer.get("mimetype")) or "application/octet-stream", text(answer.get("fileName")))


def _registration(fields: Json) -> Registration:
    number = whole(fields.get("number")) or ""
    return Registration(number, flag(fields.get("exists")), whole(fields.get("jid")), whole(fields.get("lid")))
