"""What happens to a message after the gateway has answered: one tick, two ticks, blue ticks.

A status is told once and only if it is higher than the one before. Groups get none, as in the original.
"""

from __future__ import annotations

import trio

from .simulator import Simulator
from .wire import JsonObject
from .world import Instance, Phone, Stored


def follow(simulator: Simulator, instance: Instance, stored: Stored) -> None:
    """Let an API send go its way in the background."""
    phone = simulator.world.phones.get(stored.chat)
    if phone is not None:
        simulator.nursery.start_soon(_deliver, simulator, instance, stored, phone)


async def _deliver(simulator: Simulator, instance: Instance, stored: Stored, phone: Phone) -> None:
    settings = simulator.settings
    await trio.sleep(settings.server_ack_delay)
    if simulator.chance.strikes("refuse"):
        _refuse(simulator, instance, stored)
        return
    advance(simulator, instance, stored, "SERVER_ACK")
    await trio.sleep(settings.delivery_delay)
    advance(simulator, instance, stored, "DELIVERY_ACK")
    await _read_later(simulator, instance, stored, phone)


def open_phone(simulator: Simulator, phone: Phone) -> None:
    """The customer looks at the chat: what has arrived is read, after the time that takes."""
    for instance, stored in simulator.world.chats_with(phone.number):
        if stored.from_me and stored.status == "DELIVERY_ACK":
            simulator.nursery.start_soon(_read_later, simulator, instance, stored, phone)


async def _read_later(simulator: Simulator, instance: Instance, stored: Stored, phone: Phone) -> None:
    await trio.sleep(simulator.settings.read_delay)
    if phone.open or simulator.settings.auto_read:
        advance(simulator, instance, stored, "READ")


def advance(simulator: Simulator, instance: Instance, stored: Stored, status: str) -> None:
    """Raise a status and tell it, if it is higher, the phone is still linked and the message still there."""
    if instance.state == "open" and not stored.deleted and stored.advance(status):
        simulator.emit(instance, "messages.update", update(stored, instance))


def _refuse(simulator: Simulator, instance: Instance, stored: Stored) -> None:
    if instance.state == "open":
        stored.status = "ERROR"
        simulator.emit(instance, "messages.update", update(stored, instance))


def update(stored: Stored, instance: Instance) -> JsonObject:
    """The data of `messages.update`: flat, without a key object."""
    key: JsonObject = stored.record["key"]
    return {
        "keyId": stored.id,
        "remoteJid": key["remoteJid"],
        "fromMe": stored.from_me,
        "status": stored.status,
        "instanceId": instance.id,
        "messageId": stored.row_id,
    }
