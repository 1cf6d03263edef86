"""What the genuine program (2.3.7) posted and stored, line by line: all of it is understood for what it is.

`bodies-2.3.7.jsonl` are webhook bodies, `store-rows-2.3.7.jsonl` rows of findMessages; invented persons all of them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from test_evolution_fixtures import summary

from plixa.actors.whatsapp.gateway import MessageSeen, Unreadable
from plixa.http.whatsapp.evolution.payload import Json, decode, mapping
from plixa.http.whatsapp.evolution.records import Origin, record_seen
from plixa.http.whatsapp.evolution.webhook import translate

GENUINE = Path(__file__).parents[2] / "fixtures" / "evolution" / "genuine"
NOW = datetime(2026, 12, 1, tzinfo=UTC)


def lines(name: str) -> list[Json]:
    """The values of a file, one a line."""
    return [mapping(decode(line)) for line in (GENUINE / name).read_bytes().splitlines()]


BODIES, ROWS = lines("bodies-2.3.7.jsonl"), lines("store-rows-2.3.7.jsonl")
EXPECTED_OF_BODIES: list[tuple[object, ...]] = [
    ("connection", "connecting", 200),
    ("qr", None, False),
    ("connection", "close", 401),
    ("logged_out", True),
    ("message", "AC000000000000000000000051000002", "text", "contact", "Sim, esse https://example.com/p?x=1"),
    ("message", "AC000000000000000000000051000003", "image", "contact", "foto 😕"),
    ("connection", "open", 200),
    ("message", "AC000000000000000000000051000005", "document", "contact", None),
    ("message", "AC000000000000000000000051000008", "location", "contact", "Location: Loja, Av. Paulista, 1578"),
    ("message", "AC000000000000000000000051000009", "location", "contact", "Live location: indo"),
    (
        "message",
        "AC00000000000000000000005100000B",
        "contact",
        "contact",
        "Contacts: A (+5511900007701); B (+5511900007702)",
    ),
    ("reaction", "AC00000000000000000000005100000C", "👍"),
    ("delete", "AC000000000000000000000051000010"),
    ("message", "AC000000000000000000000051000012", "text", "contact", "Poll: Qual dia?\n- Segunda\n- Sexta"),
    ("message", "AC000000000000000000000051000014", "text", "contact", "Sim"),
    ("message", "AC000000000000000000000051000015", "text", "contact", "Parar"),
    ("message", "AC000000000000000000000051000017", "text", "contact", "Segunda via"),
    ("message", "AC000000000000000000000051000018", "text", "contact", "vim por LID"),
    ("message", "AC00000000000000000000005100001F", "image", "contact", "uma vez"),
    (
        "message",
        "AC000000000000000000000051000021",
        "unsupported",
        "contact",
        "A message that WhatsApp shows on the main phone only. Open WhatsApp on the phone to see it.",
    ),
    ("message", "AC000000000000000000000051000026", "text", "phone", "pelo celular via LID"),
    ("message", "AC00000000000000000000005100002B", "unsupported", "contact", "Album: 2 pictures"),
    ("message", "AC00000000000000000000005100002D", "text", "contact", "Event: Visita, 2026-01-06 11:46 UTC, Loja"),
    (
        "message",
        "AC00000000000000000000005100002E",
        "unsupported",
        "contact",
        "An encrypted change to an earlier message. Open WhatsApp on the phone to see it.",
    ),
    (
        "message",
        "AC000000000000000000000051000031",
        "unsupported",
        "contact",
        "A message was pinned or unpinned. Open WhatsApp on the phone to see it.",
    ),
    ("message", "AC000000000000000000000051000032", "text", "contact", "Order: Carrinho, 3 items, BRL 12.50"),
    ("message", "AC000000000000000000000051000034", "text", "contact", "comentário"),
    ("message", "3EB0175B906802902DA58B", "text", "api", "Temos sim! https://example.com/loja"),
    ("message", "3EB00539F1C98D2246EC34", "image", "api", "veja"),
    ("message", "3EB08C3BBE696389835440", "document", "api", None),
    ("status", "3EB06BBEBCC63B77B69D0F", "sent"),
    ("status", "3EB08C3BBE696389835440", "read"),
    ("status", "3EB0175B906802902DA58B", "played"),
    ("ignored", "no_id"),
    ("message", "3EB0B88678D13C8C440E15", "text", "api", "Só título\nrodapé\n- A\n- B"),
    ("message", "3EB03C3F9235D5C2B7366E", "video", "api", "leg"),
    ("connection", "refused", 428),
    ("reaction", "AC0000000000000000000000527F8F4E", "🙏"),
]
EXPECTED_OF_ROWS: list[tuple[object, ...]] = [
    ("message", "AC0000000000000000000000527F908C", "image", "contact", "nova"),
    ("message", "AC0000000000000000000000527F8F63", "text", "contact", "lid v2"),
    ("message", "AC0000000000000000000000527F8F59", "text", "contact", "embrulhada v2"),
    ("message", "AC0000000000000000000000527F8F54", "image", "contact", "legenda v2"),
    ("delete", "AC0000000000000000000000527F8F44"),
    ("message", "3EB00AC4A33754513EDF00", "text", "phone", "depois do desconhecido"),
    ("message", "AC0000000000000000000000527F7E5D", "sticker", "contact", None),
    ("message", "AC0000000000000000000000527F7E61", "sticker", "contact", None),
    ("message", "AC0000000000000000000000527F7E55", "document", "contact", "leg"),
    ("message", "AC0000000000000000000000527F7E52", "image", "contact", None),
    ("message", "AC0000000000000000000000527F7E4A", "image", "contact", "ver uma vez"),
    ("message", "AC0000000000000000000000527F7E4E", "image", "contact", None),
    ("message", "3EB03C3F9235D5C2B7366E", "video", "phone", "leg"),
    ("message", "3EB0B88678D13C8C440E15", "text", "phone", "Só título\nrodapé\n- A\n- B"),
    ("message", "3EB049083D66A4D4E9BE2C", "text", "phone", "*Só título*\nrodapé\n- A\n- B"),
    ("message", "3EB06BBEBCC63B77B69D0F", "audio", "phone", None),
    ("message", "3EB00539F1C98D2246EC34", "image", "phone", "veja"),
    ("message", "3EB0175B906802902DA58B", "text", "phone", "Temos sim! https://example.com/loja"),
    ("message", "AC000000000000000000000051000033", "text", "contact", "Product: Tênis, BRL 199.90"),
    (
        "message",
        "AC000000000000000000000051000031",
        "unsupported",
        "contact",
        "A message was pinned or unpinned. Open WhatsApp on the phone to see it.",
    ),
    ("message", "AC00000000000000000000005100002D", "text", "contact", "Event: Visita, 2026-01-06 11:46 UTC, Loja"),
    (
        "message",
        "AC00000000000000000000005100002E",
        "unsupported",
        "contact",
        "An encrypted change to an earlier message. Open WhatsApp on the phone to see it.",
    ),
    (
        "message",
        "AC000000000000000000000051000021",
        "unsupported",
        "contact",
        "A message that WhatsApp shows on the main phone only. Open WhatsApp on the phone to see it.",
    ),
    ("message", "AC000000000000000000000051000017", "text", "contact", "Segunda via"),
    ("message", "AC000000000000000000000051000012", "text", "contact", "Poll: Qual dia?\n- Segunda\n- Sexta"),
    (
        "message",
        "AC000000000000000000000051000013",
        "unsupported",
        "contact",
        "A poll vote that was withdrawn or could not be read.",
    ),
    ("message", "AC000000000000000000000051000015", "text", "contact", "Parar"),
    (
        "message",
        "AC00000000000000000000005100000B",
        "contact",
        "contact",
        "Contacts: A (+5511900007701); B (+5511900007702)",
    ),
    ("message", "AC00000000000000000000005100000A", "contact", "contact", "Contact: Oficina do Zé (+5511900007788)"),
    ("message", "AC000000000000000000000051000008", "location", "contact", "Location: Loja, Av. Paulista, 1578"),
]


@pytest.mark.parametrize(("body", "expected"), list(zip(BODIES, EXPECTED_OF_BODIES, strict=True)))
def test_a_genuine_body_is_understood(body: Json, expected: tuple[object, ...]) -> None:
    assert [summary(seen) for seen in translate(body, now=NOW)] == [expected]


@pytest.mark.parametrize(("row", "expected"), list(zip(ROWS, EXPECTED_OF_ROWS, strict=True)))
def test_a_genuine_row_of_the_store_is_understood(row: Json, expected: tuple[object, ...]) -> None:
    assert summary(record_seen(row, Origin(None, NOW))) == expected


def test_nothing_genuine_is_unreadable_and_every_file_and_time_is_there() -> None:
    seen = [each for body in BODIES for each in translate(body, now=NOW)]
    seen += [record_seen(row, Origin(None, NOW)) for row in ROWS]
    assert [each for each in seen if isinstance(each, Unreadable)] == []
    messages = [each for each in seen if isinstance(each, MessageSeen)]
    assert all(each.content.body or each.content.media for each in messages)
    assert all(each.sent_at < NOW for each in messages)
    thumbnails = [each.content.media.thumbnail for each in messages if each.content.media is not None]
    assert any(thumbnails)  # bytes are index maps in a body, base64 in the store


def test_the_store_s_bytes_are_read_as_the_webhook_s_are() -> None:
    """The same picture, posted and stored."""
    posted = {row["key"]["id"]: row for row in (body["data"] for body in BODIES if body["event"] == "send.message")}
    both = [(posted[row["key"]["id"]], row) for row in ROWS if row["key"]["id"] in posted]
    assert len(both) >= 4
    for body, row in both:
        first, second = (record_seen(each, Origin(None, NOW, api=True)) for each in (body, row))
        assert first == second
