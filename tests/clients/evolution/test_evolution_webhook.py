"""The tricky bodies exactly, and every other body at least without an exception."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from plixa.actors.whatsapp.gateway import (
    ConnectionSeen,
    DeleteSeen,
    EditSeen,
    Ignored,
    LoggedOut,
    MessageSeen,
    NamesSeen,
    Peer,
    QrSeen,
    ReactionSeen,
    Seen,
    StatusSeen,
    Unreadable,
)
from plixa.http.whatsapp.evolution.webhook import decode, instance_of, translate

FIXTURES = Path(__file__).parents[2] / "fixtures" / "evolution"
NOW = datetime(2026, 1, 6, tzinfo=UTC)
OWN = "5511900000142@s.whatsapp.net"
ANA = "5511900004431@s.whatsapp.net"
ANA_LID = "118273645500731@lid"


def fixture(name: str) -> Any:
    return decode((FIXTURES / f"{name}.json").read_bytes())


def only(envelope: object) -> Seen:
    (seen,) = translate(envelope, now=NOW)
    return seen


def upsert(key: dict[str, Any], **fields: Any) -> dict[str, Any]:
    record = {"key": {"id": "K1", "fromMe": False, **key}, "message": {"conversation": "oi"}, **fields}
    return {"event": "messages.upsert", "instance": "i", "data": record, "sender": OWN}


def message(envelope: object) -> MessageSeen:
    seen = only(envelope)
    assert isinstance(seen, MessageSeen)
    return seen


# Who it is -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "peer"),
    [
        ({"remoteJid": ANA, "remoteJidAlt": ANA_LID}, Peer("5511900004431", "118273645500731", ANA)),
        ({"remoteJid": ANA_LID, "remoteJidAlt": ANA}, Peer("5511900004431", "118273645500731", ANA_LID)),
        ({"remoteJid": ANA, "remoteJidAlt": ANA}, Peer("5511900004431", None, ANA)),
        ({"remoteJid": ANA_LID}, Peer(None, "118273645500731", ANA_LID)),
        ({"remoteJid": ANA_LID, "senderPn": ANA}, Peer("5511900004431", "118273645500731", ANA_LID)),
        ({"remoteJid": ANA, "previousRemoteJid": ANA_LID}, Peer("5511900004431", "118273645500731", ANA)),
        ({"remoteJid": ANA, "senderLid": ANA_LID}, Peer("5511900004431", "118273645500731", ANA)),
        (
            {"remoteJid": ANA, "participantAlt": ANA_LID, "participant": ""},
            Peer("5511900004431", "118273645500731", ANA),
        ),
        ({"remoteJid": "5511900004431:75@s.whatsapp.net"}, Peer("5511900004431", None, ANA)),
        ({"remoteJid": "118273645500731:12@lid"}, Peer(None, "118273645500731", ANA_LID)),
        ({"remoteJid": "5511900004431@c.us"}, Peer("5511900004431", None, ANA)),
        ({"remoteJid": "551190004431@s.whatsapp.net"}, Peer("5511990004431", None, "551190004431@s.whatsapp.net")),
    ],
)
def test_the_peer_is_collected_from_whichever_fields_hold_it(key: dict[str, Any], peer: Peer) -> None:
    assert message(upsert(key)).peer == peer


@pytest.mark.parametrize(
    ("key", "peer"),
    [
        ({"remoteJid": ANA_LID, "remoteJidAlt": OWN}, Peer(None, "118273645500731", ANA_LID)),
        ({"remoteJid": ANA, "senderPn": OWN, "senderLid": "99887766554433@lid"}, Peer("5511900004431", None, ANA)),
        ({"remoteJid": ANA, "participant": OWN, "participantAlt": "9988@lid"}, Peer("5511900004431", None, ANA)),
        ({"remoteJid": OWN, "remoteJidAlt": ANA_LID}, Peer(None, "118273645500731", ANA_LID)),
    ],
)
def test_on_our_own_messages_our_own_addresses_are_not_the_peer(key: dict[str, Any], peer: Peer) -> None:
    seen = message(upsert({**key, "fromMe": True}, pushName="Acme Support"))
    assert (seen.peer, seen.via, seen.push_name) == (peer, "phone", None)


@pytest.mark.parametrize(
    ("jid", "reason"),
    [
        ("120363041234567890@g.us", "group"),
        ("status@broadcast", "status"),
        ("1767621637@broadcast", "broadcast"),
        ("120363041234567890@newsletter", "channel"),
        ("867051314767696@bot", "bot"),
        (OWN, "self"),
    ],
)
def test_what_is_no_direct_chat_is_ignored_with_its_reason(jid: str, reason: str) -> None:
    assert only(upsert({"remoteJid": jid})) == Ignored(reason)
    assert only(upsert({"remoteJid": jid, "fromMe": True})) == Ignored(reason)


@pytest.mark.parametrize("key", [{}, {"remoteJid": ""}, {"remoteJid": "ana"}, {"remoteJid": 5}, {"remoteJid": "x@lid"}])
def test_a_record_without_an_address_says_what_was_expected(key: dict[str, Any]) -> None:
    seen = only(upsert(key))
    assert isinstance(seen, Unreadable)
    assert "expected" in seen.reason


def test_a_bare_number_is_not_a_name() -> None:
    assert message(upsert({"remoteJid": ANA}, pushName="5511900004431")).push_name is None
    assert message(upsert({"remoteJid": ANA}, pushName=" Ana ")).push_name == "Ana"


def test_the_quote_is_found_also_where_the_record_s_own_context_is_device_metadata() -> None:
    reply = {"imageMessage": {"contextInfo": {"stanzaId": "Q1"}}}
    metadata = {"deviceListMetadataVersion": 2}
    assert message(upsert({"remoteJid": ANA}, message=reply, contextInfo=metadata)).quoted_key_id == "Q1"
    assert message(upsert({"remoteJid": ANA}, message=reply, contextInfo={"stanzaId": "Q0"})).quoted_key_id == "Q0"


# When ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        (1767621637, datetime(2026, 1, 5, 14, 0, 37, tzinfo=UTC)),
        ("1767621637", datetime(2026, 1, 5, 14, 0, 37, tzinfo=UTC)),
        ({"low": 1767621637, "high": 0, "unsigned": True}, datetime(2026, 1, 5, 14, 0, 37, tzinfo=UTC)),
        (1767621637000, datetime(2026, 1, 5, 14, 0, 37, tzinfo=UTC)),
        (NOW.timestamp() + 60, NOW + timedelta(minutes=1)),  # a clock a little ahead
        (NOW.timestamp() + 3600, NOW),
        (0, NOW),
        (-1767621637, NOW),
        (10**18, NOW),
        (float("inf"), NOW),
        (None, NOW),
        ("yesterday", NOW),
    ],
)
def test_a_time_is_its_own_unless_it_cannot_be(stamp: object, at: datetime) -> None:
    assert message(upsert({"remoteJid": ANA}, messageTimestamp=stamp)).sent_at == at


# Ticks, edits, deletions, reactions ----------------------------------------------------------------------------------


def update(**fields: Any) -> Seen:
    return only({"event": "messages.update", "data": {"keyId": "K1", "remoteJid": ANA, "fromMe": True, **fields}})


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        ({"status": "SERVER_ACK"}, StatusSeen("K1", "sent")),
        ({"status": "ERROR"}, StatusSeen("K1", "failed")),
        ({"status": 3}, StatusSeen("K1", "delivered")),
        ({"status": "READ", "remoteJid": "5573999990000:75@s.whatsapp.net"}, StatusSeen("K1", "read")),
        ({"status": "READ", "fromMe": False}, StatusSeen("K1", "read", read_on_phone=True)),
        ({"status": "SERVER_ACK", "fromMe": False}, Ignored("own_receipt")),  # filled in for a star or an edit
        ({"status": "SERVER_ACK", "pollUpdates": [{"name": "a"}]}, Ignored("poll")),
        ({"status": "SERVER_ACK", "message": {}, "pollUpdates": None}, StatusSeen("K1", "sent")),
        ({"status": "DELETED"}, Ignored("no_status")),
        ({"status": "PENDING"}, Ignored("no_status")),
        ({}, Ignored("no_status")),
        ({"status": True}, Ignored("no_status")),
        ({"status": "READ", "remoteJid": "1203@g.us"}, Ignored("group")),
    ],
)
def test_ticks(fields: dict[str, Any], seen: Seen) -> None:
    assert update(**fields) == seen


def test_the_edit_inside_an_update_is_an_edit_at_the_time_of_receipt() -> None:
    wrapped = {"editedMessage": {"message": {"ephemeralMessage": {"message": {"extendedTextMessage": {"text": "b"}}}}}}
    assert update(status="SERVER_ACK", fromMe=False, message=wrapped) == EditSeen("K1", "b", NOW)


def test_an_edit_still_in_its_protocol_message_is_read_too() -> None:
    protocol = {"protocolMessage": {"type": 14, "key": {"id": "K0"}, "editedMessage": {"conversation": "b"}}}
    assert update(message=protocol) == EditSeen("K1", "b", NOW)
    assert only(upsert({"remoteJid": ANA}, message=protocol)) == EditSeen("K0", "b", NOW)


def test_a_caption_that_was_taken_away_is_an_edit_to_nothing() -> None:
    assert update(message={"editedMessage": {"message": {"imageMessage": {}}}}) == EditSeen("K1", "", NOW)


@pytest.mark.parametrize(
    "kind", ["REVOKE", "APP_STATE_SYNC_KEY_SHARE", "HISTORY_SYNC_NOTIFICATION", 0, None, ["x"], {}]
)
def test_protocol_noise_is_not_an_edit(kind: object) -> None:
    data = {"type": kind, "key": {"id": "K1"}, "editedMessage": {"conversation": "x"}}
    assert only({"event": "messages.edited", "data": data}) == Ignored("protocol")


def test_a_deletion_of_a_row_names_the_message_and_not_the_row() -> None:
    assert only(fixture("messages-delete.via-api")) == DeleteSeen("3EB07F9BB2879CA172CD2F")


def test_reactions() -> None:
    assert only(fixture("messages-upsert.reaction-add")) == ReactionSeen(
        key_id="3EB0A1B2C3D4E5F60718C9",
        reaction_key_id="ACEB52AFB2458E06EEEDEE3500719B00",
        emoji="👍",
        from_me=False,
        at=datetime(2026, 1, 5, 14, 11, 43, tzinfo=UTC),
    )
    ours = only(fixture("send-message.reaction"))
    assert isinstance(ours, ReactionSeen)
    assert ours.from_me
    assert isinstance(only(upsert({"remoteJid": ANA}, message={"reactionMessage": {"text": "x"}})), Unreadable)


# The number, names, and the rest -------------------------------------------------------------------------------------


def test_the_number_opens_with_its_phone_and_name() -> None:
    assert only(fixture("connection-update.open")) == ConnectionSeen("open", 200, "5511900000142", "Acme Support")


def test_qr_codes() -> None:
    seen = only(fixture("qrcode-updated.qr"))
    assert isinstance(seen, QrSeen)
    assert seen.code is not None
    assert seen.code.startswith("2@")
    assert seen.image is not None
    assert seen.image.startswith("data:image/png;base64,")
    assert isinstance(only({"event": "qrcode.updated", "data": {"qrcode": {"count": 0}}}), Unreadable)
    assert isinstance(only({"event": "qrcode.updated", "data": {}}), Unreadable)


def test_logged_out_and_removed() -> None:
    assert only(fixture("logout-instance")) == LoggedOut()
    assert only(fixture("remove-instance")) == LoggedOut(removed=True)


def test_names_are_learnt_and_empty_ones_are_not() -> None:
    contacts = [
        {"remoteJid": ANA, "pushName": "Ana"},
        {"remoteJid": ANA, "pushName": ""},
        {"remoteJid": ANA, "remoteJidAlt": ANA_LID, "pushName": "5511900004431"},
        {"remoteJid": "1203@g.us", "pushName": "Entregas"},
        {"remoteJid": OWN, "pushName": "Acme"},
        "not a contact",
    ]
    assert only({"event": "contacts.update", "data": contacts, "sender": OWN}) == NamesSeen(
        ((Peer("5511900004431", None, ANA), "Ana"), (Peer("5511900004431", "118273645500731", ANA), None))
    )


def test_an_array_gives_one_answer_an_item_and_a_bad_item_hurts_only_itself() -> None:
    envelope = fixture("messages-set.history")
    envelope["data"][1] = {"key": 5}
    kinds = [type(seen) for seen in translate(envelope, now=NOW)]
    assert kinds == [MessageSeen, Unreadable, MessageSeen]
    assert only({"event": "messages.set", "data": []}) == Ignored("empty")


@pytest.mark.parametrize("envelope", [None, 5, "x", [], {}, {"event": None}, {"event": "messages.vanished"}])
def test_what_is_no_webhook_body_says_what_was_expected(envelope: object) -> None:
    seen = only(envelope)
    assert isinstance(seen, Unreadable)
    assert "expected" in seen.reason
    assert instance_of(envelope) is None


def test_text_leaves_without_nul_and_lone_surrogates() -> None:
    body = json.dumps(upsert({"remoteJid": ANA}, pushName="An\ud83da", message={"conversation": "a\0b\udc00 😀"}))
    seen = message(decode(body.encode()))
    assert (seen.content.body, seen.push_name) == ("ab 😀", "Ana")


# Nothing raises ------------------------------------------------------------------------------------------------------

_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()), max_size=9)
)
_ANY_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
_ENVELOPES = [decode(path.read_bytes()) for path in sorted(FIXTURES.glob("*.json"))]
_EVENTS = sorted({envelope["event"] for envelope in _ENVELOPES if isinstance(envelope, dict)})


def _storable(seen: list[Seen]) -> bool:
    """Encoding fails on a lone surrogate, and writes a NUL as an escape."""
    return bool(seen) and rb"\u0000" not in msgspec.json.encode(seen)


@given(st.sampled_from(_EVENTS) | _ANY_JSON, _ANY_JSON)
def test_any_data_under_any_event_is_answered(event: object, data: object) -> None:
    assert _storable(translate({"event": event, "data": data, "sender": data}, now=NOW))


def _paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, child in children for path in _paths(child, (*at, key)))]


_MUTABLE = [(envelope, path) for envelope in _ENVELOPES for path in _paths(envelope) if path]


@settings(max_examples=400)
@given(st.lists(st.tuples(st.integers(0, 2**30), _ANY_JSON), min_size=1, max_size=4), st.sampled_from(_MUTABLE))
def test_a_fixture_with_anything_anywhere_is_answered(
    changes: list[tuple[int, object]], start: tuple[Any, Any]
) -> None:
    """Some values of a fixture, wherever they are, become something else; the first one may be any of all."""
    envelope = copy.deepcopy(start[0])
    paths = [path for path in _paths(envelope) if path]
    for path, value in [(start[1], changes[0][1]), *((paths[at % len(paths)], value) for at, value in changes[1:])]:
        _put(envelope, path, value)
    assert _storable(translate(envelope, now=NOW))


def _put(target: Any, path: tuple[Any, ...], value: object) -> None:
    for key in path[:-1]:
        try:
            target = target[key]
        except (KeyError, IndexError, TypeError):
            return  # an earlier change has removed what was here
    if isinstance(target, dict) or (isinstance(target, list) and isinstance(path[-1], int) and path[-1] < len(target)):
        target[path[-1]] = value


@pytest.mark.parametrize("wrapper", ["ephemeralMessage", "protocolMessage", "editedMessage", "templateMessage"])
def test_nesting_without_end_is_answered(wrapper: str) -> None:
    nested: dict[str, Any] = {"conversation": "deep"}
    for _ in range(50_000):
        nested = {wrapper: {"message": nested, "editedMessage": nested, "type": 14, "key": {"id": "K0"}}}
    assert translate(upsert({"remoteJid": ANA}, message=nested), now=NOW)
    assert update(message={"editedMessage": nested})
    while nested:  # taken apart by hand: Python frees nested objects by recursion
        nested = nested.get(wrapper, {}).get("message", {})


def test_what_a_contact_sends_through_a_broadcast_list_is_theirs() -> None:
    seen = message(upsert({"remoteJid": "1767621637@broadcast", "participant": "5511987650001@s.whatsapp.net"}))
    assert seen.peer == Peer("5511987650001", None, "5511987650001@s.whatsapp.net")


def test_our_own_broadcast_list_is_not_for_us() -> None:
    key = {"remoteJid": "1767621637@broadcast", "participant": "5511987650001@s.whatsapp.net", "fromMe": True}
    assert only(upsert(key)) == Ignored("broadcast")


@pytest.mark.parametrize(
    "name",
    [
        "pinInChatMessage",
        "keepInChatMessage",
        "encReactionMessage",
        "encCommentMessage",
        "encEventResponseMessage",
        "secretEncryptedMessage",
        "call",
        "pollUpdateMessage",
        "requestPhoneNumberMessage",
        "albumMessage",
    ],
)
def test_what_is_done_in_a_chat_is_not_said_in_it(name: str) -> None:
    body = upsert({"remoteJid": "5511987650001@s.whatsapp.net"}, message={name: {"key": {"id": "A"}}})
    assert message(body).content.aside


def test_a_vote_of_theirs_is_an_answer_and_one_of_ours_is_none() -> None:
    said = {"pollUpdateMessage": {"vote": {"selectedOptions": ["Sim"]}}}
    chat = "5511987650001@s.whatsapp.net"
    assert not message(upsert({"remoteJid": chat}, message=said)).content.aside
    assert message(upsert({"remoteJid": chat, "fromMe": True}, message=said)).content.aside


@pytest.mark.parametrize("name", ["placeholderMessage", "somethingNewMessage"])
def test_what_cannot_be_read_was_said_all_the_same(name: str) -> None:
    assert not message(upsert({"remoteJid": "5511987650001@s.whatsapp.net"}, message={name: {"a": 1}})).content.aside


def _edit_at(when: object) -> Seen:
    data = {"keyId": "K", "remoteJid": "5511987650001@s.whatsapp.net", "fromMe": False, "status": "SERVER_ACK"}
    edited = {"message": {"editedMessage": {"message": {"conversation": "v2"}}}}
    return only({"event": "messages.update", "data": data | edited, "date_time": when})


def test_an_edit_without_a_time_of_its_own_has_the_envelope_s() -> None:
    at = NOW - timedelta(minutes=3)
    seen = _edit_at(at.isoformat().replace("+00:00", "Z"))
    assert isinstance(seen, EditSeen)
    assert seen.edited_at == at


@pytest.mark.parametrize(
    "when", [None, 7, "", "never", "2026-05-25", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"]
)
def test_a_time_that_cannot_be_is_now(when: object) -> None:
    seen = _edit_at(when)
    assert isinstance(seen, EditSeen)
    assert seen.edited_at == NOW
