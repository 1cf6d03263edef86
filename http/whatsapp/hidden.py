"""Who a phone number was before it was known: a customer may have written under a hidden id (LID) only.

When WhatsApp tells their number, the gateway's webhooks name the number alone (2.3.7), but its store keeps both. So the
first message of a number in a chat that WhatsApp addresses by LID is looked up there by its key, once; then both
addresses lead to one conversation. Promise: at most `PATIENCE` seconds, and never an error. Where the gateway does not
answer, or does not know, the message is taken by its number alone, as from somebody new.
"""

from __future__ import annotations

import msgspec
import trio

from plixa.actors.whatsapp.gateway import MessageSeen, Peer
from plixa.engine.clock import Clock
from plixa.engine.registry import Registry
from plixa.http.whatsapp.directory import Directory, NumberKey
from plixa.http.whatsapp.evolution.client import EvolutionClient
from plixa.http.whatsapp.evolution.errors import GatewayError

PATIENCE = 3.0


class HiddenIds:
    """See the module's text."""

    def __init__(self, gateway: EvolutionClient, directory: Directory, bus: Registry, clock: Clock) -> None:
        self._gateway = gateway
        self._directory = directory
        self._bus = bus
        self._clock = clock

    async def with_lid(self, number: NumberKey, seen: MessageSeen) -> MessageSeen:
        """The message with its sender's LID, where that may lead to a conversation that is there."""
        if not seen.lid_hidden or await self._directory.knows(number.tenant, number.number_id, seen.peer):
            return seen
        lid = await self._lid(number, seen)
        return seen if lid is None else msgspec.structs.replace(seen, peer=Peer(seen.peer.phone, lid, seen.peer.jid))

    async def _lid(self, number: NumberKey, seen: MessageSeen) -> str | None:
        workspace = await self._bus.workspace(number.tenant)
        own = workspace.numbers.get(number.number_id)
        if own is None:
            return None
        with trio.move_on_after(PATIENCE):
            try:
                page = await self._gateway.find_messages(
                    own.instance, now=self._clock.now(), key_id=seen.key_id, page_size=5
                )
            except GatewayError:
                return None
            stored = [each.peer for each in page.seen if isinstance(each, MessageSeen) and each.key_id == seen.key_id]
            return next((each.lid for each in stored if each.lid and each.phone == seen.peer.phone), None)
        return None
