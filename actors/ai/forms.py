"""The typed shapes in which a model must answer, as JSON Schema for the server and as types for what comes back.

Nothing here trusts the model: `read_call`, `read_plain` and `read_form` make a value of the right type out of anything,
or say why not. What is in the value is judged elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, cast

import msgspec
from msgspec import Meta, Struct

T = TypeVar("T")
Schema = dict[str, Any]

SEND_REPLY, HAND_OFF = "send_reply", "hand_off"


class Tool(NamedTuple):
    """An action that a model may wish for."""

    name: str
    description: str
    parameters: Schema


class Form(NamedTuple):
    """A JSON object that a model is to fill in. schema: None where any object will do."""

    name: str
    schema: Schema | None


class SendReply(Struct, frozen=True):
    """The model wishes to answer the customer."""

    text: Annotated[str, Meta(min_length=1, max_length=20_000)]
    sources: Annotated[tuple[str, ...], Meta(max_length=50)]


class HandOff(Struct, frozen=True):
    """The model wishes that a person answers."""

    reason: Literal["asked_for_person", "not_grounded"]
    note: Annotated[str, Meta(max_length=2000)] = ""


class Malformed(NamedTuple):
    """The model did something else. why: for the business."""

    why: str


LIST_SLOTS, BOOK, MY_APPOINTMENTS = "list_slots", "book", "my_appointments"
Start = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$")]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class ListSlots(Struct, frozen=True):
    """The model wishes that the customer sees what is free."""

    service_id: int
    day: Day | None = None


class BookSlot(Struct, frozen=True):
    """The model wishes that a time is booked. What comes of it, the agenda says."""

    service_id: int
    start: Start


class MyAppointments(Struct, frozen=True):
    """The model wishes that the customer sees, moves or cancels what they have, or gets it as a calendar file."""

    action: Literal["show", "move", "cancel", "file"]
    appointment_id: int | None = None


Action = SendReply | HandOff | ListSlots | BookSlot | MyAppointments | Malformed


class Call(NamedTuple):
    """A tool call as it came: a name and JSON text."""

    name: str
    arguments: str


class RepliesForm(Struct, frozen=True):
    replies: list[str]


class SentencesForm(Struct, frozen=True):
    sentences: list[str]


class ShorterForm(Struct, frozen=True):
    text: str


class ImprovedForm(Struct, frozen=True):
    prompt: str
    missing: list[str]


_HourMinute = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class DayForm(Struct, frozen=True):
    open: _HourMinute
    close: _HourMinute
    enabled: bool


class HoursForm(Struct, frozen=True):
    found: bool
    hours: Annotated[list[DayForm], Meta(min_length=7, max_length=7)]
    message: str | None = None


class NotAForm(ValueError):
    """What the model wrote is not what it was asked for; the message says in what way."""


def reply_tools(sources: Sequence[str]) -> tuple[Tool, ...]:
    """The two actions of a reply. sources: what an answer may name as its ground."""
    text = {"type": "string", "description": "What the customer reads. Plain text, at most 600 characters."}
    named = {"type": "array", "items": {"type": "string", "enum": list(sources)}, "description": "Its grounds."}
    reason = {"type": "string", "enum": ["asked_for_person", "not_grounded"]}
    note = {"type": "string", "description": "One sentence for the colleague who takes over."}
    return (
        Tool(SEND_REPLY, "Answer the customer with what the knowledge says.", _object(text=text, sources=named)),
        Tool(HAND_OFF, "Leave the answer to a person of the company.", _object(reason=reason, note=note)),
    )


def agenda_tools(services: Sequence[int], appointments: Sequence[int]) -> tuple[Tool, ...]:
    """What may be wished of the agenda. services: that can be booked; appointments: that the customer has."""
    service: Schema = {"type": "integer", "enum": list(services)}
    day = {"type": ["string", "null"], "description": "YYYY-MM-DD, where the customer named a day."}
    start = {"type": "string", "description": "YYYY-MM-DDTHH:MM, exactly what the customer asked for."}
    tools = [
        Tool(LIST_SLOTS, "Let the customer choose one of the free times.", _object(service_id=service, day=day)),
        Tool(BOOK, "Book the very time that the customer asked for.", _object(service_id=service, start=start)),
    ]
    if appointments:
        wish = {"type": "string", "enum": ["show", "move", "cancel", "file"]}
        which = {"type": ["integer", "null"], "enum": [*appointments, None]}
        mine = _object(action=wish, appointment_id=which)
        says = "Show, move or cancel what the customer has booked, or send it as a calendar file."
        tools.append(Tool(MY_APPOINTMENTS, says, mine))
    return tuple(tools)


def replies_form() -> Form:
    """Three suggestions."""
    return Form("suggestions", _object(replies=_texts()))


def sentences_form() -> Form:
    """A summary, sentence by sentence."""
    return Form("summary", _object(sentences=_texts()))


def shorter_form() -> Form:
    """A text in fewer words."""
    return Form("shorter_text", _object(text={"type": "string"}))


def improved_form() -> Form:
    """A business description and what it lacks."""
    return Form("improved_description", _object(prompt={"type": "string"}, missing=_texts()))


def hours_form() -> Form:
    """Opening hours."""
    time = {"type": "string", "description": "HH:MM, 24 hours"}
    day = _object(open=time, close=time, enabled={"type": "boolean"})
    message = {"type": ["string", "null"]}
    hours = {"type": "array", "items": day, "description": "Exactly seven days, Sunday first."}
    return Form("business_hours", _object(found={"type": "boolean"}, hours=hours, message=message))


def flow_form() -> Form:
    """A flow's graph: its nodes hold what their type needs, so any object will do."""
    return Form("flow", None)


def _texts() -> Schema:
    return {"type": "array", "items": {"type": "string"}}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def read_call(calls: Sequence[Call], text: str) -> Action:
    """What a model wishes by calling a tool. A wish to hand off beats any other; two answers are no answer."""
    actions = [_action(call.name, call.arguments) for call in calls]
    hand_off = next((action for action in actions if isinstance(action, HandOff)), None)
    if hand_off is not None:
        return hand_off
    if len(actions) == 1:
        return actions[0]
    if not actions:
        return Malformed(f"The model called none of its tools{' and wrote free text' if text.strip() else ''}.")
    return Malformed(f"The model called {len(actions)} tools at once.")


def read_plain(text: str) -> Action:
    """What a model wishes by writing `{"tool": name, "arguments": {...}}`, where the server knows no tools."""
    try:
        fields = json_object(text)
        arguments = json.dumps(fields.get("arguments"))
    except (NotAForm, RecursionError) as error:
        return Malformed(str(error))
    return _action(str(fields.get("tool")), arguments)


def _action(name: str, arguments: str) -> Action:
    wanted = ACTIONS.get(name)
    if wanted is None:
        return Malformed("The model called a tool that it does not have.")
    try:
        return cast("Action", msgspec.json.decode(arguments.encode(errors="replace"), type=wanted))
    except (msgspec.MsgspecError, RecursionError) as error:
        return Malformed(f"The model called `{name}` wrongly: {error}.")


ACTIONS: Mapping[str, type[Struct]] = {
    SEND_REPLY: SendReply,
    HAND_OFF: HandOff,
    LIST_SLOTS: ListSlots,
    BOOK: BookSlot,
    MY_APPOINTMENTS: MyAppointments,
}


def read_form(text: str, wanted: type[T]) -> T:
    """The form that a model has filled in. Raises `NotAForm`."""
    try:
        return msgspec.convert(json_object(text), wanted)
    except (msgspec.ValidationError, RecursionError) as error:
        raise NotAForm(f"The model's answer has another shape than asked for: {error}.") from error


def json_object(text: str) -> dict[str, Any]:
    """The JSON object in a model's text, code fences and words around it left aside. Raises `NotAForm`."""
    start, end = text.find("{"), text.rfind("}")
    try:
        value: object = json.loads(text[start : end + 1]) if 0 <= start < end else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise NotAForm("The model did not answer with a JSON object.")
    return cast("dict[str, Any]", value)
