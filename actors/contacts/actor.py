"""The tenant's address book: who its contacts are, and which contact and conversation a peer on a number leads to.

One actor a tenant, so that two messages of a new customer that arrive together cannot make two conversations, nor two
requests of one number two contacts. It keeps nothing in memory: what is known comes with the command (`prepare` looks
it up inside the actor's turn). What other actors must do about it goes to them through the outbox.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plixa.actors.contacts import gathering, importing, joining, merging, opting, records, routing
from plixa.actors.contacts.records import ContactAdded, ConversationUnrouted
from plixa.actors.contacts.routing import (
    ContactIdentified,
    PeerLookUp,
    PeerRoute,
    PeerRouted,
    Resolve,
    Unroute,
)
from plixa.actors.contacts.state import Contacts, address_book
from plixa.engine.actor import ActorType, EffectDone, EffectFailed, EffectStarting, EffectUncertain
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.events import Event
from plixa.engine.outside import decide_nothing
from plixa.engine.ports import Effect

__all__ = [
    "CONTACTS",
    "ContactAdded",
    "ContactIdentified",
    "Contacts",
    "ConversationUnrouted",
    "PeerLookUp",
    "PeerRoute",
    "PeerRouted",
    "Resolve",
    "Unroute",
    "address_book",
    "gathering",
    "importing",
    "joining",
    "merging",
    "opting",
    "records",
    "routing",
]
REPORTS: Decider[Contacts] = Decider()
REPORTS.on(EffectStarting, EffectDone, EffectFailed, EffectUncertain)(decide_nothing)
decide = Decider[Contacts].joined(
    (
        routing.decide,
        records.decide,
        merging.decide,
        joining.decide,
        importing.decide,
        opting.decide,
        gathering.decide,
        REPORTS,
    )
)
evolve: Evolver[Contacts] = Evolver()
evolve.ignores(  # all of them: what is known is looked up
    ContactAdded,
    ContactIdentified,
    ConversationUnrouted,
    PeerRouted,
    records.ContactChanged,
    records.ContactErased,
    records.ContactLabelled,
    records.ContactUnlabelled,
    records.ContactValued,
    records.FieldForgotten,
    records.LabelForgotten,
    records.PeerKept,
    importing.ImportFinished,
    importing.ImportProgressed,
    importing.ImportStarted,
    joining.MergeDecided,
    joining.MergeDropped,
    opting.ContactOpted,
    merging.ContactMerged,
    merging.ContactUnmerged,
)


def effects(state: Contacts, event: Event) -> Iterator[Effect]:
    """Conversations learn that their contact is another one, or none; a file that was handed in is worked through."""
    match event:
        case records.ContactErased(erased_with=None):
            request = {"gone": "contact", "id": event.contact_id, "conversations": list(event.conversations)}
            yield _cascade(f"contact-{event.contact_id}", request)
        case records.ContactChanged(change_id=int(change_id)):
            # A lane each: an import changes many.
            called, lane = {"named": event.contact_id}, f"named-{event.contact_id}"
            yield Effect(f"named-{change_id}", "workspace.cascade", lane, "cascade", called)
        case merging.ContactMerged():
            yield _cascade(f"merge-{event.merge_id}", _moved(event, event.contact_id, event.into_id))
        case merging.ContactUnmerged():
            yield _cascade(f"unmerge-{event.merge_id}", _moved(event, event.into_id, event.contact_id))
        case joining.MergeDecided():
            yield Effect(f"join-{event.merge_id}", "conversation.merge", "merges", "inner", {"from_id": event.from_id})
        case importing.ImportStarted():
            request = {"import_id": event.import_id}
            yield Effect(f"import-{event.import_id}", "contacts.import", "contacts-import", "contacts", request)
        case _:
            pass


def _cascade(name: str, request: dict[str, Any]) -> Effect:
    return Effect(f"cascade-{name}", "workspace.cascade", "cascade", "cascade", request)


def _moved(event: merging.ContactMerged | merging.ContactUnmerged, id_: int, to: int) -> dict[str, Any]:
    return {"moved": "contact", "id": id_, "to": to, "conversations": list(event.conversations)}


CONTACTS: ActorType[Contacts] = ActorType(
    name="contacts",
    initial=lambda id_: Contacts(id_),
    decide=decide,
    evolve=evolve,
    effects=effects,
    mailbox=2048,
)
