"""A webhook's body, decoded bit by bit: no step holds everybody else up, whatever the body holds.

Decoding is one call into C, and nothing else of the process runs meanwhile, in another thread either. So the envelope
is read past its data, the data is cut into its items, and those are decoded one by one. What could still take long is
bounded before: the values of a body, those of an item, and the items.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from plixa.actors.whatsapp.gateway import Seen
from plixa.http.whatsapp.evolution.payload import Json, NotJson, decode, mapping
from plixa.http.whatsapp.evolution.webhook import each, translated

MOST_ITEMS = 5_000
MOST_VALUES = 2_000_000
MOST_IN_ITEM = 50_000
"""Values, counted by what stands between them: 2 million are read past in 25 ms, 50,000 decoded in 20."""
LONGEST_FIELD = 4096


class TooMuch(ValueError):
    """The body holds more than is read; nothing of it was."""


class _Shell(msgspec.Struct):
    event: msgspec.Raw = msgspec.Raw()
    data: msgspec.Raw = msgspec.Raw()
    sender: msgspec.Raw = msgspec.Raw()
    date_time: msgspec.Raw = msgspec.Raw()


# An array with so many places: of a list all items would be made before anybody could count them.
_Places = msgspec.defstruct(
    "_Places", [(f"_{n}", msgspec.Raw, msgspec.Raw()) for n in range(MOST_ITEMS + 1)], array_like=True
)
_shell = msgspec.json.Decoder(_Shell).decode
_places = msgspec.json.Decoder(_Places).decode
_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_UNREAD = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A body that was taken apart. `items`: each as JSON, or decoded."""

    fields: Json
    items: Sequence[object]

    def seen(self, now: datetime) -> Iterator[Seen]:
        """What it tells, in its order, decoded as it is asked for. See `webhook.translated`."""
        return translated(self.fields, map(_decoded, self.items), now=now)


def open_webhook(body: bytes) -> Webhook:
    """Take a body apart. Raises `NotJson`, `TooMuch`."""
    between = body.count(b",")
    if between > MOST_VALUES:
        raise TooMuch(f"The body holds more than {MOST_VALUES:,} values; none was read.")
    try:
        shell = _shell(body)
        items = _items(shell.data, many=between >= MOST_ITEMS)
    except _UNREAD:
        return _open_leniently(body)
    fields = {name: _field(getattr(shell, name)) for name in ("event", "sender", "date_time")}
    return Webhook(fields, _counted(items))


def _items(data: msgspec.Raw, *, many: bool) -> Sequence[object]:
    """Releases differ in whether an event comes alone or in an array."""
    start = bytes(memoryview(data)[:1])
    if start != b"[":
        return (data if start else None,)
    if not many:
        return _list(data)
    return [item for item in msgspec.structs.astuple(_places(data)) if memoryview(item)]


def _counted(items: Sequence[object]) -> Sequence[object]:
    if len(items) > MOST_ITEMS:
        raise TooMuch(f"The body holds more than {MOST_ITEMS:,} items; none was read.")
    return items


def _field(raw: msgspec.Raw) -> object:
    """A field of the envelope; None for what is longer than any of them is."""
    return decode(bytes(raw)) if 0 < memoryview(raw).nbytes <= LONGEST_FIELD else None


def _decoded(item: object) -> object:
    """An item; the `NotJson` that says what is wrong with it, where it cannot be had."""
    if not isinstance(item, msgspec.Raw):
        return item
    text = bytes(item)
    if text.count(b",") > MOST_IN_ITEM:
        return NotJson(f"An item holds more than {MOST_IN_ITEM:,} values; it was not read.")
    try:
        return msgspec.json.decode(text)
    except _UNREAD:
        return _decoded_leniently(text)


def _decoded_leniently(item: bytes) -> object:
    try:
        return _leniently(item)
    except NotJson as error:
        return error


def _open_leniently(body: bytes) -> Webhook:
    fields = mapping(_leniently(body))
    return Webhook(fields, _counted(each(fields.get("data"))))


def _leniently(body: bytes) -> object:
    """Whatever JavaScript may send, in the slow way; of what is very long or full of escapes it would take too long."""
    if body.count(b",") > MOST_IN_ITEM or body.count(b"\\") > MOST_IN_ITEM:
        raise NotJson("It is not the JSON that we read quickly, and too long for the slow way.")
    return decode(body)
