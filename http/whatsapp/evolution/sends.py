"""What the gateway wants in the bodies of sends. Pure.

A text with options goes out by `sendButtons` or `sendList`. Both want a title, which WhatsApp shows in bold over the
rest: it is the text's first line, so that the customer reads what the business sees as sent, and no more.
"""

from __future__ import annotations

import mimetypes

from plixa.actors.whatsapp.gateway import Menu
from plixa.http.whatsapp.evolution.payload import scrub

Body = dict[str, object]


def with_extension(file_name: str, mime: str) -> str:
    """The gateway believes the extension over the mime type, and of a name without one it makes the type "false"."""
    if mimetypes.guess_type(file_name)[0] is not None:
        return file_name
    return file_name + (mimetypes.guess_extension(mime.partition(";")[0].strip()) or ".bin")


def offering(text: str, menu: Menu) -> tuple[str, Body]:
    """The call, and its body without the address."""
    title, description = headed(text)
    said = {"title": title, **({"description": description} if description else {})}
    if menu.shown == "buttons":
        return "message/sendButtons", {**said, "footer": menu.footer, "buttons": _buttons(menu)}
    section = {"title": menu.opens, "rows": _rows(menu)}
    return "message/sendList", {**said, "footerText": menu.footer, "buttonText": menu.opens, "sections": [section]}


def headed(text: str) -> tuple[str, str]:
    """The first line, for the title, and the rest. A star would end the bold type that the title is set in."""
    title, _, rest = text.strip().partition("\n")
    return title.replace("*", "").strip() or title, rest.strip()


def _buttons(menu: Menu) -> list[Body]:
    return [{"type": "reply", "displayText": scrub(each.label), "id": each.id} for each in menu.options]


def _rows(menu: Menu) -> list[Body]:
    return [{"title": scrub(each.label), "rowId": each.id} for each in menu.options]
