"""Buttons and lists: as a business sends them, and as a customer's tap on one comes back. Pure.

Reply buttons go out as a native flow inside `viewOnceMessage`, as 2.3.x does it. A tap on one comes back as the
customer's WhatsApp likes it: as a native flow's answer, as an old buttons' one, or as a template's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from .errors import GatewayError, bad_request
from .records import Content
from .wire import JsonObject
from .world import Stored

MOST_BUTTONS = 3
LIST, BUTTONS = "listMessage", "viewOnceMessage"
ReplyAs = Literal["interactive", "buttons", "template"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to tap."""

    id: str
    label: str
    description: str = ""


def buttons(body: JsonObject) -> Content:
    """What `sendButtons` makes of its body. Raises GatewayError 400."""
    given: list[JsonObject] = body.get("buttons") or []
    if not given:
        raise bad_request("At least one button is required")
    if any(button["type"] != "reply" for button in given):
        raise GatewayError(400, ['The simulator has reply buttons only. Expected type "reply".'])
    if len(given) > MOST_BUTTONS:
        raise bad_request("Maximum of 3 reply buttons allowed")
    description = f"\n\n{body['description']}\n" if body.get("description") else ""
    flow = {"buttons": [_native(button) for button in given], "messageParamsJson": json.dumps({"from": "api"})}
    interactive = {
        "body": {"text": f"*{body.get('title')}*{description}"},
        "footer": {"text": body.get("footer")},
        "nativeFlowMessage": flow,
    }
    return Content(BUTTONS, {"message": {"interactiveMessage": interactive}})


def _native(button: JsonObject) -> JsonObject:
    params = {"display_text": button.get("displayText"), "id": button.get("id")}
    return {"name": "quick_reply", "buttonParamsJson": json.dumps(params, ensure_ascii=False)}


def listing(body: JsonObject) -> Content:
    """What `sendList` makes of its body."""
    names = ("title", "description", "buttonText", "footerText", "sections")
    return Content(LIST, {name: body[name] for name in names if name in body} | {"listType": 1})


def words(kind: str, value: Any) -> str:
    """What stands over the buttons or the list, as a phone shows it; an empty text for any other message."""
    if kind == LIST:
        return "\n\n".join(part for part in (f"*{value['title']}*", value.get("description", "")) if part)
    return str(_interactive(value)["body"]["text"]).strip() if kind == BUTTONS else ""


def footer(kind: str, value: Any) -> str:
    """The small line under the words."""
    line = value.get("footerText") if kind == LIST else _interactive(value)["footer"]["text"] if kind == BUTTONS else ""
    return line or ""


def choices(kind: str, value: Any) -> list[Choice]:
    """What there is to tap; nothing in any other message."""
    if kind == LIST:
        return list(_rows(value))
    if kind != BUTTONS:
        return []
    params = (json.loads(button["buttonParamsJson"]) for button in _interactive(value)["nativeFlowMessage"]["buttons"])
    return [Choice(each["id"], each["display_text"]) for each in params]


def _rows(value: JsonObject) -> Iterator[Choice]:
    for section in value["sections"]:
        for row in section["rows"]:
            yield Choice(row["rowId"], row["title"], row.get("description", ""))


def _interactive(value: JsonObject) -> JsonObject:
    interactive: JsonObject = value["message"]["interactiveMessage"]
    return interactive


def tap(stored: Stored, choice_id: str, reply_as: ReplyAs) -> Content:
    """The customer's tap on an option of that message. Raises GatewayError 404 when it has none of this id."""
    kind = stored.record["messageType"]
    given = choices(kind, stored.record["message"].get(kind))
    at = next((at for at, choice in enumerate(given) if choice.id == choice_id), None)
    if at is None:
        known = ", ".join(choice.id for choice in given) or "none: it is no menu"
        raise GatewayError(
            404, f'Message {stored.id} has no option {choice_id!r}. Expected in "choice" one of: {known}.'
        )
    return _picked(given[at]) if kind == LIST else _pressed(given[at], at, reply_as)


def _picked(row: Choice) -> Content:
    value: JsonObject = {"title": row.label, "listType": 1, "singleSelectReply": {"selectedRowId": row.id}}
    return Content("listResponseMessage", value | ({"description": row.description} if row.description else {}))


def _pressed(button: Choice, at: int, reply_as: ReplyAs) -> Content:
    if reply_as == "buttons":
        value: JsonObject = {"selectedButtonId": button.id, "selectedDisplayText": button.label, "type": 1}
        return Content("buttonsResponseMessage", value)
    if reply_as == "template":
        value = {"selectedId": button.id, "selectedDisplayText": button.label, "selectedIndex": at}
        return Content("templateButtonReplyMessage", value)
    params = json.dumps({"id": button.id, "display_text": button.label}, ensure_ascii=False)
    flow = {"name": "quick_reply", "paramsJson": params, "version": 1}
    body = {"text": button.label, "format": 0}
    return Content("interactiveResponseMessage", {"body": body, "nativeFlowResponseMessage": flow})


def label_of(kind: str, value: JsonObject) -> str:
    """The words of a tap."""
    if kind == "interactiveResponseMessage":
        return str(value["body"]["text"])
    return str(value.get("title") or value.get("selectedDisplayText", ""))


def quoted(stored: Stored, reply_as: ReplyAs) -> JsonObject:
    """The tapped message as the tap quotes it: without what was to be tapped, and not at all in the newer forms."""
    kind = stored.record["messageType"]
    value = stored.record["message"][kind]
    if kind == LIST:
        plain = {name: part for name, part in value.items() if name != "contextInfo"}
        return {"quotedMessage": {LIST: plain | {"sections": []}}}
    if reply_as == "buttons":
        return {
            "quotedMessage": {"buttonsMessage": {"buttons": [], "contentText": words(kind, value), "headerType": 1}}
        }
    return {}
