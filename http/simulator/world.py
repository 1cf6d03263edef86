"""What the simulated WhatsApp knows: instances, phones, messages, files. Plain data and look-ups, no I/O, no clock.

Invariants: a message is in `Instance.messages` and in the chat of its peer, or in neither; a status only ever rises;
no collection outgrows its limit in `SimulatorSettings`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from typing import Literal

import trio

from . import numbers
from .errors import GatewayError
from .settings import SimulatorSettings
from .wire import JsonObject

LADDER = ("PENDING", "SERVER_ACK", "DELIVERY_ACK", "READ", "PLAYED")
State = Literal["close", "connecting", "open"]
Via = Literal["api", "phone", "customer"]
"""Who made a message: the gateway's API, the business's own phone, or the customer."""


@dataclass(frozen=True, slots=True)
class Media:
    """A file as it was sent."""

    data: bytes
    mimetype: str
    file_name: str | None = None
    caption: str | None = None


@dataclass(slots=True)
class Stored:
    """A message of one instance, with what happened to it since.

    record: what the webhook carried and findMessages shows. chat: digits of the peer (or the group's jid).
    """

    record: JsonObject
    row_id: str
    chat: str
    sent_at: float
    via: Via
    status: str
    reactions: dict[str, str] = field(default_factory=dict[str, str])
    edited: bool = False
    edited_at: float | None = None
    lid: str | None = None
    """The jid that it came under, where the webhook hides it."""
    deleted: bool = False

    @property
    def id(self) -> str:
        """`key.id`."""
        key: JsonObject = self.record["key"]
        return str(key["id"])

    @property
    def from_me(self) -> bool:
        """Sent by the business, through the API or on its phone."""
        return bool(self.record["key"]["fromMe"])

    def advance(self, status: str) -> bool:
        """Take a higher status; False if it is not higher."""
        if self.status == "ERROR" or LADDER.index(status) <= LADDER.index(self.status):
            return False
        self.status = status
        return True


@dataclass(slots=True)
class Webhook:
    """The webhook of an instance as `/webhook/find` shows it."""

    id: str
    url: str
    enabled: bool
    events: list[str]
    headers: dict[str, str]
    by_events: bool
    base64: bool
    created_at: float
    updated_at: float


@dataclass(slots=True)
class Qr:
    """The QR code of the moment."""

    code: str
    base64: str
    pairing_code: str | None
    count: int


@dataclass(eq=False)
class Instance:
    """One linked phone. `connection` cancels what is under way for it (QR codes, pairing)."""

    name: str
    id: str
    token: str
    number: str
    created_at: float
    settings: JsonObject
    state: State = "close"
    sender: str | None = None
    """Its own jid once it was open; absent from webhooks before."""
    webhook: Webhook | None = None
    wired: bool = False
    """Whether it had a socket in this life of the gateway; calls to none are JavaScript's errors."""
    base64_active: bool = False
    """`webhook.base64` as it was when the socket connected: the gateway reads it only then."""
    qr: Qr | None = None
    qr_ready: trio.Event = field(default_factory=trio.Event)
    qr_fetched: trio.Event = field(default_factory=trio.Event)
    pairing_number: str | None = None
    closed_for: int | None = None
    closed_at: float | None = None
    connection: trio.CancelScope | None = None
    messages: OrderedDict[str, Stored] = field(default_factory=OrderedDict[str, Stored])
    chats: dict[str, dict[str, Stored]] = field(default_factory=dict[str, dict[str, Stored]])

    @property
    def jid(self) -> str:
        """Its own address."""
        return self.number + numbers.USER

    def keep(self, stored: Stored, limit: int) -> None:
        """Store a message; one with the same id is replaced, and the oldest makes room."""
        if stored.id in self.messages:
            self._forget(self.messages.pop(stored.id))
        self.messages[stored.id] = stored
        self.chats.setdefault(stored.chat, {})[stored.id] = stored
        while len(self.messages) > limit:
            self._forget(self.messages.popitem(last=False)[1])

    def _forget(self, stored: Stored) -> None:
        chat = self.chats[stored.chat]
        del chat[stored.id]
        if not chat:
            del self.chats[stored.chat]


@dataclass(slots=True)
class Phone:
    """A customer's phone. `open`: the chat is on its screen, so what arrives is read."""

    number: str
    name: str | None = None
    exists: bool = True
    open: bool = False
    business_presence: str = "available"

    @property
    def lid(self) -> str:
        """Its LID's digits."""
        return numbers.lid_for(self.number)


class World:
    """All there is."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._settings = settings
        self.instances: dict[str, Instance] = {}
        self.phones: dict[str, Phone] = {}
        self._by_lid: dict[str, Phone] = {}
        self._media: OrderedDict[tuple[str, str], Media] = OrderedDict()
        self._media_bytes = 0

    def add(self, instance: Instance) -> None:
        """Take in a new instance. Raises GatewayError 400 when there are too many."""
        if len(self.instances) >= self._settings.max_instances:
            limit = self._settings.max_instances
            raise GatewayError(400, [f"The simulator holds {limit} instances at most; delete one, or raise the limit."])
        self.instances[instance.name] = instance

    def find_phone(self, number: str) -> Phone | None:
        """The phone under any spelling of its number."""
        for spelling in numbers.spellings(number):
            if phone := self.phones.get(spelling):
                return phone
        return None

    def phone(self, number: str) -> Phone:
        """The phone of this number; it comes into being when first mentioned. Raises GatewayError 400 when full."""
        if phone := self.find_phone(number):
            return phone
        if len(self.phones) >= self._settings.max_phones:
            raise GatewayError(400, [f"The simulator holds {self._settings.max_phones} phones at most; reset it."])
        phone = self.phones[number] = Phone(number)
        self._by_lid[phone.lid] = phone
        return phone

    def phone_at(self, jid: str) -> Phone | None:
        """The phone behind a jid, or None: a group, a LID nobody has, or no number at all."""
        digits = numbers.digits_of(jid)
        if jid.endswith(numbers.LID):
            return self._by_lid.get(digits)
        if not jid.endswith(numbers.USER) or not numbers.is_phone(digits) or digits in self._by_lid:
            return None
        return self.phone(digits)

    def store(self, instance: Instance, stored: Stored, media: Media | None = None) -> None:
        """Keep a message, and its file while there is room."""
        instance.keep(stored, self._settings.max_messages)
        if media is None:
            return
        if replaced := self._media.pop((instance.id, stored.id), None):
            self._media_bytes -= len(replaced.data)
        self._media[instance.id, stored.id] = media
        self._media_bytes += len(media.data)
        while self._media_bytes > self._settings.max_media_bytes:
            _, oldest = self._media.popitem(last=False)
            self._media_bytes -= len(oldest.data)

    def media(self, instance: Instance, message_id: str) -> Media | None:
        """The file of a message, if it is still kept."""
        return self._media.get((instance.id, message_id))

    @property
    def media_keys(self) -> Set[tuple[str, str]]:
        """Of which messages there are files: the ids of instance and message."""
        return self._media.keys()

    def chats_with(self, number: str) -> Iterator[tuple[Instance, Stored]]:
        """Every message that this phone has seen, instance by instance, oldest first."""
        for instance in self.instances.values():
            for stored in instance.chats.get(number, {}).values():
                yield instance, stored

    def clear(self) -> None:
        """Forget everything."""
        self.instances.clear()
        self.phones.clear()
        self._by_lid.clear()
        self._media.clear()
        self._media_bytes = 0
