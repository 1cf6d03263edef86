"""What is on a customer's screen, and what the page shows of instances: views for people, no part of the contract."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from . import menus
from .records import TAPS
from .simulator import Simulator
from .wire import JsonObject
from .world import Instance, Phone, Stored

_KINDS = {
    "conversation": "text",
    "imageMessage": "image",
    "videoMessage": "video",
    "audioMessage": "audio",
    "documentMessage": "document",
    "stickerMessage": "sticker",
    "locationMessage": "location",
    "contactMessage": "contact",
    menus.BUTTONS: "text",
    menus.LIST: "text",
    **dict.fromkeys(TAPS, "text"),
}


def screen(simulator: Simulator, phone: Phone, instance_name: str | None) -> JsonObject:
    """The chat of a phone, oldest message first; with every instance, or with one."""
    bubbles = [
        _bubble(simulator, instance, stored)
        for instance, stored in simulator.world.chats_with(phone.number)
        if instance_name in (None, instance.name) and stored.record["messageType"] in _KINDS
    ]
    bubbles.sort(key=lambda bubble: bubble["at"])
    return customer(phone) | {"messages": bubbles, "revision": simulator.revision}


def customer(phone: Phone) -> JsonObject:
    """A phone. presence: what the business is doing just now, as the customer sees it."""
    return {
        "phone": phone.number,
        "name": phone.name,
        "lid": phone.lid,
        "open": phone.open,
        "exists": phone.exists,
        "presence": phone.business_presence,
    }


def instance_view(simulator: Simulator, instance: Instance) -> JsonObject:
    """An instance as the page lists it."""
    return {
        "name": instance.name,
        "state": instance.state,
        "number": instance.number,
        "webhook": instance.webhook.url if instance.webhook and instance.webhook.enabled else None,
        "messages": len(instance.messages),
        "qr": instance.qr.base64 if instance.qr else None,
    }


def _bubble(simulator: Simulator, instance: Instance, stored: Stored) -> JsonObject:
    kind = stored.record["messageType"]
    media = simulator.media_of(instance, stored.id)
    value: Any = stored.record["message"][kind]
    bubble: JsonObject = {
        "id": stored.id,
        "instance": instance.name,
        "from": "business" if stored.from_me else "customer",
        "via": stored.via,
        "type": _KINDS[kind],
        "text": _text(kind, value),
        "status": stored.status,
        "at": stored.sent_at,
        "edited": stored.edited,
        "deleted": stored.deleted,
        "reactions": [emoji for emoji in stored.reactions.values() if emoji],
        "quoted": _quoted(stored),
    }
    bubble |= {
        "options": [asdict(choice) for choice in menus.choices(kind, value)],
        "footer": menus.footer(kind, value),
    }
    return bubble | _details(value) | ({"media": f"/sim/media/{instance.id}/{stored.id}"} if media else {})


def _text(kind: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    said = menus.label_of(kind, value) if kind in TAPS else menus.words(kind, value)
    return said or str(value.get("caption", ""))


def _quoted(stored: Stored) -> JsonObject | None:
    context: JsonObject = stored.record.get("contextInfo") or {}
    if "stanzaId" not in context:
        return None
    return {"id": context["stanzaId"], "text": _summary(context.get("quotedMessage") or {})}


def _summary(message: JsonObject) -> str:
    kind, value = next(iter(message.items()), ("", ""))
    if isinstance(value, str):
        return value
    details = cast("JsonObject", value) if isinstance(value, dict) else {}
    return str(details.get("caption") or f"[{_KINDS.get(kind, kind)}]")


def _details(value: Any) -> JsonObject:
    if isinstance(value, str):
        return {}
    names = ("fileName", "seconds", "ptt", "degreesLatitude", "degreesLongitude", "name", "address", "displayName")
    return {name: value[name] for name in names if name in value}
