"""The address book: who the customers are, and what the business writes down of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from plixa.actors.contacts.custom_fields import CUSTOM_FIELDS
from plixa.actors.contacts.labels import LABELS
from plixa.actors.contacts.merging import Merge, Unmerge
from plixa.actors.contacts.opting import OptOut
from plixa.actors.contacts.records import (
    AddContact,
    AttachLabel,
    ChangeContact,
    ContactAdded,
    DetachLabel,
    EraseContact,
    SetValues,
)
from plixa.actors.contacts.state import Card
from plixa.actors.fields import Name
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Forbidden, NotFound
from plixa.engine.events import Event
from plixa.http.api import Answer, Call, cursors, rendering, route
from plixa.http.api.fields import Body, Id, Page, Phone, Text
from plixa.http.clients.written_numbers import given_phone, sought_forms
from plixa.http.realtime.visible import sight_of
from plixa.storage.contacts import reads

TAG = "Contacts"


Notes = Annotated[Text, StringConstraints(max_length=4000)]
Value = Annotated[Text, StringConstraints(max_length=1000)]


class Chosen(Page):
    """`q`: beginnings of words of the name, whatever their case and accents, or some of the number's digits.

    `opted_out`: 1 for those who want no broadcasts, 0 for the others.
    """

    q: Annotated[Text, StringConstraints(max_length=200)] | None = None
    label: Id | None = None
    opted_out: Literal["0", "1"] | None = None
    sort: Literal["name", "latest"] = "name"


class NewContact(Body):
    """`contact_phone` has the country code, or is as it is dialled in the workspace's country. It is kept without the
    plus, in the one form that all spellings of a number lead to."""

    contact_phone: Phone
    contact_name: Name | None = None


class ChangedContact(Body):
    """What is left out stays as it is; null or an empty text clears."""

    contact_name: Name | None = None
    notes: Notes | None = None


class OptedOut(Body):
    """Whether the contact wants no broadcasts."""

    opted_out: bool


class Values(Body):
    """Values by the definition's id; null or an empty text clears, what is left out stays. Unknown ids are skipped."""

    values: Annotated[dict[str, Value | None], Field(max_length=1000)]


class Merging(Body):
    """The contact that turned out to be the same person. It becomes a part of the one in the path."""

    from_id: Id


class Unmerging(Body):
    """Which merge is taken back."""

    merge_id: Id


class Contact(TypedDict):
    id: int
    contact_phone: str | None
    contact_name: str | None
    notes: str | None
    labels: list[int]
    custom_fields: dict[str, str]
    opted_out_at: datetime | None
    created_at: datetime
    updated_at: datetime


class MergeOf(TypedDict):
    id: int
    from_id: int
    contact_name: str | None
    contact_phone: str | None
    merged_at: datetime


class WholeContact(Contact):
    phones: list[str]
    conversations: list[int]
    merges: list[MergeOf]


class FieldValue(TypedDict):
    definition_id: int
    key: str
    name: str
    type: Literal["text", "number", "date", "select", "boolean"]
    value: str | None


@route("GET", "/v1/contacts", tag=TAG, query=Chosen, answer=list[Contact])
async def list_contacts(call: Call) -> Answer:
    """List contacts

    By name, those without one last; or the latest change first. Who sees only their own conversations and nobody's
    finds the contacts of those, and those who have none.
    """
    query: Chosen = call.query
    position: Any = tuple[bool, str, int] if query.sort == "name" else tuple[datetime, int]
    after = cursors.decode(query.cursor, position)
    workspace = await call.services.bus.workspace(call.tenant)
    forms = sought_forms(query.q, workspace.country_code) if query.q else []
    sight = sight_of(workspace, call.caller)
    chosen = reads.Chosen(
        q=query.q or None,
        forms=forms,
        label=query.label,
        opted_out=None if query.opted_out is None else query.opted_out == "1",
        sort=query.sort,
        sight=sight,
    )
    page, more = await call.read(reads.list_contacts, call.tenant, chosen, after, query.limit)
    shown = [_living(workspace, each) for each in page]
    return Answer(shown, {"next_cursor": cursors.encode(more), "limit": query.limit})


@route("GET", "/v1/contacts/{id}", tag=TAG, answer=WholeContact)
async def get_contact(call: Call) -> Answer:
    """Get a contact

    With all its numbers, the merges that can be taken back, and those of its conversations that you may see.
    """
    return Answer(await contact(call))


async def contact(call: Call, name: str = "id") -> dict[str, Any]:
    """The contact that the path names. Raises `NotFound`, also for another workspace's and for one that was merged."""
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    sight = sight_of(workspace, call.caller)
    found: dict[str, Any] | None = await call.read(reads.get_contact, call.tenant, call.params[name], sight)
    if found is None:
        raise NotFound("contact")
    return _living(workspace, found)


def _living(workspace: Workspace, shown: dict[str, Any]) -> dict[str, Any]:
    """Without labels and values of fields that were removed a moment ago."""
    labels = [id_ for id_ in shown["labels"] if id_ in LABELS.of(workspace)]
    values = {str(id_): value for id_, value in shown["custom_fields"].items() if id_ in CUSTOM_FIELDS.of(workspace)}
    return {**shown, "labels": labels, "custom_fields": values}


@route("POST", "/v1/contacts", tag=TAG, body=NewContact, answer=WholeContact, status=201, also=(200,), idempotent=True)
async def add_contact(call: Call) -> Answer:
    """Create a contact

    Or get the one that has this number already, unchanged: that is answered with 200.
    """
    body: NewContact = call.body
    workspace = await call.services.bus.workspace(call.tenant)
    command = AddContact(phone=given_phone(body.contact_phone, workspace.country_code), name=body.contact_name or None)
    outcome = await call.ask("contacts", 1, command, render=rendering(_made))
    if outcome.recorded:
        return _made([each.event for each in outcome.recorded])
    known: Card | None = (await call.read(reads.cards_by_phone, call.tenant, [command.phone])).get(command.phone)
    if known is None:  # erased meanwhile
        raise NotFound("contact")
    call.params = {**call.params, "id": known.id}
    try:
        return Answer(await contact(call))
    except NotFound:
        raise Forbidden("Somebody else looks after this customer.") from None


def _made(events: Sequence[Event]) -> Answer:
    made = next(event for event in events if isinstance(event, ContactAdded))
    times = {"created_at": made.added_at, "updated_at": made.added_at}
    details = {"contact_phone": made.phone, "contact_name": made.name, "notes": None}
    phones = [made.phone] if made.phone else []
    nothing: dict[str, Any] = {"labels": [], "custom_fields": {}, "conversations": [], "merges": []}
    nothing["opted_out_at"] = None
    return Answer({"id": made.contact_id, **details, **times, **nothing, "phones": phones}, status=201)


@route("PATCH", "/v1/contacts/{id}", tag=TAG, who="owner", body=ChangedContact, answer=WholeContact)
async def change_contact(call: Call) -> Answer:
    """Update a contact's editable fields"""
    body: ChangedContact = call.body
    fields = {"contact_name": "name", "notes": "notes"}
    command = ChangeContact(
        contact_id=call.params["id"],
        fields=tuple(fields[name] for name in fields if name in body.model_fields_set),
        name=body.contact_name,
        notes=body.notes,
    )
    await call.ask("contacts", 1, command)
    return Answer(await contact(call))


@route("DELETE", "/v1/contacts/{id}", tag=TAG, who="owner", status=204, acting=False)
async def delete_contact(call: Call) -> Answer:
    """Delete a contact

    Erases it for good, with its values and those that were merged into it. Its conversations stay, shown by phone.
    """
    await call.ask("contacts", 1, EraseContact(contact_id=call.params["id"]))
    return Answer(status=204)


@route("POST", "/v1/contacts/{contact}/labels/{label}", tag=TAG, answer=WholeContact)
async def attach_label(call: Call) -> Answer:
    """Attach a label to the contact

    Doing it again changes nothing.
    """
    await contact(call, "contact")
    command = AttachLabel(contact_id=call.params["contact"], label_id=call.params["label"])
    await call.ask("contacts", 1, command)
    return Answer(await contact(call, "contact"))


@route("DELETE", "/v1/contacts/{contact}/labels/{label}", tag=TAG, status=204)
async def detach_label(call: Call) -> Answer:
    """Detach a label from the contact"""
    await contact(call, "contact")
    command = DetachLabel(contact_id=call.params["contact"], label_id=call.params["label"])
    await call.ask("contacts", 1, command)
    return Answer(status=204)


@route("PUT", "/v1/contacts/{contact}/opt-out", tag=TAG, body=OptedOut, answer=WholeContact)
async def put_opt_out(call: Call) -> Answer:
    """Say whether the contact wants broadcasts

    Whoever opted out gets none any more, from any number; what is said in their conversations goes on. An import never
    changes it.
    """
    body: OptedOut = call.body
    await contact(call, "contact")
    await call.ask("contacts", 1, OptOut(contact_id=call.params["contact"], out=body.opted_out, by="member"))
    return Answer(await contact(call, "contact"))


@route("GET", "/v1/contacts/{contact}/custom-fields", tag=TAG, answer=list[FieldValue])
async def get_values(call: Call) -> Answer:
    """Get the contact's custom field values

    Every field of the workspace in its order, those without a value included.
    """
    return Answer(await _values(call))


async def _values(call: Call) -> list[dict[str, Any]]:
    shown = (await contact(call, "contact"))["custom_fields"]
    workspace = await call.services.bus.workspace(call.tenant)
    fields = sorted(CUSTOM_FIELDS.of(workspace).values(), key=lambda field: (field.position, field.id))
    return [
        {
            "definition_id": each.id,
            "key": each.key,
            "name": each.name,
            "type": each.type,
            "value": shown.get(str(each.id)),
        }
        for each in fields
    ]


@route(
    "PUT",
    "/v1/contacts/{contact}/custom-fields",
    tag=TAG,
    who="owner",
    body=Values,
    answer=list[FieldValue],
    feature="custom_fields",
)
async def put_values(call: Call) -> Answer:
    """Set or clear the contact's custom field values in one shot"""
    body: Values = call.body
    values = {int(id_): value for id_, value in body.values.items() if _is_id(id_)}
    await call.ask("contacts", 1, SetValues(contact_id=call.params["contact"], values=values))
    return Answer(await _values(call))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


@route("POST", "/v1/contacts/{contact}/merge", tag=TAG, who="owner", body=Merging, answer=WholeContact, acting=False)
async def merge_contacts(call: Call) -> Answer:
    """Merge another contact into this one

    They are the same person: conversations, labels, values and numbers of the other one lead here from now on. What
    both have stays as it is here. It can be taken back. Doing it again changes nothing.
    """
    body: Merging = call.body
    await call.ask("contacts", 1, Merge(contact_id=call.params["contact"], from_id=body.from_id))
    return Answer(await contact(call, "contact"))


@route(
    "POST",
    "/v1/contacts/{contact}/unmerge",
    tag=TAG,
    who="owner",
    body=Unmerging,
    answer=WholeContact,
    raises=("MERGED_SINCE", "CONVERSATIONS_MERGED"),
)
async def unmerge_contacts(call: Call) -> Answer:
    """Take a merge back

    Both contacts are what they were; what was changed here since stays here. The latest merge goes first. Once a
    conversation of the one was merged into one of the other, it cannot be taken back: 409 `CONVERSATIONS_MERGED`.
    """
    body: Unmerging = call.body
    await call.ask("contacts", 1, Unmerge(contact_id=call.params["contact"], merge_id=body.merge_id))
    return Answer(await contact(call, "contact"))
