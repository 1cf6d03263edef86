"""What the audit says of deeds: in each language, whatever the deed was, and of every deed that there is."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter
from typing import Any, cast

import msgspec
from msgspec import inspect
from tests.storage.samples import registered, sample_of

from plixa import features
from plixa.actors.sayings import Told
from plixa.actors.staff.stays import StaffLooked
from plixa.actors.staff.told import AREAS
from plixa.actors.workspace.told_words import RESOURCES, called
from plixa.engine.events import Event
from plixa.http.workspace.summaries import summary

TELLS = features.tells()
BY_ITSELF = {
    "effect", "peer", "conversation", "contacts", "contact", "welcome", "flow", "field", "ai", "message", "media",
    "notice", "agenda", "sla", "csat", "import", "merge", "reminder", "reminders", "broadcast", "assignment", "number",
    "workspace", "spend", "licence", "billing", "payment", "desk", "article", "campaign",
}  # fmt: skip
DEEDS = {
    "conversation.assigned", "conversation.merged", "message.queued", "message.noted", "message.reacted",
    "message.edited", "message.deleted", "appointment.booked", "appointment.moved", "appointment.status",
    "provider.schedule_set", "waitlist.joined", "waitlist.left", "broadcast.created", "broadcast.paused",
    "broadcast.resumed", "broadcast.cancelled", "webhook_endpoint.created", "webhook_endpoint.changed",
    "webhook_endpoint.removed", "payment.refund_asked", "payments.account_kept", "contact.opted", "licence.granted",
    "setting.created", "config.changed", "invitation.created", "token.created", "number.added", "flow.published",
}  # fmt: skip
"""What a member, a token or staff does by an operation of the API, one of each sort."""


def _told() -> Iterator[tuple[str, Event]]:
    """A sample of each event of which something is told, and one more for each word that it can hold."""
    for (name, _), cls in registered().items():
        if TELLS.get(name) is None:
            continue
        event: Event = msgspec.convert(sample_of(cls).reads, cls, str_keys=True)
        yield name, event
        described = inspect.type_info(cls)
        assert isinstance(described, inspect.StructType)
        for field in described.fields:
            for value in _words(field.type):
                yield name, msgspec.structs.replace(event, **{field.name: value})


def _words(type_: inspect.Type) -> Iterator[Any]:
    for each in type_.types if isinstance(type_, inspect.UnionType) else (type_,):
        match each:
            case inspect.LiteralType():
                yield from each.values
            case inspect.BoolType():
                yield from (True, False)
            case inspect.NoneType():
                yield None
            case _:
                pass


def test_every_deed_is_told_in_every_language() -> None:
    seen: set[str] = set()
    for name, event in _told():
        said = {locale: summary(event, TELLS, locale) for locale in ("en", "pt-BR", "es-AR")}
        assert all(said.values()), name
        assert not [each for each in said.values() if "{" in each or "Told(" in each], (name, said)
        assert len(set(said.values())) == 3, (name, said)
        seen.add(name)
    assert seen == {name for name, tell in TELLS.items() if tell is not None}


def _sentences() -> Iterator[Told]:
    for name, event in _told():
        tell = TELLS[name]
        assert tell is not None
        yield from _parts(tell if isinstance(tell, Told) else tell(event))


def _parts(told: Told) -> Iterator[Told]:
    yield told
    for value in told.given.values():
        several = cast("list[object]", value) if isinstance(value, list) else [value]
        for each in several:
            if isinstance(each, Told):
                yield from _parts(each)


def test_the_same_is_filled_in_in_every_language() -> None:
    for told in _sentences():
        named = [{name for _, name, _, _ in Formatter().parse(each) if name} for each in told[:3]]
        assert named[0] == named[1] == named[2] == set(told.given), told


def test_every_small_resource_has_a_name_in_every_language() -> None:
    logic = features.logic()
    names = {each.name for part in logic for each in (*part.collections, *part.configs)}
    assert names == set(RESOURCES)
    assert called("something_new").to("pt-BR") == "something new"


def test_every_look_of_staff_is_told_by_its_part_of_the_api() -> None:
    assert {route.tag for route in features.routes()} == set(AREAS)
    look = StaffLooked(what="List the labels", area="Labels")
    said = [summary(look, TELLS, locale).rpartition(": ")[2] for locale in ("en", "pt-BR", "es")]
    assert said == ["List the labels", "etiquetas", "etiquetas"]
    assert summary(msgspec.structs.replace(look, area=""), TELLS, "es").endswith(": List the labels")  # as long ago


def test_what_people_do_is_told_by_a_sentence_and_not_by_its_name() -> None:
    assert [each for each in DEEDS if TELLS.get(each) is None] == []


def test_what_is_not_told_happens_by_itself() -> None:
    assert {name for name, _ in registered() if name not in TELLS and name.partition(".")[0] not in BY_ITSELF} == set()
