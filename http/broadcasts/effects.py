"""How a broadcast's effects are carried out; turns in `delivering.py`, recipients in `freezing.py`.

broadcast.heard    a conversation tells what became of a message, or that its customer wants no more
broadcast.close    some of those who waited when it was cancelled
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from plixa.actors.broadcasts.commands import CloseSome, Heard
from plixa.actors.broadcasts.events import News
from plixa.actors.contacts.opting import OptOut
from plixa.actors.contacts.state import address_book
from plixa.engine.effect_spec import EffectSpec, Queue
from plixa.engine.effects import Handler
from plixa.engine.errors import NotFound
from plixa.engine.ports import Address, StoredEffect
from plixa.http.api.services import Services
from plixa.http.broadcasts.delivering import Delivering
from plixa.http.broadcasts.freezing import Freezing
from plixa.http.broadcasts.pacing import Pacer
from plixa.http.outbox.queues import BULK, INNER
from plixa.http.outbox.reports import reporting
from plixa.http.outbox.telling import ask
from plixa.storage.broadcasts import standing

TURNS = Queue("turns of broadcasts", at_once=256, share=16)
"""Most of them wait for their pace."""
EFFECTS: Mapping[str, EffectSpec] = {
    # What cannot be done for one recipient keeps the others of the number waiting.
    "broadcast.deliver": EffectSpec(queue=TURNS, tries=4, tells=True),
    # Without its recipients it would never end.
    "broadcast.freeze": EffectSpec(queue=BULK, tries=None),
    "broadcast.close": EffectSpec(queue=BULK, tries=None),
    # Decided and told: messages to actors of ours, which fail only where those are overrun or crash.
    "broadcast.heard": EffectSpec(queue=INNER, tries=None),
}


class Telling:
    """The handlers of what actors tell each other."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def heard(self, stored: StoredEffect) -> None:
        """The broadcast hears of it; and the address book, where somebody wants no more."""
        tenant, request = stored.owner.tenant, stored.effect.request
        if request["what"] == "opted_out":
            await self._opt_out(stored)
        what: News = "unknown" if request["what"] == "left" else request["what"]
        address = Address(tenant, "broadcast", request["broadcast_id"])
        await ask(self._services, stored, address, Heard(place=request["place"], what=what))

    async def _opt_out(self, stored: StoredEffect) -> None:
        tenant, contact_id = stored.owner.tenant, stored.effect.request["contact_id"]
        root = await self._services.database.run(standing.root_of, tenant, contact_id)
        with suppress(NotFound):  # erased meanwhile
            command = OptOut(contact_id=root or contact_id, out=True, by="contact")
            await ask(self._services, stored, address_book(tenant), command)

    async def close(self, stored: StoredEffect) -> None:
        """Some more of those who waited."""
        await self._services.quiet.wait()
        await ask(self._services, stored, stored.owner, CloseSome())


def handlers(services: Services, pacer: Pacer) -> Mapping[str, Handler]:
    """By effect kind."""
    telling = Telling(services)
    return {
        "broadcast.deliver": reporting(Delivering(services, pacer).deliver),
        "broadcast.freeze": reporting(Freezing(services).freeze),
        "broadcast.close": reporting(telling.close),
        "broadcast.heard": reporting(telling.heard),
    }
