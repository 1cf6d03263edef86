"""What the business writes down of a contact: name, notes, labels, values of custom fields; and forgetting it all.

A phone number is one contact's for ever; it changes only by erasing the contact. Erasing a contact erases those that
were merged into it, too: they are the same person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from plixa.actors.contacts.custom_fields import CUSTOM_FIELDS, fitting
from plixa.actors.contacts.labels import LABELS
from plixa.actors.contacts.state import AboutContact, Card, Contacts, shown
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider
from plixa.engine.errors import Invalid, NotFound
from plixa.engine.events import Event, event

decide: Decider[Contacts] = Decider()

Origin = Literal["message", "member", "import"]


class AddContact(Command, frozen=True, kw_only=True, tag=True):
    """A contact with this number, in its canonical form; the one that has it already, if there is one."""

    phone: str
    name: str | None = None
    known: Card | None = None


class ChangeContact(Command, frozen=True, kw_only=True, tag=True):
    """New details; `fields` names those that were sent along."""

    contact_id: int
    fields: tuple[str, ...]
    name: str | None = None
    notes: str | None = None
    known: Card | None = None


class KeptPeer(Struct, frozen=True):
    """An address that leads to a conversation, and will go on doing so."""

    number_id: int
    conversation_id: int
    phone: str | None = None
    lid: str | None = None


class EraseContact(Command, frozen=True, kw_only=True, tag=True):
    """Erase a contact for good. family: it and all that were merged into it. peers: what leads to any of them.

    unopened: conversations that something leads to and that do not exist, or not yet.
    """

    contact_id: int
    known: Card | None = None
    family: tuple[int, ...] = ()
    peers: tuple[KeptPeer, ...] = ()
    conversations: tuple[int, ...] = ()
    unopened: tuple[int, ...] = ()


class AttachLabel(Command, frozen=True, kw_only=True, tag=True):
    contact_id: int
    label_id: int
    known: Card | None = None


class DetachLabel(Command, frozen=True, kw_only=True, tag=True):
    contact_id: int
    label_id: int
    known: Card | None = None


class LearnName(Command, frozen=True, kw_only=True, tag=True):
    """What the contact calls themselves. It is the contact's name until the business has one for them."""

    contact_id: int
    name: str
    known: Card | None = None


class SetValues(Command, frozen=True, kw_only=True, tag=True):
    """Values of custom fields by definition; None or nothing clears. Definitions that are not there are passed over."""

    contact_id: int
    values: dict[int, str | None]
    known: Card | None = None


class ForgetLabel(Command, frozen=True, kw_only=True, tag=True):
    """The label is gone from the workspace."""

    label_id: int


class ForgetField(Command, frozen=True, kw_only=True, tag=True):
    """The custom field is gone from the workspace."""

    definition_id: int


@event("contact.added", personal=("phone", "name", "notes"))
class ContactAdded(AboutContact, frozen=True, kw_only=True):
    """origin: a message of theirs, a member who typed it in, or an import."""

    added_at: datetime
    origin: Origin = "message"
    phone: str | None = None
    name: str | None = None
    notes: str | None = None


@event("contact.changed", personal=("name", "notes"))
class ContactChanged(AboutContact, frozen=True, kw_only=True):
    """Name and notes as they are now; `fields` names what is new.

    change_id: given where the business calls them by another name, which their conversations follow.
    """

    fields: tuple[str, ...]
    name: str | None = None
    notes: str | None = None
    change_id: int | None = None


@event("contact.labelled")
class ContactLabelled(AboutContact, frozen=True, kw_only=True):
    label_ids: tuple[int, ...]


@event("contact.unlabelled")
class ContactUnlabelled(AboutContact, frozen=True, kw_only=True):
    label_ids: tuple[int, ...]


@event("contact.valued", personal=("values",))
class ContactValued(AboutContact, frozen=True, kw_only=True):
    """New values by definition; None: cleared."""

    values: dict[int, str | None] = {}  # noqa: RUF012  # msgspec copies an empty default


@event("contact.erased")
class ContactErased(AboutContact, frozen=True, kw_only=True):
    """Its key is destroyed. erased_with: the contact that was to be erased, when this one is a part of it.

    conversations: those that were the contact's, and stay without it; on the event of the contact itself only.
    """

    erased_with: int | None = None
    conversations: tuple[int, ...] = ()


@event("peer.kept", personal=("phone", "lid"))
class PeerKept(Event, frozen=True, kw_only=True):
    """The contact is erased and the conversation is not: these addresses go on leading there."""

    number_id: int
    conversation_id: int
    phone: str | None = None
    lid: str | None = None

    def sealed_for(self, stream: str) -> str:
        """Sealed with the conversation's key: it outlives the contact and not the conversation."""
        return f"conversation-{self.conversation_id}"


@event("conversation.unrouted")
class ConversationUnrouted(Event, frozen=True, kw_only=True):
    """Whoever led there begins a new conversation when they write again."""

    conversation_id: int


@event("contacts.label_forgotten")
class LabelForgotten(Event, frozen=True, kw_only=True):
    """Detached from every contact."""

    label_id: int


@event("contacts.field_forgotten")
class FieldForgotten(Event, frozen=True, kw_only=True):
    """Every contact's value of it is wiped."""

    definition_id: int


@decide.on(AddContact)
def _add(state: Contacts, command: AddContact, now: Moment) -> Sequence[Event]:
    if command.known is not None:
        return []
    contact_id = next(now.ids)
    return [
        ContactAdded(
            contact_id=contact_id, added_at=now.at, origin="member", phone=command.phone, name=command.name or None
        )
    ]


@decide.on(ChangeContact)
def _change(state: Contacts, command: ChangeContact, now: Moment) -> Sequence[Event]:
    card = shown(command.known)
    name = (command.name or None) if "name" in command.fields else card.name
    notes = (command.notes or None) if "notes" in command.fields else card.notes
    return list(changes(card, name, notes, now))


@decide.on(LearnName)
def _learn_name(state: Contacts, command: LearnName, now: Moment) -> Sequence[Event]:
    card = command.known
    if card is None or card.name or card.merged_into is not None:
        return []
    return [ContactChanged(contact_id=card.id, fields=("name",), name=command.name, notes=card.notes)]


@decide.on(EraseContact)
def _erase(state: Contacts, command: EraseContact, now: Moment) -> Sequence[Event]:
    contact = shown(command.known)
    kept = [
        PeerKept(number_id=each.number_id, conversation_id=each.conversation_id, phone=each.phone, lid=each.lid)
        for each in command.peers
    ]
    unopened = [ConversationUnrouted(conversation_id=id_) for id_ in command.unopened]
    parts = [ContactErased(contact_id=id_, erased_with=contact.id) for id_ in command.family if id_ != contact.id]
    return [*kept, *unopened, *parts, ContactErased(contact_id=contact.id, conversations=command.conversations)]


@decide.on(AttachLabel)
def _attach(state: Contacts, command: AttachLabel, now: Moment) -> Sequence[Event]:
    card = shown(command.known)
    if command.label_id not in LABELS.of(now.workspace):
        raise NotFound("label")
    return list(labelled(card, (command.label_id,)))


@decide.on(DetachLabel)
def _detach(state: Contacts, command: DetachLabel, now: Moment) -> Sequence[Event]:
    card = shown(command.known)
    if command.label_id not in LABELS.of(now.workspace):
        raise NotFound("label")
    if command.label_id not in card.labels:
        return []
    return [ContactUnlabelled(contact_id=card.id, label_ids=(command.label_id,))]


@decide.on(SetValues)
def _set_values(state: Contacts, command: SetValues, now: Moment) -> Sequence[Event]:
    card = shown(command.known)
    values, wrong = fitted(now.workspace, command.values)
    if wrong:
        raise Invalid({f"values.{id_}": [text] for id_, text in wrong.items()})
    return list(valued(card, values))


@decide.on(ForgetLabel)
def _forget_label(state: Contacts, command: ForgetLabel, now: Moment) -> Sequence[Event]:
    return [LabelForgotten(label_id=command.label_id)]


@decide.on(ForgetField)
def _forget_field(state: Contacts, command: ForgetField, now: Moment) -> Sequence[Event]:
    return [FieldForgotten(definition_id=command.definition_id)]


def changes(card: Card, name: str | None, notes: str | None, now: Moment | None = None) -> Iterator[Event]:
    """The event that leads from a card to this name and these notes, if there is a difference.

    now: where conversations are to follow the name.
    """
    new = {"name": name, "notes": notes}
    fields = tuple(field for field, value in new.items() if value != getattr(card, field))
    if fields:
        change_id = next(now.ids) if now is not None and name and "name" in fields else None
        yield ContactChanged(contact_id=card.id, fields=fields, name=name, notes=notes, change_id=change_id)


def labelled(card: Card, labels: Sequence[int]) -> Iterator[Event]:
    """The event that attaches those of these labels that the card has not."""
    new = tuple(id_ for id_ in dict.fromkeys(labels) if id_ not in card.labels)
    if new:
        yield ContactLabelled(contact_id=card.id, label_ids=new)


def valued(card: Card, values: Mapping[int, str | None]) -> Iterator[Event]:
    """The event that sets those of these values that differ from the card's."""
    new = {id_: value for id_, value in values.items() if value != card.values.get(id_)}
    if new:
        yield ContactValued(contact_id=card.id, values=new)


def fitted(workspace: Workspace, values: Mapping[int, str | None]) -> tuple[dict[int, str | None], dict[int, str]]:
    """The values as they are kept, and what is wrong with the others. Unknown definitions are in neither."""
    good: dict[int, str | None] = {}
    wrong: dict[int, str] = {}
    for id_, value in values.items():
        field = CUSTOM_FIELDS.of(workspace).get(id_)
        if field is None:
            continue
        try:
            good[id_] = fitting(field, value) if value else None
        except ValueError as error:
            wrong[id_] = str(error)
    return good, wrong
