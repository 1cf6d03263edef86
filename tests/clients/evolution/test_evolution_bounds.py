"""However long a text of the gateway's is, what leaves the translation is bounded, and says where it was cut."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from plixa.actors.whatsapp.gateway import EditSeen, MessageSeen, Seen
from plixa.http.whatsapp.evolution.payload import BODY, LINE, QR_IMAGE
from plixa.http.whatsapp.evolution.webhook import translate

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "evolution").glob("*.json"))
NOW = datetime(2026, 1, 6, tzinfo=UTC)
LONG = "x" * 1_000_000
MOST_IN_ALL = 2 * max(BODY, QR_IMAGE)
Path_ = tuple[str | int, ...]


def texts_in(value: object, path: Path_ = ()) -> Iterator[tuple[Path_, str]]:
    """Every text of a JSON value, and where it stands."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from texts_in(inner, (*path, key))


def with_text(value: Any, path: Path_, text: str) -> Any:
    """The same JSON value with another text at that place."""
    copy = json.loads(json.dumps(value))
    place = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = text
    return copy


def size(seen: list[Seen]) -> int:
    return len(msgspec.json.encode(seen))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_whichever_text_of_a_body_is_endless_what_was_seen_is_not(path: Path) -> None:
    body = json.loads(path.read_text())
    for where, known in texts_in(body):
        endless = with_text(body, where, known + LONG)
        assert size(translate(endless, now=NOW)) < MOST_IN_ALL, where


def message(content: dict[str, Any], **record: Any) -> dict[str, Any]:
    key = {"id": "3EB0", "remoteJid": "5511999990001@s.whatsapp.net", "fromMe": False}
    return {"event": "messages.upsert", "data": {"key": key, "message": content, **record}}


def seen_of(content: dict[str, Any], **record: Any) -> MessageSeen:
    (seen,) = translate(message(content, **record), now=NOW)
    assert isinstance(seen, MessageSeen)
    return seen


CARD = {"displayName": LONG, "vcard": f"FN:{LONG}\nTEL;waid=5511999990001:{LONG}"}
OPTIONS = [{"optionName": f"{at}{LONG[:5000]}"} for at in range(3000)]
ENDLESS: dict[str, dict[str, Any]] = {
    "text": {"conversation": LONG},
    "quoted": {"extendedTextMessage": {"text": LONG, "contextInfo": {"stanzaId": LONG}}},
    "caption": {"imageMessage": {"caption": LONG, "mimetype": LONG, "fileName": LONG}},
    "cards": {"contactsArrayMessage": {"contacts": [CARD] * 200}},
    "poll": {"pollCreationMessage": {"name": LONG, "options": OPTIONS}},
    "vote": {"pollUpdateMessage": {"vote": {"selectedOptions": [each["optionName"] for each in OPTIONS]}}},
    "list": {"listResponseMessage": {"title": LONG, "singleSelectReply": {"selectedRowId": LONG}, "description": LONG}},
    "button": {"buttonsResponseMessage": {"selectedDisplayText": LONG, "selectedButtonId": LONG}},
    "form": {"interactiveResponseMessage": {"nativeFlowResponseMessage": {"name": LONG, "paramsJson": f'"{LONG}"'}}},
    "buttons": {"buttonsMessage": {"contentText": LONG, "footerText": LONG, "buttons": [{}] * 100_000}},
    "template": {"templateMessage": {"hydratedTemplate": {"hydratedContentText": LONG, "hydratedTitleText": LONG}}},
    "place": {"locationMessage": {"name": LONG, "address": LONG, "url": LONG}},
    "event": {"eventMessage": {"name": LONG, "description": LONG, "location": {"name": LONG}}},
    "order": {"orderMessage": {"orderTitle": LONG, "message": LONG, "orderId": LONG}},
    "unheard of": {LONG: {"text": LONG}},
}


@pytest.mark.parametrize("content", ENDLESS.values(), ids=list(ENDLESS))
def test_no_kind_of_message_is_endless(content: dict[str, Any]) -> None:
    ad = {"externalAdReply": {"sourceId": "1", "title": LONG, "body": LONG, "sourceUrl": LONG}}
    seen = seen_of(content, pushName=LONG, contextInfo=ad)
    assert size([seen]) < 6 * BODY
    assert len(seen.content.body or "") <= BODY
    assert len(seen.push_name or "") == LINE


def test_what_people_write_is_taken_whole_up_to_what_whatsapp_lets_them() -> None:
    assert seen_of({"conversation": "a" * BODY}).content.body == "a" * BODY


@pytest.mark.parametrize(
    "body_of",
    [
        lambda text: seen_of({"conversation": text}).content.body,
        lambda text: seen_of({"imageMessage": {"caption": text}}).content.body,
        lambda text: edited(text).body,
    ],
    ids=["text", "caption", "edit"],
)
def test_what_is_longer_is_cut_with_a_sign(body_of: Callable[[str], str]) -> None:
    assert body_of("a" * (BODY + 1)) == "a" * (BODY - 1) + "…"


def edited(text: str) -> EditSeen:
    key = {"id": "3EB0", "remoteJid": "5511999990001@s.whatsapp.net", "fromMe": False}
    protocol = {"key": key, "type": "MESSAGE_EDIT", "editedMessage": {"conversation": text}}
    (seen,) = translate({"event": "messages.edited", "data": protocol}, now=NOW)
    assert isinstance(seen, EditSeen)
    return seen


def test_what_is_of_no_use_in_part_is_left_out() -> None:
    place = seen_of({"locationMessage": {"name": "Loja", "url": "https://" + LONG}}).content
    assert place.extra == {"name": "Loja"}
    tapped = seen_of({"buttonsResponseMessage": {"selectedDisplayText": "Sim", "selectedButtonId": LONG}}).content
    assert (tapped.body, tapped.choice) == ("Sim", None)
