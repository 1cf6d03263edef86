"""What all files of the address book share: its (empty) state, its address, and whose key seals what.

Each file of this folder has the cases of its own commands, which `actor.py` joins. What a decision must know of a
contact comes with the command as a `Card`, looked up inside the actor's turn.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from plixa.engine.errors import NotFound
from plixa.engine.events import Event
from plixa.engine.ports import Address


class Contacts(Struct, frozen=True):
    """Nothing but its address: a hundred thousand contacts take no memory."""

    id: int


class Card(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A contact as the read model has it. `merged_into`: it is a part of that contact now, and not shown by itself."""

    id: int
    phone: str | None = None
    name: str | None = None
    notes: str | None = None
    labels: tuple[int, ...] = ()
    values: dict[int, str] = {}  # msgspec copies an empty default
    merged_into: int | None = None
    opted_out_at: datetime | None = None


class AboutContact(Event, frozen=True, kw_only=True):
    """Base of events that speak of one contact."""

    contact_id: int

    def sealed_for(self, stream: str) -> str:
        """Sealed with the contact's own key, so that one of many can be erased."""
        return f"contact-{self.contact_id}"


def address_book(tenant: int) -> Address:
    """The tenant's one address book."""
    return Address(tenant, "contacts", 1)


def shown(card: Card | None) -> Card:
    """The contact, if there is one to be seen. Raises `NotFound`."""
    if card is None or card.merged_into is not None:
        raise NotFound("contact")
    return card
