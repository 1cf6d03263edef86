"""Who gets a conversation: the dispatcher is asked, and the conversation has the last word.

assignment.place    a brand-new conversation asks the dispatcher who gets it
assignment.offer    a member has one less, or one more waits: the dispatcher may hand out the oldest that waits
assignment.tell     the dispatcher's decision reaches the conversation
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from plixa.actors.assignment import dispatcher as dispatch
from plixa.actors.assignment.choice import Considered
from plixa.actors.conversation import commands as cmd
from plixa.actors.conversation.state import Conversation
from plixa.engine.effect_spec import EffectSpec
from plixa.engine.effects import Handler
from plixa.engine.ports import Address, StoredEffect
from plixa.http.api.services import Services
from plixa.http.outbox.queues import INNER
from plixa.http.outbox.reports import reporting
from plixa.http.outbox.telling import ask, tell
from plixa.storage.assignment import reads as queue

EFFECTS: Mapping[str, EffectSpec] = {
    # The queue is looked at again whenever somebody is free.
    "assignment.place": EffectSpec(queue=INNER, tries=20),
    "assignment.offer": EffectSpec(queue=INNER, tries=20),
    "assignment.tell": EffectSpec(queue=INNER, tries=20),
}


class Placing:
    """The handlers."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By effect kind."""
        work = {"assignment.place": self.place, "assignment.offer": self.offer, "assignment.tell": self.tell}
        return {kind: reporting(each) for kind, each in work.items()}

    async def place(self, stored: StoredEffect) -> None:
        """Ask the dispatcher."""
        tenant, conversation_id = stored.owner.tenant, stored.effect.request["conversation_id"]
        state: Conversation = await self._services.bus.state(Address(tenant, "conversation", conversation_id))
        words = await self._services.database.run(queue.first_words, tenant, conversation_id)
        command = dispatch.FindAssignee(
            conversation_id=conversation_id,
            message=words,
            label_ids=state.labels,
            sector_id=state.sector_id,
            online=self._online(tenant),
        )
        await ask(self._services, stored, Address(tenant, "dispatch", tenant), command)

    async def offer(self, stored: StoredEffect) -> None:
        """Ask the dispatcher."""
        tenant, request = stored.owner.tenant, stored.effect.request
        online = self._online(tenant)
        command: dispatch.Offer | dispatch.OfferRound
        if "user_id" in request:
            command = dispatch.Offer(user_id=request["user_id"], let_go=request.get("let_go"), online=online)
        else:
            command = dispatch.OfferRound(
                let_go=request["let_go"], had_by=request["had_by"], waits_for=request.get("waits_for"), online=online
            )
        await ask(self._services, stored, Address(tenant, "dispatch", tenant), command)

    async def tell(self, stored: StoredEffect) -> None:
        """The conversation has the last word."""
        request, tenant = stored.effect.request, stored.owner.tenant
        command = cmd.Place(
            user_id=request["user_id"],
            why=request["why"],
            rule_id=request["rule_id"],
            waits_for=request["waits_for"],
            considered=msgspec.convert(request["considered"], tuple[Considered, ...]),
        )
        await tell(self._services, stored, request["conversation_id"], command)
        settled = dispatch.Settled(conversation_id=request["conversation_id"])
        await ask(self._services, stored, Address(tenant, "dispatch", tenant), settled)

    def _online(self, tenant: int) -> tuple[int, ...]:
        return self._services.presence.all_online(tenant, self._services.clock.now())
