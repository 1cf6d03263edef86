"""The kinds of node, and what each holds.

Every text may hold `{{name}}`, `{{first_name}}`, `{{phone}}`, `{{message}}` (the customer's last words), `{{key}}` of a
custom field and `{{flow.key}}` of a variable of this flow; what is not known becomes an empty text. A field to write to
is `name`, a custom field's key, or `flow.<key>`, a variable that lives as long as the run does.

| type        | data (and what it is when left out)                                      | ways out (`condition`)     |
|-------------|--------------------------------------------------------------------------|----------------------------|
| `start`     | trigger: first_message, keyword or manual (first_message); keywords []   | plain                      |
| `message`   | text; media {kind: image, video, audio or document; url; file_name}      | plain                      |
| `menu`      | text; options [{id, label, keywords []}]; invalid_text; max_tries (3);   | each option's id;          |
|             | as: numbers or buttons (numbers), up to 3 buttons, up to 10 a list,      | may: `else`, `timeout`     |
|             | and numbers where WhatsApp has no room for more (`menus.py`)             |                            |
| `capture`   | text; field; kind: text, number, date, email, phone or choice (text);    | plain;                     |
|             | options [text] for choice; required (true); invalid_text; max_tries (3)  | may: `else`, `timeout`     |
| `condition` | rules [{field, op, value}], op: is, is_not, contains, not_contains,      | `true`, `false`            |
|             | starts_with, one_of, is_set, is_not_set, greater or less;                |                            |
|             | match: all or any (all)                                                  |                            |
| `set_field` | field; value                                                             | plain                      |
| `route`     | sector_id                                                                | plain                      |
| `ai`        | goal; on_handoff: said when the AI gives up; max_turns (1)               | `answered`; may: `handoff` |
| `schedule`  | nothing: the workspace's opening hours decide                            | `open`, `closed`           |
|             | with service_id it books: a list of what is free, more, another day,     | `booked`, `none`; may:     |
|             | a place on the waitlist, a person; text is said in front of the list     | `waitlisted`, `person`,    |
|             |                                                                          | `timeout`                  |
| `wait`      | minutes; until_reply (false)                                             | plain; with until_reply    |
|             |                                                                          | `answered`, `timeout`      |
| `handoff`   | note: for the business; sector_id; text: for the customer                | nothing follows            |
| `end`       | text; resolve (false)                                                    | nothing follows            |

Branches: `else` is taken after `max_tries` answers that did not fit (without it, a person takes over); `timeout` when
the customer stays silent until the flow closes (without it, the flow ends as its settings say). An `ai` node answers up
to `max_turns` messages of the customer, then leaves by `answered`; `handoff` is taken when the AI asks for a person.
Every field has a default, since a draft may be half made; what publishing demands is in `check.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

MAX_TEXT = 4096
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Label = Annotated[str, Meta(max_length=120)]
Key = Annotated[str, Meta(max_length=80)]
NodeId = Annotated[str, Meta(min_length=1, max_length=64)]
Tries = Annotated[int, Meta(ge=1, le=10)]
Trigger = Literal["first_message", "keyword", "manual"]
CaptureKind = Literal["text", "number", "date", "email", "phone", "choice"]
Op = Literal[
    "is", "is_not", "contains", "not_contains", "starts_with", "is_set", "is_not_set", "greater", "less", "one_of"
]


class Position(Struct, frozen=True):
    """Where the editor shows the node."""

    x: Annotated[float, Meta(ge=-1e6, le=1e6)] = 0.0
    y: Annotated[float, Meta(ge=-1e6, le=1e6)] = 0.0


class StartData(Struct, frozen=True, omit_defaults=True):
    """What sets the flow off; `keywords` for the keyword trigger."""

    trigger: Trigger = "first_message"
    keywords: Annotated[tuple[Label, ...], Meta(max_length=50)] = ()


class MediaLink(Struct, frozen=True):
    """A file that goes out with a message."""

    kind: Literal["image", "video", "audio", "document"]
    url: Annotated[str, Meta(max_length=2048)]
    file_name: Label | None = None


class MessageData(Struct, frozen=True, omit_defaults=True):
    text: Text = ""
    media: MediaLink | None = None


class Option(Struct, frozen=True, omit_defaults=True):
    """`id` names the branch; `keywords` are further words that mean it."""

    id: Annotated[str, Meta(max_length=64)]
    label: Label = ""
    keywords: Annotated[tuple[Label, ...], Meta(max_length=20)] = ()


class MenuData(Struct, frozen=True, omit_defaults=True):
    text: Text = ""
    options: Annotated[tuple[Option, ...], Meta(max_length=30)] = ()
    invalid_text: Text = ""
    max_tries: Tries = 3
    shown_as: Literal["numbers", "buttons"] = field(default="numbers", name="as")


class CaptureData(Struct, frozen=True, omit_defaults=True):
    text: Text = ""
    field: Key = ""
    kind: CaptureKind = "text"
    options: Annotated[tuple[Label, ...], Meta(max_length=30)] = ()
    required: bool = True
    invalid_text: Text = ""
    max_tries: Tries = 3


class Rule(Struct, frozen=True, omit_defaults=True):
    """`one_of` takes a list parted by commas. `greater` and `less` compare numbers, or dates as YYYY-MM-DD."""

    field: Key = ""
    op: Op = "is"
    value: Text = ""


class ConditionData(Struct, frozen=True, omit_defaults=True):
    rules: Annotated[tuple[Rule, ...], Meta(max_length=20)] = ()
    match: Literal["all", "any"] = "all"


class SetFieldData(Struct, frozen=True, omit_defaults=True):
    field: Key = ""
    value: Text = ""


class RouteData(Struct, frozen=True, omit_defaults=True):
    sector_id: int | None = None


class AiData(Struct, frozen=True, omit_defaults=True):
    goal: Text = ""
    on_handoff: Text = ""
    max_turns: Annotated[int, Meta(ge=1, le=50)] = 1


class ScheduleData(Struct, frozen=True, omit_defaults=True):
    """The workspace's opening hours decide; with a service, the customer chooses one of its free times."""

    service_id: Annotated[int, Meta(ge=1)] | None = None
    text: Text = ""


class WaitData(Struct, frozen=True, omit_defaults=True):
    minutes: Annotated[int, Meta(ge=1, le=10080)] | None = None
    until_reply: bool = False


class HandoffData(Struct, frozen=True, omit_defaults=True):
    note: Text = ""
    sector_id: int | None = None
    text: Text = ""


class EndData(Struct, frozen=True, omit_defaults=True):
    text: Text = ""
    resolve: bool = False


class Start(Struct, frozen=True, tag="start", tag_field="type"):
    id: NodeId
    data: StartData = StartData()
    position: Position = Position()


class Message(Struct, frozen=True, tag="message", tag_field="type"):
    id: NodeId
    data: MessageData = MessageData()
    position: Position = Position()


class Menu(Struct, frozen=True, tag="menu", tag_field="type"):
    id: NodeId
    data: MenuData = MenuData()
    position: Position = Position()


class Capture(Struct, frozen=True, tag="capture", tag_field="type"):
    id: NodeId
    data: CaptureData = CaptureData()
    position: Position = Position()


class Condition(Struct, frozen=True, tag="condition", tag_field="type"):
    id: NodeId
    data: ConditionData = ConditionData()
    position: Position = Position()


class SetField(Struct, frozen=True, tag="set_field", tag_field="type"):
    id: NodeId
    data: SetFieldData = SetFieldData()
    position: Position = Position()


class Route(Struct, frozen=True, tag="route", tag_field="type"):
    id: NodeId
    data: RouteData = RouteData()
    position: Position = Position()


class Ai(Struct, frozen=True, tag="ai", tag_field="type"):
    id: NodeId
    data: AiData = AiData()
    position: Position = Position()


class Schedule(Struct, frozen=True, tag="schedule", tag_field="type"):
    id: NodeId
    data: ScheduleData = ScheduleData()
    position: Position = Position()


class Wait(Struct, frozen=True, tag="wait", tag_field="type"):
    id: NodeId
    data: WaitData = WaitData()
    position: Position = Position()


class Handoff(Struct, frozen=True, tag="handoff", tag_field="type"):
    id: NodeId
    data: HandoffData = HandoffData()
    position: Position = Position()


class End(Struct, frozen=True, tag="end", tag_field="type"):
    id: NodeId
    data: EndData = EndData()
    position: Position = Position()


Node = Start | Message | Menu | Capture | Condition | SetField | Route | Ai | Schedule | Wait | Handoff | End
NODE_TYPES: dict[str, type[Node]] = {
    "start": Start,
    "message": Message,
    "menu": Menu,
    "capture": Capture,
    "condition": Condition,
    "set_field": SetField,
    "route": Route,
    "ai": Ai,
    "schedule": Schedule,
    "wait": Wait,
    "handoff": Handoff,
    "end": End,
}
DATA_TYPES: dict[str, type[Struct]] = {
    "start": StartData,
    "message": MessageData,
    "menu": MenuData,
    "capture": CaptureData,
    "condition": ConditionData,
    "set_field": SetFieldData,
    "route": RouteData,
    "ai": AiData,
    "schedule": ScheduleData,
    "wait": WaitData,
    "handoff": HandoffData,
    "end": EndData,
}


def type_of(node: Node) -> str:
    """The node's `type`, as the graph's JSON names it."""
    return str(type(node).__struct_config__.tag)
