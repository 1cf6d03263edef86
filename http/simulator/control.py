"""The simulator's own routes, under `/sim/`: people with phones, faults, and a look at what is going on.

No key is asked for: whoever reaches the port may use them. Bodies are checked by msgspec; a wrong field is named in a
400 of the usual shape.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from html import escape
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from . import numbers, pairing, screen, ticks
from .customers import CustomerMessage, write
from .errors import GatewayError, unknown_instance
from .faults import Faults
from .samples import PAGE_DIR
from .simulator import Simulator
from .web import Request, Response, reply
from .world import Instance, Phone

_NO_DIGIT = re.compile(r"\D")
_MIMETYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?codecs=[\w.-]+)?")
_PAGE_FILES = {"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"}
T = TypeVar("T", bound=Struct)


class CustomerChange(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `PUT /sim/customers/{phone}`: what is left out stays."""

    name: str | None = None
    open: bool | None = None
    """The chat is on the screen: what has arrived and what will arrive is read."""
    exists: bool | None = None
    """False: the number is not on WhatsApp."""


class Presence(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /sim/customers/{phone}/presence`."""

    instance: str
    presence: Annotated[str, Meta(pattern="^(available|unavailable|composing|recording)$")] = "composing"


class Unlink(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /sim/unlink/{instance}`. 401 logged out, 403 banned."""

    reason: int = pairing.LOGGED_OUT


async def page(simulator: Simulator, request: Request) -> Response:
    """`GET /` for people."""
    return Response(200, (PAGE_DIR / "index.html").read_bytes(), "text/html; charset=utf-8")


async def page_file(simulator: Simulator, request: Request) -> Response:
    """`GET /sim/page/{name}`: the page's style and script."""
    if request.argument not in _PAGE_FILES:
        raise GatewayError(404, [f"Cannot GET {request.path}"])
    return Response(200, (PAGE_DIR / request.argument).read_bytes(), _PAGE_FILES[request.argument])


async def scan(simulator: Simulator, request: Request) -> Response:
    """`GET|POST /sim/scan/{instance}`: links the phone. `?number=` says which; opened in a browser it shows a page."""
    instance = _instance(simulator, request.argument)
    if instance.state == "close":
        raise GatewayError(
            409,
            f'Instance "{instance.name}" shows no QR code, because it is closed. Expected state "connecting": '
            f"call GET /instance/connect/{instance.name} first.",
        )
    if instance.state == "connecting":
        number = request.query.get("number")
        pairing.link(simulator, instance, _digits(number) if number else None)
    if "text/html" not in request.headers.get("accept", ""):
        return reply(screen.instance_view(simulator, instance))
    html = (PAGE_DIR / "linked.html").read_text().replace("{{name}}", escape(instance.name))
    return Response(200, html.replace("{{number}}", instance.number).encode(), "text/html; charset=utf-8")


async def unlink(simulator: Simulator, request: Request) -> Response:
    """`POST /sim/unlink/{instance}`: the phone's owner removes the linked device."""
    instance = _instance(simulator, request.argument)
    change = _read(request, Unlink)
    if instance.state != "close":
        pairing.close(simulator, instance, change.reason)
    return reply(screen.instance_view(simulator, instance))


async def forget(simulator: Simulator, request: Request) -> Response:
    """`POST /sim/forget/{instance}`: the gateway loses it, as with a volume that is gone. Nobody is told."""
    simulator.remove(_instance(simulator, request.argument))
    return reply({"forgotten": request.argument})


async def instances(simulator: Simulator, request: Request) -> Response:
    """`GET /sim/instances`: all, with the QR codes to scan."""
    return reply([screen.instance_view(simulator, instance) for instance in simulator.world.instances.values()])


async def customers(simulator: Simulator, request: Request) -> Response:
    """`GET /sim/customers`: the 200 newest phones."""
    return reply([screen.customer(phone) for phone in list(simulator.world.phones.values())[-200:]])


async def change_customer(simulator: Simulator, request: Request) -> Response:
    """`PUT /sim/customers/{phone}`."""
    phone, change = _phone(simulator, request), _read(request, CustomerChange)
    phone.name = phone.name if change.name is None else change.name
    phone.exists = phone.exists if change.exists is None else change.exists
    phone.open = phone.open if change.open is None else change.open
    if phone.open:
        ticks.open_phone(simulator, phone)
    simulator.changed(phone)
    return reply(screen.customer(phone))


async def post_message(simulator: Simulator, request: Request) -> Response:
    """`POST /sim/customers/{phone}/messages`: writes, edits, deletes, reacts; answers `{"id", "record"}`."""
    phone, message = _phone(simulator, request), _read(request, CustomerMessage)
    stored = write(simulator, phone, _instance(simulator, message.instance), message)
    return reply({"id": stored.id, "record": stored.record}, 201)


async def show_messages(simulator: Simulator, request: Request) -> Response:
    """`GET /sim/customers/{phone}/messages[?instance=]`: that phone's screen."""
    return reply(screen.screen(simulator, _phone(simulator, request), request.query.get("instance")))


async def post_presence(simulator: Simulator, request: Request) -> Response:
    """`POST /sim/customers/{phone}/presence`: the customer types, or goes."""
    phone, change = _phone(simulator, request), _read(request, Presence)
    jid = phone.number + numbers.USER
    data = {"id": jid, "presences": {jid: {"lastKnownPresence": change.presence}}}
    simulator.emit(_instance(simulator, change.instance), "presence.update", data)
    return reply(data)


async def media(simulator: Simulator, request: Request) -> Response:
    """`GET /sim/media/{instance id}/{message id}`: a file as the phone shows it."""
    instance_id, _, message_id = request.argument.partition("/")
    owner = next((one for one in simulator.world.instances.values() if one.id == instance_id), None)
    file = simulator.media_of(owner, message_id) if owner else None
    if file is None:
        raise GatewayError(404, [f"No file at {request.path}; only the newest are kept."])
    mimetype = file.mimetype if _MIMETYPE.fullmatch(file.mimetype) else "application/octet-stream"
    # Customers send what they like, HTML included: it must not run as a page of this origin.
    safety = [(b"content-security-policy", b"sandbox"), (b"x-content-type-options", b"nosniff")]
    return Response(200, file.data, mimetype, safety)


async def picture(simulator: Simulator, request: Request) -> Response:
    """`GET /sim/pictures/{phone}.svg`: a profile picture, drawn from the number."""
    digits = _NO_DIGIT.sub("", request.argument) or "0"
    initial = escape((_name_of(simulator, digits) or digits[-1])[:1].upper())
    hue = int(digits[-12:]) * 47 % 360
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">'
        f'<rect width="96" height="96" fill="hsl({hue} 45% 62%)"/><text x="48" y="62" font-family="sans-serif" '
        f'font-size="42" text-anchor="middle" fill="#fff">{initial}</text></svg>'
    )
    return Response(200, svg.encode(errors="replace"), "image/svg+xml")


def _name_of(simulator: Simulator, digits: str) -> str | None:
    phone = simulator.world.find_phone(digits)
    if phone is not None:
        return phone.name
    return next((one.name for one in simulator.world.instances.values() if one.number == digits), None)


async def get_faults(simulator: Simulator, request: Request) -> Response:
    """`GET /sim/faults`."""
    return reply(simulator.chance.faults)


async def put_faults(simulator: Simulator, request: Request) -> Response:
    """`PUT /sim/faults`: what is left out is switched off."""
    simulator.chance.switch(_read(request, Faults))
    return reply(simulator.chance.faults)


async def webhooks(simulator: Simulator, request: Request) -> Response:
    """`GET /sim/webhooks`: counters, what waits, and the last deliveries."""
    courier = simulator.courier
    recent = [delivery.summary() for delivery in reversed(courier.log)]
    waiting = {"pending": courier.pending, "pending_bytes": courier.pending_bytes}
    return reply(asdict(courier.counters) | waiting | {"recent": recent})


async def reset(simulator: Simulator, request: Request) -> Response:
    """`POST /sim/reset`: an empty world without faults."""
    simulator.reset()
    return reply({"reset": True})


def _instance(simulator: Simulator, name: str) -> Instance:
    instance = simulator.world.instances.get(name)
    if instance is None:
        raise unknown_instance(name)
    return instance


def _phone(simulator: Simulator, request: Request) -> Phone:
    return simulator.world.phone(_digits(request.argument))


def _digits(number: str) -> str:
    digits = number.strip().removeprefix("+")
    if not numbers.is_phone(digits):
        raise GatewayError(
            400, f"{number!r} is no phone number. Expected 8 to 15 digits with the country code, such as 5511900004431."
        )
    return digits


def _read(request: Request, kind: type[T]) -> T:
    try:
        return msgspec.convert(request.json, kind)
    except msgspec.ValidationError as error:
        fields = ", ".join(field.name for field in msgspec.structs.fields(kind))
        raise GatewayError(400, f"{error}. Expected an object with some of: {fields}.") from error
