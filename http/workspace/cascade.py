"""The effect `workspace.cascade`: something was removed, and whoever holds its id is told: every conversation, or the
contacts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable

from plixa.actors.contacts import records
from plixa.actors.contacts.state import address_book
from plixa.actors.conversation import commands as cmd
from plixa.actors.scheduling import commands as agenda
from plixa.engine.ports import Address, StoredEffect
from plixa.http.api.services import Services
from plixa.http.outbox.telling import ask, tell
from plixa.storage.assignment import reads as queue
from plixa.storage.contacts import reads as contacts

Page = Callable[[int], Awaitable[list[int]]]


class Cascade:
    """The handler."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def cascade(self, stored: StoredEffect) -> None:
        """Tell everybody who holds the id."""
        request, tenant = stored.effect.request, stored.owner.tenant
        if request.get("changed") == "hours":
            async for conversation_id in self._each(tenant, self._open(tenant)):
                await tell(self._services, stored, conversation_id, cmd.HoursChanged())
            return
        if "moved" in request:
            for conversation_id in request["conversations"]:
                await tell(self._services, stored, conversation_id, cmd.FollowContact(contact_id=request["to"]))
            if stored.effect.id.startswith("cascade-merge-"):  # taken back, what was booked stays with the one
                follow = agenda.LeadContact(contact_id=request["id"], to=request["to"])
                await ask(self._services, stored, Address(tenant, "agenda", 1), follow)
            return
        if "named" in request:
            await self._tell_name(stored, request["named"])
            return
        gone, id_ = request["gone"], request["id"]
        if gone == "contact":
            await ask(self._services, stored, Address(tenant, "agenda", 1), agenda.ForgetContact(contact_id=id_))
        await self._tell_contacts(stored, gone, id_)
        if gone in queue.HOLDING:
            async for conversation_id in self._each(tenant, self._holding(tenant, gone, id_)):
                await tell(self._services, stored, conversation_id, cmd.Forget(gone=gone, id=id_))

    async def _tell_name(self, stored: StoredEffect, contact_id: int) -> None:
        """As it is by now; requests hold no names."""
        tenant = stored.owner.tenant
        card = await self._services.database.run(contacts.get_card, tenant, contact_id)
        if card is not None and card.name:
            command = cmd.FollowName(contact_id=contact_id, name=card.name)
            async for conversation_id in self._each(tenant, self._holding(tenant, "contact", contact_id)):
                await tell(self._services, stored, conversation_id, command)

    async def _tell_contacts(self, stored: StoredEffect, gone: str, id_: int) -> None:
        """The address book forgets labels and custom fields by itself, all contacts at once."""
        address = address_book(stored.owner.tenant)
        if gone == "label":
            await ask(self._services, stored, address, records.ForgetLabel(label_id=id_))
        elif gone == "custom_field":
            await ask(self._services, stored, address, records.ForgetField(definition_id=id_))

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
