"""A conversation as staff are shown it by a ticket: its events, and of what people wrote only that it was there.

Each event says itself which of its fields hold what people wrote or are called (`personal`). Of these nothing is left
but how long a text was, and of a message what sort it is. Of all other words, longer numbers are left out, for they may
be somebody's phone number in a reason that the gateway gave.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import msgspec
from msgspec import NODEFAULT
from msgspec.structs import fields, replace
from typing_extensions import TypedDict

from plixa.actors.conversation.explain import explain
from plixa.actors.whatsapp.gateway import Content
from plixa.actors.workspace.state import Workspace
from plixa.engine.events import Event, Recorded
from plixa.engine.ports import address_of

HIDDEN = "▒▒▒"
_NUMBER = re.compile(r"\+[0-9][0-9 ().-]{5,}[0-9]|[0-9]{6,}(?:-[0-9]{4})?")
_TIME = re.compile(r"[0-9-]{10}T[0-9:.]{5,15}(?:Z|[+-][0-9:]{5})")
LEFT_OUT = ("thumbnail", "last", "run")
"""What is only there for programs."""


class ReplayedEvent(TypedDict):
    conversation_id: int
    offset: int
    at: datetime
    type: str
    text: str
    by: str
    details: dict[str, Any]


def replayed(recorded: Recorded, workspace: Workspace, *, clear: bool) -> list[ReplayedEvent]:
    """An event of a conversation, and what it stands for, as staff are shown it."""
    return [_replayed(recorded, part, workspace, clear=clear) for part in recorded.event.stands_for()]


def _replayed(recorded: Recorded, part: Event, workspace: Workspace, *, clear: bool) -> ReplayedEvent:
    event = part if clear else redacted(part)
    told: dict[str, Any] = _without(msgspec.to_builtins(event))
    return {
        "conversation_id": address_of(recorded.tenant, recorded.stream).id,
        "offset": recorded.position,
        "at": recorded.at,
        "type": event.type,
        "text": explain(event, workspace) if clear else unnumbered(explain(event, workspace)),
        "by": recorded.actor,
        "details": told if clear else unnumbered(told),
    }


def redacted(event: Event) -> Event:
    """The event without what people wrote or are called, as erasure would leave it."""
    if not event.personal:
        return event
    defaults = {each.name: each for each in fields(event)}
    return replace(event, **{name: _hidden(getattr(event, name), defaults[name]) for name in event.personal})


def _hidden(value: Any, field: Any) -> Any:
    if isinstance(value, str):
        return _length(value)
    if isinstance(value, Content):
        return Content(value.kind, None if value.body is None else _length(value.body), value.raw_type)
    return field.default_factory() if field.default is NODEFAULT else field.default


def _length(text: str) -> str:
    return f"{HIDDEN} {len(text)}" if text else ""


def unnumbered(value: Any) -> Any:
    """The same without numbers that might be somebody's."""
    if isinstance(value, str):
        return value if _TIME.fullmatch(value) else _NUMBER.sub(HIDDEN, value)
    if isinstance(value, dict):
        return {name: unnumbered(each) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [unnumbered(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _without(told: Any) -> Any:
    """The same without what is only there for programs."""
    if isinstance(told, dict):
        return {name: _without(each) for name, each in told.items() if name not in LEFT_OUT}  # pyright: ignore[reportUnknownVariableType]
    return told
