"""What a flow learnt of a contact is written to its custom field, and what they call themselves where there is no name
yet (`contact.capture`); and files become contacts."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from plixa.actors.contacts import records
from plixa.actors.contacts.custom_fields import CUSTOM_FIELDS
from plixa.actors.contacts.state import address_book
from plixa.actors.conversation.state import Conversation
from plixa.actors.workspace.state import Workspace
from plixa.engine.effect_spec import EffectSpec
from plixa.engine.effects import Handler
from plixa.engine.errors import Refused
from plixa.engine.ports import StoredEffect
from plixa.http.api.services import Services
from plixa.http.contacts.importer import Importer
from plixa.http.outbox.queues import BULK, INNER
from plixa.http.outbox.reports import reporting
from plixa.http.outbox.telling import ask

EFFECTS: Mapping[str, EffectSpec] = {
    # Decided and told: one message to an actor of ours, which fails only where that is overrun or crashes.
    "contact.capture": EffectSpec(queue=INNER, tries=20, always=True),
    # Every chunk is kept; a file that cannot be worked through ends it (`importer.py`).
    "contacts.import": EffectSpec(queue=BULK, tries=None, always=True),
}


def handlers(services: Services) -> Mapping[str, Handler]:
    """By effect kind."""
    return {"contact.capture": reporting(Capturing(services).capture), "contacts.import": Importer(services).run}


class Capturing:
    """The handler of `contact.capture`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def capture(self, stored: StoredEffect) -> None:
        """Write it to the contact, if there is such a field and the value fits."""
        tenant, key = stored.owner.tenant, stored.effect.request["key"]
        state: Conversation = await self._services.bus.state(stored.owner)
        if key is None:
            await self._learn_name(stored, state)
            return
        workspace: Workspace = await self._services.bus.workspace(tenant)
        field = next((each for each in CUSTOM_FIELDS.of(workspace).values() if each.key == key), None)
        value = state.captured.get(key)
        if field is None or value is None or not state.contact_id:
            return
        command = records.SetValues(contact_id=state.contact_id, values={field.id: value})
        with suppress(Refused):  # it does not fit the field, or the contact is gone: the conversation keeps it
            await ask(self._services, stored, address_book(tenant), command)

    async def _learn_name(self, stored: StoredEffect, state: Conversation) -> None:
        """What they call themselves, where the address book has no name for them."""
        if state.contact_id and state.name and not state.named_by_us:
            command = records.LearnName(contact_id=state.contact_id, name=state.name)
            await ask(self._services, stored, address_book(stored.owner.tenant), command)
