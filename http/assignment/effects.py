"""Effects that stay in the house: one actor's decision that others must follow. All of them may be done twice.

workspace.cascade   something was removed: every conversation (or the contacts) that holds its id is told
assignment.place    a brand-new conversation asks the dispatcher who gets it
assignment.offer    a member has one less, or one more waits: the dispatcher may hand out the oldest that waits
assignment.tell     the dispatcher's decision reaches the conversation
contact.capture     what a flow learnt of a contact is written to its custom field
conversation.merge  two conversations were decided to be one: both hear of it
conversation.erase_parts   what was merged into an erased conversation is erased with it
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from plixa.actors.assignment import dispatcher as dispatch
from plixa.actors.assignment.choice import Considered
from plixa.actors.contacts import records
from plixa.actors.contacts.custom_fields import CUSTOM_FIELDS
from plixa.actors.contacts.state import address_book
from plixa.actors.conversation import commands as cmd
from plixa.actors.conversation.state import Conversation
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import EffectDone, EffectFailed, EffectReport
from plixa.engine.effects import Handler
from plixa.engine.errors import NotFound, Parked, PlixaError, Refused, Unavailable
from plixa.engine.ports import Address, StoredEffect
from plixa.http.api.services import Services
from plixa.http.conversation.merging import Joining
from plixa.storage.assignment import reads as queue

Page = Callable[[int], Awaitable[list[int]]]


class Inner:
    """The handlers."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By effect kind."""
        work = {
            "workspace.cascade": self.cascade,
            "assignment.place": self.place,
            "assignment.offer": self.offer,
            "assignment.tell": self.tell,
            "contact.capture": self.capture,
            "conversation.merge": self.merge,
            "conversation.erase_parts": self.erase_parts,
        }
        return {kind: _done_after(each) for kind, each in work.items()}

    async def cascade(self, stored: StoredEffect) -> None:
        """Tell everybody who holds the id."""
        request, tenant = stored.effect.request, stored.owner.tenant
        if request.get("changed") == "hours":
            async for conversation_id in self._each(tenant, self._open(tenant)):
                await self._tell(stored, conversation_id, cmd.HoursChanged())
            return
        if "moved" in request:
            for conversation_id in request["conversations"]:
                await self._tell(stored, conversation_id, cmd.FollowContact(contact_id=request["to"]))
            return
        gone, id_ = request["gone"], request["id"]
        await self._tell_contacts(stored, gone, id_)
        if gone in queue.HOLDING:
            async for conversation_id in self._each(tenant, self._holding(tenant, gone, id_)):
                await self._tell(stored, conversation_id, cmd.Forget(gone=gone, id=id_))

    async def _tell_contacts(self, stored: StoredEffect, gone: str, id_: int) -> None:
        """The address book forgets labels and custom fields by itself, all contacts at once."""
        address = address_book(stored.owner.tenant)
        if gone == "label":
            await self._ask(stored, address, records.ForgetLabel(label_id=id_))
        elif gone == "custom_field":
            await self._ask(stored, address, records.ForgetField(definition_id=id_))

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
        await self._ask(stored, Address(tenant, "dispatch", tenant), command)

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
        await self._ask(stored, Address(tenant, "dispatch", tenant), command)

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
        await self._tell(stored, request["conversation_id"], command)
        settled = dispatch.Settled(conversation_id=request["conversation_id"])
        await self._ask(stored, Address(tenant, "dispatch", tenant), settled)

    async def capture(self, stored: StoredEffect) -> None:
        """Write it to the contact, if there is such a field and the value fits."""
        tenant, key = stored.owner.tenant, stored.effect.request["key"]
        state: Conversation = await self._services.bus.state(stored.owner)
        house: Workspace = await self._services.bus.house(tenant)
        field = next((each for each in CUSTOM_FIELDS.of(house).values() if each.key == key), None)
        value = state.captured.get(key)
        if field is None or value is None or not state.contact_id:
            return
        command = records.SetValues(contact_id=state.contact_id, values={field.id: value})
        with suppress(Refused):  # it does not fit the field, or the contact is gone: the conversation keeps it
            await self._ask(stored, address_book(tenant), command)

    def _online(self, tenant: int) -> tuple[int, ...]:
        return self._services.presence.all_online(tenant, self._services.clock.now())

    async def merge(self, stored: StoredEffect) -> None:
        """Make it true, unless the request that asked for it has done so."""
        await self._joining(stored).finish(stored.effect.request["from_id"])

    async def erase_parts(self, stored: StoredEffect) -> None:
        """They were one conversation."""
        request = stored.effect.request
        await self._joining(stored).erase(tuple(request["parts"]), tuple(request.get("files", ())))

    def _joining(self, stored: StoredEffect) -> Joining:
        services = self._services
        return Joining(services.database, services.bus, stored.owner.tenant, f"effect:{stored.effect.id}")

    def _holding(self, tenant: int, what: str, id_: int) -> Page:
        return lambda after: self._services.database.run(queue.conversations_holding, tenant, what, id_, after)

    def _open(self, tenant: int) -> Page:
        return lambda after: self._services.database.run(queue.open_conversations, tenant, after)

    async def _each(self, tenant: int, page: Page) -> AsyncGenerator[int]:
        after = 0
        while ids := await page(after):
            for conversation_id in ids:
                yield conversation_id
            after = ids[-1]

    async def _tell(self, stored: StoredEffect, conversation_id: int, command: Any) -> None:
        try:
            await self._ask(stored, Address(stored.owner.tenant, "conversation", conversation_id), command)
        except NotFound:
            return  # erased in the meantime

    async def _ask(self, stored: StoredEffect, address: Address, command: Any) -> None:
        """Tell an actor. One that crashes on it keeps it for the operators: told again, it would only crash again."""
        with suppress(Parked):
            await self._services.bus.ask(address, command, actor="system", cause=f"effect:{stored.effect.id}")


def _done_after(work: Callable[[StoredEffect], Awaitable[None]]) -> Handler:
    async def handle(stored: StoredEffect) -> EffectReport:
        try:
            await work(stored)
        except PlixaError as error:  # trouble of our own: it is tried again
            away = isinstance(error, Unavailable)
            return EffectFailed(effect_id=stored.effect.id, reason=str(error), permanent=False, away=away)
        return EffectDone(effect_id=stored.effect.id, result={})

    return handle
