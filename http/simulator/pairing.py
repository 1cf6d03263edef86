"""The connection of an instance: close -> connecting (QR codes) -> open -> close, and what is told about it.

`connect` starts a task that shows one QR code after another until the phone is linked, the limit is reached, or the
instance goes; `link` and `close` are what a person does with the phone.
"""

from __future__ import annotations

import base64
import io
from urllib.parse import quote

import segno
import trio

from . import numbers, ticks
from .simulator import Simulator
from .wire import JsonObject, encode, iso
from .world import Instance, Qr

LOGGED_OUT = 401
QR_LIMIT_REASON = 428


def connect(simulator: Simulator, instance: Instance, number: str | None = None) -> None:
    """Open the socket of a closed instance. number: asks for a pairing code beside the QR code."""
    instance.state, instance.qr, instance.qr_ready, instance.qr_fetched = "connecting", None, trio.Event(), trio.Event()
    instance.wired = True
    instance.closed_for = instance.closed_at = None
    instance.pairing_number = number
    instance.base64_active = instance.webhook is not None and instance.webhook.base64
    instance.connection = trio.CancelScope()
    _tell(simulator, instance, "connecting")
    simulator.nursery.start_soon(_wait_for_link, simulator, instance, instance.connection)


def link(simulator: Simulator, instance: Instance, number: str | None = None) -> None:
    """The phone has scanned the code: the instance is open. number: of the phone, digits; None keeps the one it has."""
    if instance.connection is not None:
        instance.connection.cancel()
    instance.number = number or instance.number
    # WhatsApp closes the socket after the scan and the gateway comes back: "connecting" here is progress.
    _tell(simulator, instance, "connecting")
    instance.state, instance.sender, instance.qr, instance.wired = "open", instance.jid, None, True
    picture = f"{simulator.public_url}/sim/pictures/{instance.number}.svg"
    profile = {"wuid": instance.jid, "profileName": instance.name, "profilePictureUrl": picture}
    simulator.emit(instance, "connection.update", {"instance": instance.name, **profile, **_state("open")})


def resume(simulator: Simulator) -> None:
    """After a restart: who was linked comes back by itself, and who waited for a scan is shown codes again."""
    for instance in simulator.world.instances.values():
        if instance.state == "connecting":
            connect(simulator, instance, instance.pairing_number)
        elif instance.state == "open":
            instance.state, instance.connection = "connecting", trio.CancelScope()
            _tell(simulator, instance, "connecting")
            simulator.nursery.start_soon(_come_back, simulator, instance, instance.connection)


def close(simulator: Simulator, instance: Instance, reason: int = LOGGED_OUT) -> None:
    """The phone was unlinked, from its own list of devices or by the API."""
    if instance.connection is not None:
        instance.connection.cancel()
    instance.state, instance.qr = "close", None
    instance.closed_for, instance.closed_at = reason, simulator.clock()
    simulator.emit(instance, "status.instance", _closed(instance, reason, iso(simulator.clock())))
    simulator.emit(instance, "connection.update", {"instance": instance.name, **_state("close", reason)})
    simulator.emit(instance, "logout.instance", None)


def restart(simulator: Simulator, instance: Instance) -> None:
    """Close the socket and come back: an open instance stays linked and only says "connecting" in between."""
    instance.base64_active = instance.webhook is not None and instance.webhook.base64
    if instance.state == "open":
        link(simulator, instance)
    else:
        if instance.connection is not None:
            instance.connection.cancel()
        connect(simulator, instance, instance.pairing_number)


def qr_object(instance: Instance) -> JsonObject:
    """What connect and create answer with; `{"count": 0}` while no code is there. Counts as fetching the code."""
    if instance.qr is None:
        return {"count": 0}
    instance.qr_fetched.set()
    qr = instance.qr
    return {"pairingCode": qr.pairing_code, "code": qr.code, "base64": qr.base64, "count": qr.count}


def scan_url(simulator: Simulator, instance: Instance) -> str:
    """What the QR code says: opening it links the phone."""
    return f"{simulator.public_url}/sim/scan/{quote(instance.name, safe='')}"


def png(url: str) -> bytes:
    """A QR code as a picture."""
    out = io.BytesIO()
    segno.make(url, error="m").save(out, kind="png", scale=6, border=3)
    return out.getvalue()


async def _come_back(simulator: Simulator, instance: Instance, connection: trio.CancelScope) -> None:
    with connection:
        await trio.sleep(simulator.settings.reconnect_delay)
        instance.connection = None  # or linking would cancel this very task
        link(simulator, instance)
        for stored in list(instance.messages.values()):
            if stored.from_me and stored.status in ("PENDING", "SERVER_ACK"):
                ticks.follow(simulator, instance, stored)


async def _wait_for_link(simulator: Simulator, instance: Instance, connection: trio.CancelScope) -> None:
    with connection:
        async with trio.open_nursery() as nursery:
            if simulator.settings.pairing == "auto":
                nursery.start_soon(_pair_by_itself, simulator, instance)
            await _show_codes(simulator, instance)
            nursery.cancel_scope.cancel()


async def _show_codes(simulator: Simulator, instance: Instance) -> None:
    settings = simulator.settings
    await trio.sleep(settings.qr_delay)
    for count in range(1, settings.qr_limit + 1):
        _show_code(simulator, instance, count)
        await trio.sleep(settings.qr_interval)
    _give_up(simulator, instance)


def _show_code(simulator: Simulator, instance: Instance, count: int) -> None:
    # The picture says where to link by a click or a scan; the text beside it only looks like WhatsApp's own.
    picture = base64.b64encode(png(scan_url(simulator, instance))).decode()
    code = f"2@{simulator.ids.message('android')},{simulator.ids.row()}=,{simulator.ids.row()}=,{simulator.ids.row()}="
    pairing_code = simulator.ids.message("ios")[2:10] if instance.pairing_number else None
    instance.qr = Qr(code, "data:image/png;base64," + picture, pairing_code, count)
    instance.qr_ready.set()
    shown = {"instance": instance.name, "pairingCode": pairing_code, "code": code, "base64": instance.qr.base64}
    simulator.emit(instance, "qrcode.updated", {"qrcode": shown})


def _give_up(simulator: Simulator, instance: Instance) -> None:
    instance.state, instance.qr = "close", None
    message = "QR code limit reached, please login again"
    simulator.emit(instance, "qrcode.updated", {"message": message, "statusCode": 500})
    simulator.emit(instance, "connection.update", {"instance": instance.name, **_state("refused", QR_LIMIT_REASON)})


async def _pair_by_itself(simulator: Simulator, instance: Instance) -> None:
    await instance.qr_fetched.wait()
    await trio.sleep(simulator.settings.auto_pair_delay)
    link(simulator, instance)


def _tell(simulator: Simulator, instance: Instance, state: str) -> None:
    simulator.emit(instance, "connection.update", {"instance": instance.name, **_state(state)})


def _state(state: str, reason: int = 200) -> JsonObject:
    return {"state": state, "statusReason": reason}


def _closed(instance: Instance, reason: int, at: str) -> JsonObject:
    error = {"data": {"tag": "conflict", "attrs": {"type": "device_removed"}}, "isBoom": True, "isServer": False}
    output = {"statusCode": reason, "payload": {"statusCode": reason, "message": "Stream Errored (conflict)"}}
    why = encode({"error": {**error, "output": output}, "date": at}).decode()
    return {
        "instance": instance.name,
        "status": "closed",
        "disconnectionAt": at,
        "disconnectionReasonCode": reason,
        "disconnectionObject": why,
    }


def own_number(name: str, number: str | None) -> str:
    """The number of the phone that an instance will be linked to."""
    digits = numbers.digits_of(numbers.jid_of(number or ""))
    return digits if numbers.is_phone(digits) else numbers.own_number(name)
