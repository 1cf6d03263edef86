"""The workspace's WhatsApp numbers."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import StringConstraints

from plixa.actors.number.actor import Disconnect, Restart
from plixa.actors.workspace.actor import AddNumber
from plixa.actors.workspace.events import NumberAdded
from plixa.engine.errors import NotFound
from plixa.engine.events import Event
from plixa.http import auth, shapes
from plixa.http.api import Answer, Call, route
from plixa.http.clients.evolution.errors import GatewayNotFound
from plixa.http.fields import Body, Text
from plixa.storage import vault
from plixa.storage.reads import inbox

TAG = "Phone instances"


class NewNumber(Body):
    """`name` is what the panel calls this number."""

    name: Annotated[Text, StringConstraints(max_length=60)] | None = None


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
    secret = auth.new_secret()
    sealed = call.services.store.keyring.application_key.seal(secret.encode(), f"number secret {instance}")

    def attach(events: Sequence[Event]) -> Sequence[object]:
        number_id = _added(events).number_id
        return [vault.number_secret_row(call.tenant, number_id, instance, secret, sealed)]

    def render(events: Sequence[Event]) -> Answer:
        added = _added(events)
        shown = {"id": added.number_id, "name": added.name, "instance": instance, "phone": None, "status": "pending_qr"}
        times = {"status_reason": None, "status_changed_at": None, "created_at": added.added_at}
        return Answer({**shown, **times}, status=201)

    outcome = await call.ask(
        "workspace", call.tenant, AddNumber(instance=instance, name=body.name), attach=attach, render=render
    )
    return render([each.event for each in outcome.recorded])


def _added(events: Sequence[Event]) -> NumberAdded:
    return next(event for event in events if isinstance(event, NumberAdded))


@route("GET", "/v1/phone-instances", tag=TAG, answer=list[shapes.PhoneInstance])
async def list_numbers(call: Call) -> Answer:
    """List the WhatsApp numbers"""
    return Answer(await call.read(inbox.list_numbers, call.tenant))


@route("GET", "/v1/phone-instances/{phone_instance}/qr", tag=TAG, who="owner", ability="panel", answer=shapes.Qr)
async def get_qr(call: Call) -> Answer:
    """Get the QR code to pair a number

    Poll it every few seconds: a code lives 45 seconds and each replaces the last. All null means that none is ready
    yet, or, with `status` connected, that none is needed.
    """
    number = await _number(call)
    qr = call.services.qr.get(call.tenant, number["id"], call.services.clock.now())
    shown: dict[str, Any] = {"status": number["status"], "code": None, "image": None, "pairing_code": None}
    if number["status"] == "connected":
        return Answer(shown)
    if qr is not None:
        return Answer({**shown, "code": qr.code, "image": qr.image, "pairing_code": qr.pairing_code})
    try:
        fresh = await call.services.gateway.connect(number["instance"])
    except GatewayNotFound:  # the instance is still being made
        return Answer(shown)
    return Answer({**shown, "code": fresh.code, "image": fresh.image, "pairing_code": fresh.pairing_code})


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

    Bounces the connection without unpairing; the status is `pending_qr` until it is open again.
    """
    number = await _number(call)
    await call.ask("number", number["id"], Restart())
    return Answer(await _number(call))


async def _number(call: Call) -> dict[str, Any]:
    numbers: list[dict[str, Any]] = await call.read(inbox.list_numbers, call.tenant)
    found = next((number for number in numbers if number["id"] == call.params["phone_instance"]), None)
    if found is None:
        raise NotFound("phone instance")
    return found
