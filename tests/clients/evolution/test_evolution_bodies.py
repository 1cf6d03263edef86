"""A webhook's body taken apart tells what the whole one does, and what would take long is not read."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plixa.actors.whatsapp.gateway import Ignored, MessageSeen, NamesSeen, Seen, Unreadable
from plixa.http.whatsapp.evolution import bodies
from plixa.http.whatsapp.evolution.bodies import MOST_IN_ITEM, MOST_ITEMS, TooMuch, open_webhook
from plixa.http.whatsapp.evolution.payload import NotJson
from plixa.http.whatsapp.evolution.webhook import NAMES_AT_ONCE, decode, translate

NOW = datetime(2026, 5, 25, tzinfo=UTC)
FIXTURES = sorted((Path(__file__).parents[2] / "fixtures/evolution").glob("*.json"))


def seen(body: bytes | Any) -> list[Seen]:
    """What a body tells, bit by bit."""
    return list(open_webhook(body if isinstance(body, bytes) else json.dumps(body).encode()).seen(NOW))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_recorded_body_tells_the_same_in_pieces(path: Path) -> None:
    body = path.read_bytes()
    assert seen(body) == translate(decode(body), now=NOW)
    assert seen(b"\xef\xbb\xbf" + body) == translate(decode(body), now=NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"42",
        b"[1,2,3]",
        b"{}",
        b'{"event":"messages.upsert"}',
        b'{"event":"messages.upsert","data":null}',
        b'{"event":"messages.upsert","data":[]}',
        b'{"event":"call","event":["x"]}',
        b'{"event":"messages.upsert","data":{"pushName":"\xff"}}',
        b'{"event":"messages.upsert","data":"\\ud800"}',
        b'{"event":"presence.update\\u0000"}',
        b'{"event":"messages.upsert","data":1e999}',
        b'{"event":"messages.upsert","data":' + b"9" * 5_000 + b"}",
    ],
)
def test_an_odd_body_tells_the_same_in_pieces(body: bytes) -> None:
    assert seen(body) == translate(decode(body), now=NOW)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"event":"messages.upsert","data":{', b"[" * 100_000, b"\xff" * 9])
def test_what_is_no_json_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(NotJson):
        open_webhook(body)


def test_an_item_of_very_many_values_is_not_read_and_spoils_no_other() -> None:
    good = json.loads((FIXTURES[0].parent / "messages-upsert.text-conversation.json").read_bytes())["data"]
    first, second, third = seen({"event": "messages.upsert", "data": [good, [0] * (MOST_IN_ITEM + 2), good]})
    assert isinstance(first, MessageSeen)
    assert first == third
    assert isinstance(second, Unreadable)
    assert "50,000 values" in second.reason


@pytest.mark.parametrize("event", ["messages.upsert", "contacts.upsert", "call"])
def test_a_body_of_very_many_items_is_not_read(event: str) -> None:
    assert seen({"event": event, "data": [1] * MOST_ITEMS})
    with pytest.raises(TooMuch, match="items"):
        open_webhook(_json({"event": event, "data": [1] * (MOST_ITEMS + 1)}))
    slow = _json({"event": event, "is": "NaN", "data": [1] * (MOST_ITEMS + 1)}).replace(b'"NaN"', b"NaN")
    with pytest.raises(TooMuch, match="items"):
        open_webhook(slow)


def test_a_body_of_very_many_values_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_VALUES", 10)
    with pytest.raises(TooMuch, match="values"):
        open_webhook(_json({"event": "messages.upsert", "data": {"a": [1] * 20}}))


def test_no_item_is_decoded_before_the_last_one_was_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: Counter[str] = Counter()
    plain = bodies._decoded
    monkeypatch.setattr(bodies, "_decoded", lambda item: decoded.update(["item"]) or plain(item))
    told = open_webhook(_json({"event": "messages.upsert", "data": [1] * 10})).seen(NOW)
    for n in range(1, 4):
        next(told)
        assert decoded["item"] == n


def test_contacts_come_some_at_a_time() -> None:
    contacts = [{"remoteJid": f"5511{n:09}@s.whatsapp.net", "pushName": f"B{n}"} for n in range(2 * NAMES_AT_ONCE + 1)]
    told = seen({"event": "contacts.upsert", "data": contacts})
    assert [len(each.peers) for each in told if isinstance(each, NamesSeen)] == [NAMES_AT_ONCE, NAMES_AT_ONCE, 1]
    assert seen({"event": "contacts.upsert", "data": [1] * 500}) == [Ignored("contacts")]


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
