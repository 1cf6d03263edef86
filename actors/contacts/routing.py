"""Which contact and which conversation a peer on a number leads to.

A customer shows up under a phone number, under a LID, or both; either may be learnt later. Where both are known and
lead to different conversations, the phone's wins and the LID is led there from then on. A conversation whose contact
was erased goes on with a new one when its customer writes again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from plixa.actors.contacts.records import ContactAdded, ConversationUnrouted
from plixa.actors.contacts.state import AboutContact, Contacts
from plixa.actors.whatsapp.gateway import Peer
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider
from plixa.engine.events import Event, event

decide: Decider[Contacts] = Decider()


class PeerRoute(Struct, frozen=True):
    """Where a peer leads. `contact_id` 0: the contact was erased and the conversation goes on without one."""

    contact_id: int
    conversation_id: int


class PeerLookUp(Struct, frozen=True):
    """What the read model says: the routes by phone and by LID, and the contact of this phone on any number.

    Merged contacts are followed to the one that they are a part of; `lid_owner` is the one that has the LID itself.
    """

    by_phone: PeerRoute | None = None
    by_lid: PeerRoute | None = None
    contact_id: int | None = None
    lid_owner: int | None = None


class Resolve(Command, frozen=True, kw_only=True, tag=True):
    """Make sure that this peer leads somewhere. The answer is the last `PeerRouted`, or what was there."""

    number_id: int
    peer: Peer
    name: str | None = None
    found: PeerLookUp | None = None


class Unroute(Command, frozen=True, kw_only=True, tag=True):
    """The conversation is gone: its peers lead to a new one when they write again."""

    conversation_id: int


@event("contact.identified", personal=("phone",))
class ContactIdentified(AboutContact, frozen=True, kw_only=True):
    """A contact known by LID only turned out to have this phone number."""

    phone: str | None = None


@event("peer.routed", personal=("phone", "lid"))
class PeerRouted(AboutContact, frozen=True, kw_only=True):
    """These addresses on this number lead to this conversation."""

    number_id: int
    conversation_id: int
    phone: str | None = None
    lid: str | None = None


@decide.on(Resolve)
def _resolve(state: Contacts, command: Resolve, now: Moment) -> Sequence[Event]:
    found, peer = command.found or PeerLookUp(), command.peer
    route = found.by_phone or found.by_lid
    if route is None or not route.contact_id:
        return list(_new(command, found, now, route))
    if found.by_phone is not None:
        return list(_lead_lid(command, found.by_phone, found))
    return list(_learn_phone(command, route, found)) if peer.phone else []


def _lead_lid(command: Resolve, route: PeerRoute, found: PeerLookUp) -> Iterator[Event]:
    if command.peer.lid and found.by_lid != route:
        yield _routed(command, route, lid=command.peer.lid)


def _learn_phone(command: Resolve, route: PeerRoute, found: PeerLookUp) -> Iterator[Event]:
    if found.contact_id is None:  # another contact may have this phone already, from another number
        yield ContactIdentified(contact_id=found.lid_owner or route.contact_id, phone=command.peer.phone)
    yield _routed(command, route, phone=command.peer.phone)


def _new(command: Resolve, found: PeerLookUp, now: Moment, route: PeerRoute | None) -> Iterator[Event]:
    contact_id = found.contact_id
    if contact_id is None:
        contact_id = next(now.ids)
        yield ContactAdded(contact_id=contact_id, added_at=now.at, phone=command.peer.phone, name=command.name)
    conversation_id = next(now.ids) if route is None else route.conversation_id
    yield _routed(command, PeerRoute(contact_id, conversation_id), phone=command.peer.phone, lid=command.peer.lid)


def _routed(command: Resolve, route: PeerRoute, phone: str | None = None, lid: str | None = None) -> PeerRouted:
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
