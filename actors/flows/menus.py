"""A menu's options as WhatsApp shows them: reply buttons, a list, or the numbers in the text alone.

Up to three options are buttons, up to ten a list; what is more, or too long for that, stays numbers. The text numbers
the options in any case, for the customers whose WhatsApp shows neither.

Each option's id names the message it went out with, the flow, the menu and the option. So a tap is understood exactly,
however late it comes and whatever its words are, and the echo of the message is known by the ids in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, cast
from urllib.parse import quote, unquote

from msgspec import Struct

from plixa.actors.flows.phrases import phrase
from plixa.actors.flows.words import Choice, names_of, place_of
from plixa.actors.whatsapp.gateway import Content, Menu, Option

MOST_BUTTONS, BUTTON_LENGTH = 3, 20
MOST_ROWS, ROW_LENGTH = 10, 24
LONGEST_TEXT = 1024
"""Characters over buttons or a list."""
LONGEST_ID = 200
_PREFIX = "plixa"
Shown = Literal["buttons", "list"]


class Tap(Struct, frozen=True):
    """What an option's id says: of which message, flow and menu it is, and which option."""

    message_id: int
    flow_id: int
    node_id: str
    option_id: str


def id_of(tap: Tap) -> str:
    """The id of a button or row; ASCII, whatever the nodes are called."""
    names = (quote(name, safe="") for name in (tap.node_id, tap.option_id))
    return ":".join((_PREFIX, str(tap.message_id), str(tap.flow_id), *names))


def tap_of(choice: str | None) -> Tap | None:
    """What was tapped; None for what is no option of ours."""
    parts = (choice or "").split(":")
    if len(parts) != 5 or parts[0] != _PREFIX or not all(_is_number(part) for part in parts[1:3]):
        return None
    return Tap(int(parts[1]), int(parts[2]), unquote(parts[3]), unquote(parts[4]))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def offered_in(content: Content) -> int | None:
    """Which message of ours this is the echo of, by the ids of what it offers."""
    ids = cast("Sequence[object]", (content.extra or {}).get("option_ids") or ())
    taps = [tap_of(id_) if isinstance(id_, str) else None for id_ in ids]
    return taps[0].message_id if taps and taps[0] is not None else None


class Offer(Struct, frozen=True):
    """A menu that waits in a flow, to be tapped. `locale`: of the few words that WhatsApp wants besides."""

    flow_id: int
    node_id: str
    choices: tuple[Choice, ...]
    locale: str


def menu_of(offer: Offer, message_id: int, text: str) -> Menu | None:
    """What goes out under the text; None where numbers must do."""
    ids = [id_of(Tap(message_id, offer.flow_id, offer.node_id, choice.id)) for choice in offer.choices]
    shown = shown_as([choice.label for choice in offer.choices], text)
    if shown is None or max(map(len, ids)) > LONGEST_ID:
        return None
    options = tuple(Option(id_, choice.label.strip()) for id_, choice in zip(ids, offer.choices, strict=True))
    return Menu(shown, options, phrase("options", offer.locale), phrase("or_write", offer.locale))


def shown_as(labels: Sequence[str], text: str) -> Shown | None:
    """Buttons or a list; None where it must be numbers. `text`: the whole message, with its numbered options."""
    if not labels or any(not label.strip() for label in labels) or next(misfits(labels, text), None) is not None:
        return None
    return "buttons" if len(labels) <= MOST_BUTTONS else "list"


def misfits(labels: Sequence[str], text: str) -> Iterator[tuple[str, str]]:
    """Why such a menu cannot be tapped: the field, and what is wrong with it, in words."""
    if len(labels) > MOST_ROWS:
        yield "options", f"has {len(labels)} options, and WhatsApp's lists have {MOST_ROWS}"
        return
    buttons = len(labels) <= MOST_BUTTONS
    most, where = (BUTTON_LENGTH, "a button") if buttons else (ROW_LENGTH, "a row of a list")
    for at, label in enumerate(labels):
        if (length := _length(label.strip())) > most:
            yield f"options.{at}.label", f"has a label of {length} characters, and {where} takes {most}"
    if len({label.strip() for label in labels}) < len(labels):
        yield "options", "has the same label twice"
    if _length(text) > LONGEST_TEXT:
        yield "text", f"says {_length(text)} characters with its options, and buttons go under {LONGEST_TEXT} at most"


def _length(text: str) -> int:
    """As WhatsApp counts: an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def numbered(choices: Sequence[Choice]) -> str:
    """The options, one a line, with their numbers; without where a number would mean another option by its name."""
    places = [{place_of(name) for name in names_of(choice)} for choice in choices]
    others = set(range(1, len(choices) + 1))
    clash = any(named & (others - {at}) for at, named in enumerate(places, start=1))
    return "\n".join(f"{'•' if clash else f'{at}.'} {choice.label}" for at, choice in enumerate(choices, start=1))
