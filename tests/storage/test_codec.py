"""What is stored can be brought back."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import msgspec
import pytest

from plixa.features import kinds
from plixa.storage.eventlog import keyring as keyring_module
from plixa.storage.eventlog.codec import decode_state, encode_state, shape_of
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.sealing import ApplicationKey


@pytest.mark.parametrize("kind", kinds().values(), ids=kinds().keys())
def test_every_state_has_a_shape_and_comes_back_from_a_snapshot(kind) -> None:
    state = kind.initial(7)
    cls = type(state)
    assert len(shape_of(cls)) == 16
    assert decode_state(cls, encode_state(state, None, "1/x-7/state"), None, "1/x-7/state") == state


def _struct(doc: str, *fields: tuple[str, Any]) -> type[Any]:
    return msgspec.defstruct("State", list(fields), namespace={"__doc__": doc}, frozen=True)


def test_what_a_docstring_says_is_no_part_of_the_shape() -> None:
    assert shape_of(_struct("One text.", ("count", int))) == shape_of(_struct("Another.", ("count", int)))


def test_what_a_class_is_called_is_no_part_of_the_shape() -> None:
    def state(one: str, other: str, **kinds: type[Any]) -> type[Any]:
        first, second = (msgspec.defstruct(name, [("count", kinds.get("count", int))], tag=tag) for name, tag in
                         ((one, "a"), (other, "b")))  # fmt: skip
        return _struct("", ("either", first | second), ("all", list[first]))  # type: ignore[operator,valid-type]

    assert shape_of(state("Clock", "Turn")) == shape_of(state("SlaClock", "Another"))
    assert shape_of(state("Clock", "Turn")) != shape_of(state("Clock", "Turn", count=str))


@pytest.mark.parametrize(
    "fields", [[("count", str)], [("counts", int)], [("count", int), ("title", str)], [("description", int)], []]
)
def test_what_a_field_is_or_is_called_is_the_shape(fields: list[tuple[str, Any]]) -> None:
    assert shape_of(_struct("", ("count", int))) != shape_of(_struct("", *fields))


def test_fields_that_are_called_like_a_schemas_own_words_count() -> None:
    plain = _struct("", ("count", int), ("title", str))
    assert shape_of(plain) != shape_of(_struct("", ("count", int), ("title", int)))
    assert shape_of(plain) != shape_of(_struct("", ("count", int), ("description", str)))


def test_a_tenant_that_is_taken_over_brings_no_key_along() -> None:
    """Another node may have destroyed it meanwhile: who reads with it would bring back what was erased."""
    keyring = Keyring(ApplicationKey("a" * 40))
    for owner in ((1, "conversation-7"), (1, "conversation-8"), (2, "conversation-7")):
        keyring.make(owner)
    keyring.forget([(1, "conversation-8")])
    keyring.forget_tenant(1)
    assert keyring.get((1, "conversation-7")) is None
    assert keyring.get((2, "conversation-7")) is not None


async def test_keys_that_are_asked_for_together_do_not_push_each_other_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its key an event would be stored in the clear, or read as if it had been erased."""
    monkeypatch.setattr(keyring_module, "CAPACITY", 3)
    keyring = Keyring(ApplicationKey("a" * 40))
    sealed = {(1, f"contact-{n}"): keyring.make((1, f"contact-{n}")) for n in range(5)}
    old = (1, "contact-2")  # the oldest of those in memory
    assert keyring.get((1, "contact-0")) is None

    class Vault:
        async def fetch(self, _: str, tenants: list[int], streams: list[str]) -> list[dict[str, Any]]:
            owners = zip(tenants, streams, strict=True)
            return [{"tenant_id": tenant, "stream": name, "sealed": sealed[tenant, name]} for tenant, name in owners]

    asked = {old, (1, "contact-0"), (1, "contact-1")}
    assert await keyring.fetch(Vault(), asked) == set()
    assert all(keyring.get(owner) is not None for owner in asked)


async def test_keys_are_found_without_a_look_at_all_the_others() -> None:
    """Each commit and each load asks: what it costs must not grow with the customers of an hour."""

    class Unwalked(OrderedDict[Any, Any]):
        def __iter__(self) -> Any:
            raise AssertionError("all keys are walked over")

        keys = items = values = __iter__

    keyring = Keyring(ApplicationKey("a" * 40))
    keyring.make((1, "contact-0"))
    keyring._keys = Unwalked(dict(keyring._keys))
    assert await keyring.fetch(None, {(1, "contact-0")}) == set()
