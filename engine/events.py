"""The event: what an actor decided, as it is kept for ever.

An event is an immutable `msgspec.Struct` whose class says three things: its `type` (a dotted name, never changed),
its `schema` (a number that grows when its shape does, with an `upcast` that makes today's data of an earlier one's)
and its `personal` fields: what a customer wrote or is called.
Personal fields are sealed in the log with the stream's key, so that destroying the key erases them; they therefore
need a default, which is what replay finds afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from msgspec import NODEFAULT, Struct

Data = dict[str, Any]
Upcast = Callable[[Data, int], Data]


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all events."""

    type: ClassVar[str]
    schema: ClassVar[int] = 1
    personal: ClassVar[tuple[str, ...]] = ()
    upcast: ClassVar[Upcast | None] = None

    def sealed_for(self, stream: str) -> str:
        """Whose key seals the personal fields: the stream's own, unless a stream speaks of many people."""
        return stream

    def stands_for(self) -> tuple[Event, ...]:
        """What it stands for, in order: itself, and what was decided together with it and is said by it."""
        return (self,)


class Recorded(Struct, frozen=True):
    """An event with its envelope, as it stands in the log.

    position: gapless within the tenant, in commit order; the only cursor anyone outside sees.
    stream, revision: which actor's, and which of that actor's (from 1).
    actor: who did it ("user:12", "contact", "system", "token:7"). cause: what led to it (a request, a timer, …).
    """

    tenant: int
    position: int
    stream: str
    revision: int
    at: datetime
    actor: str
    cause: str
    event: Event


E = TypeVar("E", bound=type[Event])
_by_type: dict[str, type[Event]] = {}


class UnknownEvent(Event, frozen=True, kw_only=True):
    """What stands in for an event that this release cannot read: a newer one's, mostly. Only for those who read on.

    named: its type. why: what is wrong with it, without what it holds.
    """

    type = "unknown"
    named: str
    why: str


def event(
    type_: str, *, schema: int = 1, personal: tuple[str, ...] = (), upcast: Upcast | None = None
) -> Callable[[E], E]:
    """Class decorator: name an event class and register it, so that the log can bring it back.

    upcast: makes data of this schema of an earlier one's: `upcast(data, stored_schema)`; demanded from schema 2 on.
    """

    def register(cls: E) -> E:
        if type_ in _by_type:
            raise ValueError(f"two event classes are called {type_!r}: {_by_type[type_].__name__} and {cls.__name__}")
        fields_and_defaults = zip(reversed(cls.__struct_fields__), reversed(cls.__struct_defaults__), strict=False)
        defaults = {name for name, default in fields_and_defaults if default is not NODEFAULT}
        if missing := set(personal) - defaults:
            raise ValueError(f"{type_}: personal fields need a default for after erasure: {sorted(missing)}")
        if (schema > 1) != (upcast is not None):
            raise ValueError(f"{type_}: schema {schema} {'needs' if schema > 1 else 'has nothing for'} an upcast")
        cls.type, cls.schema, cls.personal = type_, schema, personal
        cls.upcast = staticmethod(upcast) if upcast is not None else None
        _by_type[type_] = cls
        return cls

    return register


def event_class(type_: str) -> type[Event]:
    """The class of a stored type. Raises KeyError, which means that this program is older than the log."""
    return _by_type[type_]


def event_types() -> dict[str, type[Event]]:
    """All registered classes by type. Not to be changed."""
    return _by_type
