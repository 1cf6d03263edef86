"""The tenant's address book: which contact and which conversation a peer on a number leads to.

One actor a tenant, so that two messages of a new customer that arrive together cannot make two conversations. It keeps
nothing in memory: what is known comes with the command (`prepare` looks it up inside the actor's turn).

A customer shows up under a phone number, under a LID, or both; either may be learnt later. Where both are known and
lead to different conversations, the phone's wins and the LID is led there from then on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from plixa.actors.gateway import Peer
from plixa.engine.actor import Command, Kind, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.events import Event, event


class Contacts(Struct, frozen=True):
    """Nothing but its address: see the module's text."""

    id: int


class Route(Struct, frozen=True):
    """Where a peer leads."""

    contact_id: int
    conversation_id: int


class Found(Struct, frozen=True):
    """What the read model says: the routes by phone and by LID, and the contact of this phone on any number."""

    by_phone: Route | None = None
    by_lid: Route | None = None
    contact_id: int | None = None


class Resolve(Command, frozen=True, kw_only=True, tag=True):
    """Make sure that this peer leads somewhere. The answer is the last `PeerRouted`, or what was there."""

    number_id: int
    peer: Peer
    name: str | None = None
    found: Found | None = None


class Unroute(Command, frozen=True, kw_only=True, tag=True):
    """The conversation is gone: its peers lead to a new one when they write again."""

    conversation_id: int


class _AboutContact(Event, frozen=True, kw_only=True):
    contact_id: int

    def sealed_for(self, stream: str) -> str:
        """Sealed with the contact's own key, so that one of many can be erased."""
        return f"contact-{self.contact_id}"


@event("contact.added", personal=("phone", "name"))
class ContactAdded(_AboutContact, frozen=True, kw_only=True):
    added_at: datetime
    phone: str | None = None
    name: str | None = None


@event("contact.identified", personal=("phone",))
class ContactIdentified(_AboutContact, frozen=True, kw_only=True):
    """A contact known by LID only turned out to have this phone number."""

    phone: str | None = None


@event("peer.routed", personal=("phone", "lid"))
class PeerRouted(_AboutContact, frozen=True, kw_only=True):
    """These addresses on this number lead to this conversation."""

    number_id: int
    conversation_id: int
    phone: str | None = None
    lid: str | None = None


@event("conversation.unrouted")
class ConversationUnrouted(Event, frozen=True, kw_only=True):
    conversation_id: int


decide: Decider[Contacts] = Decider()
evolve: Evolver[Contacts] = Evolver()


@decide.on(Resolve)
def _resolve(state: Contacts, command: Resolve, now: Moment) -> Sequence[Event]:
    found, peer = command.found or Found(), command.peer
    if found.by_phone is not None:
        return list(_lead_lid(command, found.by_phone, found))
    if found.by_lid is not None:
        return list(_learn_phone(command, found.by_lid, found)) if peer.phone else []
    return list(_new(command, found, now))


def _lead_lid(command: Resolve, route: Route, found: Found) -> Iterator[Event]:
    if command.peer.lid and found.by_lid != route:
        yield _routed(command, route, lid=command.peer.lid)


def _learn_phone(command: Resolve, route: Route, found: Found) -> Iterator[Event]:
    if found.contact_id is None:  # another contact may have this phone already, from another number
        yield ContactIdentified(contact_id=route.contact_id, phone=command.peer.phone)
    yield _routed(command, route, phone=command.peer.phone)


def _new(command: Resolve, found: Found, now: Moment) -> Iterator[Event]:
    contact_id = found.contact_id
    if contact_id is None:
        contact_id = next(now.ids)
        yield ContactAdded(contact_id=contact_id, added_at=now.at, phone=command.peer.phone, name=command.name)
    route = Route(contact_id, next(now.ids))
    yield _routed(command, route, phone=command.peer.phone, lid=command.peer.lid)


def _routed(command: Resolve, route: Route, phone: str | None = None, lid: str | None = None) -> PeerRouted:
    return PeerRouted(
        contact_id=route.contact_id,
        conversation_id=route.conversation_id,
        number_id=command.number_id,
        phone=phone,
        lid=lid,
    )


@decide.on(Unroute)
def _unroute(state: Contacts, command: Unroute, now: Moment) -> Sequence[Event]:
    return [ConversationUnrouted(conversation_id=command.conversation_id)]


CONTACTS: Kind[Contacts] = Kind(
    name="contacts",
    initial=lambda id_: Contacts(id_),
    decide=decide,
    evolve=evolve,
    mailbox=2048,
)
