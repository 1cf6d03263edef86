"""The effect `broadcast.freeze`: some more recipients are written down, from where the ones before ended.

What was handed in becomes contacts first. Of a label come first those who have written to the number before. Each step
is durable with how far it got; done twice it changes nothing. A step is small, and gives way: while it is looked up and
written, whoever writes to us waits behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import msgspec

from plixa.actors.broadcasts.commands import Freeze
from plixa.actors.broadcasts.events import Phase
from plixa.actors.broadcasts.state import Broadcast
from plixa.actors.contacts.gathering import Gather
from plixa.actors.contacts.labels import LABELS
from plixa.actors.contacts.state import address_book
from plixa.actors.workspace.state import Workspace
from plixa.engine.ports import StoredEffect
from plixa.http.api.services import Services
from plixa.http.broadcasts.delivering import asking_for
from plixa.http.outbox.telling import ask
from plixa.storage.broadcasts import reads, standing
from plixa.storage.contacts import reads as contacts

T = TypeVar("T")
CHUNK = 500
"""Contacts that are looked at in one query, for a dry run."""
STEP = 100
"""Contacts that are looked at, or made, or written down, before others have a turn."""
Listed = tuple[str, str | None]
"""A number in its canonical form, and a name."""


def sealed_as(tenant: int, broadcast_id: int) -> str:
    """What the seal of a list is bound to."""
    return f"broadcast {tenant}/{broadcast_id}"


class Freezing:
    """The handler."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def freeze(self, stored: StoredEffect) -> None:
        """See the module's text."""
        state: Broadcast = await self._services.bus.state(stored.owner)
        phase, after = stored.effect.request["phase"], stored.effect.request["after"]
        if (state.phase, state.after) != (phase, after):
            return
        await self._services.quiet.wait()
        command = await (self._listed(stored) if phase == "listed" else self._labelled(stored, state, phase, after))
        await ask(self._services, stored, stored.owner, command)

    # -- those that were handed in ------------------------------------------------------------------------------------

    async def _listed(self, stored: StoredEffect) -> Freeze:
        listed = await self._list(stored.owner.tenant, stored.owner.id)
        ids = await self._gathered(stored, listed)
        places = [ids[phone] for phone, _ in listed if phone in ids]
        known = await self._known(stored, list(dict.fromkeys(places)))
        places.sort(key=lambda contact_id: contact_id not in known)
        first = {each: index for index, each in reversed(list(enumerate(places)))}
        twice = tuple(index for index, each in enumerate(places) if first[each] != index)
        return Freeze(phase="listed", after=0, contact_ids=tuple(places), duplicates=twice)

    async def _list(self, tenant: int, broadcast_id: int) -> list[Listed]:
        sealed = await self._services.database.run(reads.get_list, tenant, broadcast_id)
        if sealed is None:
            return []
        body = self._services.store.keyring.application_key.unseal(sealed, sealed_as(tenant, broadcast_id))
        return msgspec.json.decode(body, type=list[Listed])

    async def _gathered(self, stored: StoredEffect, listed: Sequence[Listed]) -> dict[str, int]:
        """The contacts of these numbers, made where there are none."""
        tenant, found = stored.owner.tenant, dict[str, int]()
        for some in _chunks(dict(reversed(listed)).items(), STEP):
            await ask(self._services, stored, address_book(tenant), Gather(people=tuple(some)))
            cards = await self._services.database.run(contacts.cards_by_phone, tenant, [phone for phone, _ in some])
            found |= {phone: card.id for phone, card in cards.items()}
            await self._services.quiet.wait()
        return found

    # -- those of a label ---------------------------------------------------------------------------------------------

    async def _labelled(self, stored: StoredEffect, state: Broadcast, phase: Phase, after: int) -> Freeze:
        tenant, workspace = stored.owner.tenant, await self._services.bus.workspace(stored.owner.tenant)
        if state.label_id not in LABELS.of(workspace):
            return Freeze(phase=phase, after=after, reason="label_deleted")
        ids = await self._services.database.run(standing.labelled, tenant, state.label_id, after, STEP)
        chosen = await (self._known(stored, ids) if phase == "known" else self._others(stored, ids))
        following: tuple[Phase, int] | None = ("strangers", 0) if phase == "known" else None
        then = (phase, ids[-1]) if len(ids) == STEP else following
        contact_ids = tuple(id_ for id_ in ids if id_ in chosen)
        return Freeze(phase=phase, after=after, contact_ids=contact_ids, then=then, reason="nobody")

    async def _known(self, stored: StoredEffect, ids: Sequence[int]) -> set[int]:
        """Those of these contacts who have written to the number before."""
        state: Broadcast = await self._services.bus.state(stored.owner)
        workspace: Workspace = await self._services.bus.workspace(stored.owner.tenant)
        asking = asking_for(
            workspace, state.number_id or 0, self._services.clock.now(), state.id, cooldown=state.cooldown
        )
        known: set[int] = set()
        for some in _chunks(ids, STEP):
            found = await self._services.database.run(standing.of_contacts, asking, some)
            known |= {each.contact_id for each in found if each.known}
        return known

    async def _others(self, stored: StoredEffect, ids: Sequence[int]) -> set[int]:
        """Those of these contacts who are not written down yet."""
        there = await self._services.database.run(reads.already, stored.owner.tenant, stored.owner.id, list(ids))
        return set(ids) - there


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    ahead = iter(items)
    while some := list(islice(ahead, size)):
        yield some
