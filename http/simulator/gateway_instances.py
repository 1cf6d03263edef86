"""The life of an instance over HTTP: `/`, `/instance/*`, `/settings/set` and `/webhook/*`."""

from __future__ import annotations

import re
from typing import Any, cast

import trio

from . import pairing
from .errors import GatewayError, bad_request, prisma, unread
from .schema import ANYTHING, BOOLEAN, STRING, Shape, array, one_of, record
from .settings import VERSION
from .simulator import Simulator
from .web import Request, Response, reply
from .wire import JsonObject, iso
from .world import Instance, Webhook

EVENTS = [
    "APPLICATION_STARTUP",
    "QRCODE_UPDATED",
    "MESSAGES_SET",
    "MESSAGES_UPSERT",
    "MESSAGES_EDITED",
    "MESSAGES_UPDATE",
    "MESSAGES_DELETE",
    "SEND_MESSAGE",
    "SEND_MESSAGE_UPDATE",
    "CONTACTS_SET",
    "CONTACTS_UPSERT",
    "CONTACTS_UPDATE",
    "PRESENCE_UPDATE",
    "CHATS_SET",
    "CHATS_UPSERT",
    "CHATS_UPDATE",
    "CHATS_DELETE",
    "GROUPS_UPSERT",
    "GROUP_UPDATE",
    "GROUP_PARTICIPANTS_UPDATE",
    "CONNECTION_UPDATE",
    "LABELS_EDIT",
    "LABELS_ASSOCIATION",
    "CALL",
    "TYPEBOT_START",
    "TYPEBOT_CHANGE_STATUS",
    "REMOVE_INSTANCE",
    "LOGOUT_INSTANCE",
    "INSTANCE_CREATE",
    "INSTANCE_DELETE",
    "STATUS_INSTANCE",
]
_SWITCHES = ("rejectCall", "groupsIgnore", "alwaysOnline", "readMessages", "readStatus", "syncFullHistory")
_NAME = re.compile(r"[^\s/\ud800-\udfff\x00-\x1f](?:[^/\ud800-\udfff\x00-\x1f]{0,126}[^\s/\ud800-\udfff\x00-\x1f])?")
_HOLD_CREATE, _HOLD_CONNECT = 5.0, 2.0  # seconds that the gateway waits for the first QR code

_SETTINGS_FIELDS: dict[str, Shape] = {"msgCall": STRING, "wavoipToken": STRING} | dict.fromkeys(_SWITCHES, BOOLEAN)
_HOOK_FIELDS = {"byEvents": BOOLEAN, "base64": BOOLEAN, "headers": record()}
SETTINGS = record(_SWITCHES, **_SETTINGS_FIELDS)
CREATE = record(
    ("instanceName",),
    instanceName=STRING,
    integration=ANYTHING,
    qrcode=BOOLEAN,
    number=STRING,
    token=STRING,
    webhook=record(url=STRING, enabled=BOOLEAN, events=array(STRING), **_HOOK_FIELDS),
    **_SETTINGS_FIELDS,
)
WEBHOOK = record(
    ("webhook",),
    webhook=record(("enabled", "url"), enabled=BOOLEAN, url=STRING, events=array(one_of(*EVENTS)), **_HOOK_FIELDS),
)


async def welcome(simulator: Simulator, request: Request) -> Response:
    """`GET /` for programs: which version this is."""
    return reply(
        {
            "status": 200,
            "message": "Welcome to the Evolution API, it is working!",
            "version": VERSION,
            "clientName": "plixa_simulator",
            "manager": simulator.public_url + "/",
            "documentation": "https://doc.evolution-api.com",
            "whatsappWebVersion": "2.3000.1029000000",
        }
    )


async def create(simulator: Simulator, request: Request) -> Response:
    """`POST /instance/create`: holds the answer for the first QR code when one is asked for."""
    _must_have_a_name(request.json)
    body = request.checked(CREATE)
    _check_create(body)
    instance = _new_instance(simulator, body)
    if hook := body.get("webhook"):
        _configure(simulator, instance, hook | {"enabled": True})
    simulator.world.add(instance)
    simulator.emit(instance, "instance.create", {"instanceName": instance.name, "instanceId": instance.id})
    if body.get("qrcode"):
        pairing.connect(simulator, instance, body.get("number"))
        with trio.move_on_after(_HOLD_CREATE):
            await instance.qr_ready.wait()
    return reply(_created(instance, with_qr=bool(body.get("qrcode"))), 201)


def _must_have_a_name(body: object) -> None:
    """What the gateway's guard makes of a body that names nothing, before anything checks its shape."""
    if isinstance(body, list):
        raise GatewayError(403, ['This name "undefined" is already in use.'])
    name: object = cast("JsonObject", body).get("instanceName")
    if isinstance(name, int | float):
        raise prisma("Argument `name`: expected String, provided Int")


def _check_create(body: JsonObject) -> None:
    if not _NAME.fullmatch(body["instanceName"]):
        # The gateway takes any name, and some of them can then be neither reached nor deleted.
        raise bad_request("instanceName cannot be used: send 1 to 128 characters, best of letters, digits, - and _.")
    if body.get("integration") != "WHATSAPP-BAILEYS":
        raise bad_request("Invalid integration")
    if body.get("webhook") and "events" not in body["webhook"]:
        # The gateway trips over the missing list, removes the new instance and answers 400; it is never optional.
        raise bad_request(unread("length"))


def _new_instance(simulator: Simulator, body: JsonObject) -> Instance:
    defaults: JsonObject = {"msgCall": "", "wavoipToken": ""} | dict.fromkeys(_SWITCHES, False)
    return Instance(
        name=body["instanceName"],
        id=simulator.ids.uuid(),
        token=body.get("token") or simulator.ids.uuid().upper(),
        number=pairing.own_number(body["instanceName"], body.get("number")),
        created_at=simulator.clock(),
        settings={name: body.get(name, default) for name, default in defaults.items()},
    )


def _created(instance: Instance, *, with_qr: bool) -> JsonObject:
    hook = instance.webhook
    answer: JsonObject = {
        "instance": {
            "instanceName": instance.name,
            "instanceId": instance.id,
            "integration": "WHATSAPP-BAILEYS",
            "webhookWaBusiness": None,
            "accessTokenWaBusiness": "",
            "status": "connecting" if with_qr else "close",
        },
        "hash": instance.token,
        "webhook": {
            "webhookUrl": hook.url,
            "webhookHeaders": hook.headers,
            "webhookByEvents": hook.by_events,
            "webhookBase64": hook.base64,
        }
        if hook
        else {},
    }
    answer |= {"websocket": {}, "rabbitmq": {}, "nats": {}, "sqs": {}, "settings": instance.settings}
    return answer | ({"qrcode": pairing.qr_object(instance)} if with_qr else {})


async def connect(simulator: Simulator, request: Request) -> Response:
    """`GET /instance/connect/{i}`: the QR code, or the state when the phone is linked."""
    instance = request.instance
    if instance.state == "open":
        return reply(_state(instance))
    if instance.state == "close":
        pairing.connect(simulator, instance, request.query.get("number"))
        with trio.move_on_after(_HOLD_CONNECT):
            await instance.qr_ready.wait()
    return reply(pairing.qr_object(instance))


async def connection_state(simulator: Simulator, request: Request) -> Response:
    """`GET /instance/connectionState/{i}`."""
    return reply(_state(request.instance))


def _state(instance: Instance) -> JsonObject:
    return {"instance": {"instanceName": instance.name, "state": instance.state}}


async def fetch_instances(simulator: Simulator, request: Request) -> Response:
    """`GET /instance/fetchInstances`: rows, all of them or those asked for; an instance's key sees its own only."""
    rows = list(simulator.world.instances.values())
    if request.found is not None:
        rows = [request.found]
    if name := request.query.get("instanceName"):
        rows = [row for row in rows if row.name == name]
    if instance_id := request.query.get("instanceId"):
        rows = [row for row in rows if row.id == instance_id]
    if number := request.query.get("number"):
        rows = [row for row in rows if row.number == number]
    asked = name or request.query.get("instanceId")
    if asked and not rows:
        raise GatewayError(404, [f'Instance "{asked}" not found'])
    return reply([_row(simulator, row) for row in rows])


def _row(simulator: Simulator, instance: Instance) -> JsonObject:
    linked = instance.sender is not None
    row: JsonObject = {
        "id": instance.id,
        "name": instance.name,
        "connectionStatus": instance.state,
        "ownerJid": instance.sender,
        "profileName": instance.name if linked else None,
        "profilePicUrl": f"{simulator.public_url}/sim/pictures/{instance.number}.svg" if linked else None,
        "integration": "WHATSAPP-BAILEYS",
        "number": instance.number,
        "businessId": None,
        "token": instance.token,
        "clientName": "plixa_simulator",
        "disconnectionReasonCode": instance.closed_for,
        "disconnectionObject": None,
        "disconnectionAt": iso(instance.closed_at) if instance.closed_at else None,
        "createdAt": iso(instance.created_at),
        "updatedAt": iso(instance.created_at),
    }
    row |= dict.fromkeys(("Chatwoot", "Proxy", "Rabbitmq", "Nats", "Sqs", "Websocket"))
    chats = len(instance.chats)
    counts = {"Message": len(instance.messages), "Contact": chats, "Chat": chats}
    return row | {"Setting": instance.settings, "_count": counts}


async def restart(simulator: Simulator, request: Request) -> Response:
    """`POST /instance/restart/{i}`: answers the old state, or QR code; a closed one is 200 with an error in it."""
    instance = request.instance
    if instance.state == "close":
        return reply({"error": True, "message": "[object Object]"})
    before = _state(instance) if instance.state == "open" else pairing.qr_object(instance)
    pairing.restart(simulator, instance)
    return reply(before)


async def logout(simulator: Simulator, request: Request) -> Response:
    """`DELETE /instance/logout/{i}`: unlinks the phone."""
    if request.instance.state == "close":
        raise bad_request(f'The "{request.instance.name}" instance is not connected')
    pairing.close(simulator, request.instance)
    return _done("Instance logged out")


async def delete(simulator: Simulator, request: Request) -> Response:
    """`DELETE /instance/delete/{i}`: logs out first when it must, and answers before the instance is gone."""
    instance = request.instance
    if instance.state != "close":
        pairing.close(simulator, instance)
    simulator.emit(instance, "remove.instance", None)
    simulator.emit(instance, "instance.delete", {"instanceName": instance.name, "instanceId": instance.id})
    if simulator.settings.removal_delay:
        simulator.nursery.start_soon(_remove_later, simulator, instance)
    else:
        simulator.remove(instance)
    return _done("Instance deleted")


async def _remove_later(simulator: Simulator, instance: Instance) -> None:
    await trio.sleep(simulator.settings.removal_delay)
    if simulator.world.instances.get(instance.name) is instance:
        simulator.remove(instance)


def _done(message: str) -> Response:
    return reply({"status": "SUCCESS", "error": False, "response": {"message": message}})


async def set_settings(simulator: Simulator, request: Request) -> Response:
    """`POST /settings/set/{i}`: all six switches, each time."""
    body = request.checked(SETTINGS)
    instance = request.instance
    instance.settings |= {name: body[name] for name in _SETTINGS_FIELDS if name in body}
    return reply({"settings": {"instanceName": instance.name, "settings": instance.settings}}, 201)


async def set_webhook(simulator: Simulator, request: Request) -> Response:
    """`POST /webhook/set/{i}`: what is left out keeps its value."""
    body = request.checked(WEBHOOK)
    _configure(simulator, request.instance, body["webhook"])
    return reply(_hook_row(request.instance), 201)


async def find_webhook(simulator: Simulator, request: Request) -> Response:
    """`GET /webhook/find/{i}`: null when there is none."""
    return reply(_hook_row(request.instance))


def _configure(simulator: Simulator, instance: Instance, body: dict[str, Any]) -> None:
    if body["enabled"] and "events" not in body:
        raise GatewayError(500, "Cannot read properties of undefined (reading 'length')")
    url = str(body.get("url", ""))
    if len(url) > 500:
        raise prisma("The provided value for the column is too long for the column's type. Column: url")
    old, now = instance.webhook, simulator.clock()
    headers: dict[str, Any] = body.get("headers", old.headers if old else {})
    if any(isinstance(value, dict | list) for value in headers.values()):
        raise bad_request("A header of the webhook holds an object or a list: expected a flat map of texts.")
    instance.webhook = Webhook(
        id=old.id if old else simulator.ids.row(),
        url=url,
        enabled=body["enabled"],
        events=(body["events"] or list(EVENTS)) if body["enabled"] else [],
        headers={name: str(value) for name, value in headers.items()},
        by_events=body.get("byEvents", old.by_events if old else False),
        base64=body.get("base64", old.base64 if old else False),
        created_at=old.created_at if old else now,
        updated_at=now,
    )


def _hook_row(instance: Instance) -> JsonObject | None:
    hook = instance.webhook
    if hook is None:
        return None
    return {
        "id": hook.id,
        "url": hook.url,
        "headers": hook.headers,
        "enabled": hook.enabled,
        "events": hook.events,
        "webhookByEvents": hook.by_events,
        "webhookBase64": hook.base64,
        "createdAt": iso(hook.created_at),
        "updatedAt": iso(hook.updated_at),
        "instanceId": instance.id,
    }
