"""The effect `broadcast.deliver`: a recipient's turn has come.

All turns of a number are in one lane, so that there is one at a time over all its broadcasts. The answer is what came
of it: `queued` (the message is its conversation's from here on), `skipped` with a reason, `back` (not now) or `held`
(nobody for now). Done twice it does no harm: the conversation knows which broadcasts it has a message of, and so does
the recipient's row.

    raises, is refused   tried again, four times; then the recipient has failed, and the next one has its turn
    hangs                its lane waits: every step has its client's own limit
    is cut off           done again after the restart: the row has the message, or the conversation has, or nobody
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from plixa.actors.broadcasts.config import BROADCASTS
from plixa.actors.broadcasts.deciding import hindrance
from plixa.actors.broadcasts.estimate import next_day, this_day
from plixa.actors.broadcasts.state import Broadcast
from plixa.actors.broadcasts.text import personal
from plixa.actors.contacts.actor import PeerRoute
from plixa.actors.conversation import commands as cmd
from plixa.actors.conversation.state import Conversation
from plixa.actors.merged import Merged
from plixa.actors.whatsapp.gateway import Content, MessageKind, Peer
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import NotFound
from plixa.engine.ports import Address, StoredEffect
from plixa.http.api.services import Services
from plixa.http.broadcasts.pacing import Pacer
from plixa.http.clients.numbers import whatsapp_forms
from plixa.http.whatsapp.evolution.errors import GatewayError
from plixa.http.whatsapp.parts import DIRECTORY, GATEWAY
from plixa.storage.broadcasts import reads, standing
from plixa.storage.broadcasts.standing import Asking, Standing

Came = dict[str, Any]
BACK: Came = {"outcome": "back"}
QUEUED: Came = {"outcome": "queued"}


class Delivering:
    """The handler."""

    def __init__(self, services: Services, pacer: Pacer) -> None:
        self._services = services
        self._pacer = pacer

    async def deliver(self, stored: StoredEffect) -> Came:
        """See the module's text."""
        tenant, place = stored.owner.tenant, stored.effect.request["place"]
        if (came := await self._not_now(stored)) is not None:
            return came
        row = await self._services.database.run(reads.get_recipient, tenant, stored.owner.id, place)
        if row is None or row["message_id"] is not None:
            return _skipped("erased") if row is None else QUEUED
        if row["state"] != "pending":
            return _skipped(row["reason"])
        found = await self._standing(stored, row["contact_id"])
        if found is None or found.reason is not None:
            return _skipped("erased" if found is None else found.reason or "")
        if not found.known and (came := await self._no_strangers(stored)) is not None:
            return came
        await self._pacer.wait(tenant, stored.effect.request["number_id"], stranger=not found.known)
        return await self._send(stored, found)

    # -- whether ------------------------------------------------------------------------------------------------------

    async def _not_now(self, stored: StoredEffect) -> Came | None:
        """What keeps it from going out at this moment, whoever it is for."""
        tenant, place = stored.owner.tenant, stored.effect.request["place"]
        state: Broadcast = await self._services.bus.state(stored.owner)
        if not state.goes_out or place not in state.out:
            return BACK
        workspace: Workspace = await self._services.bus.workspace(tenant)
        if hindrance(workspace, self._services.clock.now()) is not None:  # the broadcast itself says until when
            return BACK
        number = await self._services.database.run(reads.number_of, tenant, stored.effect.request["number_id"])
        if number is None:
            return _held("number_missing")
        return None if number["status"] == "connected" else _held("number_disconnected")

    async def _standing(self, stored: StoredEffect, contact_id: int) -> Standing | None:
        tenant, database = stored.owner.tenant, self._services.database
        root = await database.run(standing.root_of, tenant, contact_id)
        if root is None:
            return None
        state: Broadcast = await self._services.bus.state(stored.owner)
        workspace: Workspace = await self._services.bus.workspace(tenant)
        number_id = stored.effect.request["number_id"]
        asking = asking_for(workspace, number_id, self._services.clock.now(), stored.owner.id, cooldown=state.cooldown)
        found: list[Standing] = await database.run(standing.of_contacts, asking, [root])
        return found[0] if found else None

    async def _no_strangers(self, stored: StoredEffect) -> Came | None:
        """Whether as many as may be had a message today who have never written."""
        tenant, now = stored.owner.tenant, self._services.clock.now()
        workspace: Workspace = await self._services.bus.workspace(tenant)
        most = BROADCASTS.of(workspace).strangers_a_day
        if not most:
            return _skipped("stranger")
        number_id, since = stored.effect.request["number_id"], this_day(workspace.zone, now)
        count = await self._services.database.run(reads.strangers_since, tenant, number_id, since)
        return _held("daily_limit", next_day(workspace.zone, now)) if count >= most else None

    async def _is_on_whatsapp(self, stored: StoredEffect, phone: str) -> bool:
        tenant, number_id = stored.owner.tenant, stored.effect.request["number_id"]
        number = await self._services.database.run(reads.number_of, tenant, number_id)
        asked = await self._services[GATEWAY].whatsapp_numbers(number["instance"], whatsapp_forms(phone))
        return any(each.exists for each in asked)

    # -- how ----------------------------------------------------------------------------------------------------------

    async def _send(self, stored: StoredEffect, found: Standing) -> Came:
        """Its turn has come, after a wait: much may have happened meanwhile."""
        if (came := await self._not_now(stored)) is not None:
            return came
        try:
            if not found.known and found.phone and not await self._is_on_whatsapp(stored, found.phone):
                return _skipped("no_whatsapp")
        except GatewayError:  # it cannot tell: nor would it send
            return _held("number_disconnected")
        route = await self._route(stored, found)
        try:
            came = await self._ask(stored, found, route)
        except (Merged, NotFound):  # since it was looked up; the next try finds where the address leads by now
            self._services[DIRECTORY].forget(stored.owner.tenant, route.conversation_id)
            raise
        self._pacer.sent(stored.owner.tenant, stored.effect.request["number_id"])
        return came

    async def _route(self, stored: StoredEffect, found: Standing) -> PeerRoute:
        if found.conversation_id is not None or found.phone is None:
            return PeerRoute(found.contact_id, found.conversation_id or 0)
        peer = Peer(found.phone, None, f"{found.phone}@s.whatsapp.net")
        number_id, cause = stored.effect.request["number_id"], f"effect:{stored.effect.id}"
        return await self._services[DIRECTORY].route(stored.owner.tenant, number_id, peer, None, cause)

    async def _ask(self, stored: StoredEffect, found: Standing, route: PeerRoute) -> Came:
        state: Broadcast = await self._services.bus.state(stored.owner)
        text = personal(state.body, found.name)
        command = cmd.SendBroadcast(
            broadcast_id=state.id,
            place=stored.effect.request["place"],
            content=Content(MessageKind.TEXT, text, "conversation", extra={"broadcast_id": state.id}),
            number_id=stored.effect.request["number_id"],
            contact_id=found.contact_id,
            phone=found.phone,
            name=found.name,
            stranger=not found.known,
        )
        address = Address(stored.owner.tenant, "conversation", route.conversation_id)
        outcome = await self._services.bus.ask(address, command, actor="system", cause=f"effect:{stored.effect.id}")
        conversation: Conversation = outcome.state
        places = [each.place for each in conversation.broadcasts if each.broadcast_id == state.id]
        # Two recipients may turn out to be one person while they wait.
        return QUEUED if command.place in places else _skipped("duplicate")


def asking_for(workspace: Workspace, number_id: int, at: datetime, broadcast_id: int, *, cooldown: bool) -> Asking:
    """How a workspace's contacts are looked at for a broadcast."""
    hours = BROADCASTS.of(workspace).cooldown_hours if cooldown else 0
    since = at - timedelta(hours=hours) if hours else None
    return Asking(workspace.id, number_id, at, broadcast_id, since)


def _skipped(reason: str) -> Came:
    return {"outcome": "skipped", "reason": reason}


def _held(why: str, until: datetime | None = None) -> Came:
    return {"outcome": "held", "why": why, **({"until": until.isoformat()} if until else {})}
