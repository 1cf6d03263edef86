"""The workspace's WhatsApp numbers."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import StringConstraints

from plixa.actors.whatsapp.number import Disconnect, Rename, Repair, Restart
from plixa.actors.whatsapp.reasons import sentence
from plixa.actors.workspace.actor import AddNumber, RemoveNumber
from plixa.actors.workspace.events import NumberAdded
from plixa.engine.errors import NotFound
from plixa.engine.events import Event
from plixa.http.api import Answer, Call, auth, rendering, route, shapes
from plixa.http.api.fields import Body, Text
from plixa.http.whatsapp.evolution.errors import GatewayNotFound
from plixa.http.whatsapp.parts import GATEWAY, QR
from plixa.storage.whatsapp import numbers

TAG = "Phone instances"


class NewNumber(Body):
    """`name` is what the panel calls this number."""

    name: Annotated[Text, StringConstraints(max_length=60)] | None = None


class ChangedNumber(Body):
    """`name` is what the panel calls this number; null leaves it to what WhatsApp calls it."""

    name: Annotated[Text, StringConstraints(max_length=60)] | None


@route(
    "POST",
    "/v1/phone-instances",
    tag=TAG,
    who="owner",
    ability="panel",
    body=NewNumber,
    answer=shapes.PhoneInstance,
    status=201,
    idempotent=True,
    raises=("PHONE_NUMBER_LIMIT_REACHED",),
)
async def add_number(call: Call) -> Answer:
    """Add a WhatsApp number

    Its instance is made at the gateway, up to as many as the plan includes. It comes back as `pending_qr`; fetch its QR
    code and scan it.
    """
    body: NewNumber = call.body
    instance = f"plixa-{call.tenant}-{secrets.token_hex(6)}"
    attach = [numbers.NumberSecret(call.tenant, instance, auth.new_secret())]
    command = AddNumber(instance=instance, name=body.name)
    return await call.answered("workspace", call.tenant, command, rendering(_added, instance), attach=attach)


def _added(events: Sequence[Event], instance: str) -> Answer:
    added = next(event for event in events if isinstance(event, NumberAdded))
    shown = {"id": added.number_id, "name": added.name, "instance": instance, "phone": None, "status": "pending_qr"}
    why = {"status_reason": None, "status_detail": "not_paired", "status_text": sentence("not_paired")}
    times = {"status_changed_at": None, "created_at": added.added_at}
    return Answer({**shown, **why, **times}, status=201)


@route("GET", "/v1/phone-instances", tag=TAG, answer=list[shapes.PhoneInstance])
async def list_numbers(call: Call) -> Answer:
    """List the WhatsApp numbers

    Where `status` is not `connected`, `status_detail` says why in a word and `status_text` in a sentence, with what to
    do. `unknown_to_gateway`: the gateway has lost this number; restart it and scan a new QR code.
    """
    return Answer(await call.read(numbers.list_numbers, call.tenant))


@route("GET", "/v1/phone-instances/{phone_instance}", tag=TAG, answer=shapes.PhoneInstance)
async def get_number(call: Call) -> Answer:
    """Get a WhatsApp number"""
    return Answer(await _number(call))


@route(
    "PATCH",
    "/v1/phone-instances/{phone_instance}",
    tag=TAG,
    who="owner",
    ability="panel",
    body=ChangedNumber,
    answer=shapes.PhoneInstance,
)
async def rename_number(call: Call) -> Answer:
    """Rename a WhatsApp number"""
    number = await _number(call)
    await call.ask("number", number["id"], Rename(name=call.body.name or None))
    return Answer(await _number(call))


@route("DELETE", "/v1/phone-instances/{phone_instance}", tag=TAG, who="owner", ability="panel", status=204)
async def remove_number(call: Call) -> Answer:
    """Remove a WhatsApp number

    It is logged out and its instance is deleted at the gateway, as soon as that can be reached. Its conversations can
    still be read; what waits to be sent in them fails, what is scheduled is dropped, and sending is refused with
    `NUMBER_REMOVED`. The plan has room for another number at once. The same phone, added again, is a new number:
    whoever writes to it begins a new conversation, into which the old one can be merged.
    """
    await call.ask("workspace", call.tenant, RemoveNumber(number_id=call.params["phone_instance"]))
    return Answer(status=204)


@route("GET", "/v1/phone-instances/{phone_instance}/qr", tag=TAG, who="owner", ability="panel", answer=shapes.Qr)
async def get_qr(call: Call) -> Answer:
    """Get the QR code to pair a number

    Poll it every few seconds: a code lives 45 seconds and each replaces the last. All null means that none is ready
    yet, or, with `status` connected, that none is needed. An instance that the gateway has lost is made anew.
    """
    number = await _number(call)
    code, image, pairing_code = await _code(call, number)
    shown = {name: number[name] for name in ("status", "status_detail", "status_text")}
    return Answer({**shown, "code": code, "image": image, "pairing_code": pairing_code})


async def _code(call: Call, number: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    if number["status"] == "connected":
        return None, None, None
    if number["status_detail"] == "unknown_to_gateway":
        return await _repair(call, number)
    qr = call.services[QR].get(call.tenant, number["id"], call.services.clock.now())
    if qr is not None:
        return qr.code, qr.image, qr.pairing_code
    try:
        fresh = await call.services[GATEWAY].connect(number["instance"])
    except GatewayNotFound:  # it is being made, or was lost just now
        return await _repair(call, number)
    return fresh.code, fresh.image, fresh.pairing_code


async def _repair(call: Call, number: dict[str, Any]) -> tuple[None, None, None]:
    """Have it made anew; its code comes with a later answer."""
    await call.ask("number", number["id"], Repair())
    return None, None, None


@route(
    "POST",
    "/v1/phone-instances/{phone_instance}/disconnect",
    tag=TAG,
    who="owner",
    ability="panel",
    answer=shapes.PhoneInstance,
)
async def disconnect(call: Call) -> Answer:
    """Disconnect a phone instance

    Logs the session out at WhatsApp; the next pairing needs a fresh QR code.
    """
    number = await _number(call)
    await call.ask("number", number["id"], Disconnect())
    return Answer(await _number(call))


@route(
    "POST",
    "/v1/phone-instances/{phone_instance}/restart",
    tag=TAG,
    who="owner",
    ability="panel",
    answer=shapes.PhoneInstance,
)
async def restart(call: Call) -> Answer:
    """Restart a phone instance

    Bounces the connection without unpairing; the status is `pending_qr` until it is open again. An instance that the
    gateway has lost is made anew, and wants a new QR code to be scanned.
    """
    number = await _number(call)
    await call.ask("number", number["id"], Restart())
    return Answer(await _number(call))


async def _number(call: Call) -> dict[str, Any]:
    listed: list[dict[str, Any]] = await call.read(numbers.list_numbers, call.tenant)
    found = next((number for number in listed if number["id"] == call.params["phone_instance"]), None)
    if found is None:
        raise NotFound("phone instance")
    return found
