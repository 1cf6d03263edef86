"""Every recorded webhook body gives what it should: the whole set, one line each."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from plixa.actors.whatsapp.gateway import (
    ConnectionSeen,
    DeleteSeen,
    EditSeen,
    Ignored,
    LoggedOut,
    MessageSeen,
    NamesSeen,
    QrSeen,
    ReactionSeen,
    Seen,
    StatusSeen,
)
from plixa.http.whatsapp.evolution.webhook import decode, instance_of, translate

FIXTURES = Path(__file__).parents[2] / "fixtures" / "evolution"
NOW = datetime(2026, 1, 6, tzinfo=UTC)

EXPECTED: dict[str, list[tuple[object, ...]]] = {
    "call.offer": [("ignored", "call")],
    "call.terminate": [("ignored", "call")],
    "call.timeout": [("ignored", "call")],
    "chats-delete": [("ignored", "chats")],
    "chats-set": [("ignored", "chats")],
    "chats-update": [("ignored", "chats")],
    "chats-upsert.new-chat": [("ignored", "chats")],
    "chats-upsert.renamed": [("ignored", "chats")],
    "chats-upsert.unread-reset": [("ignored", "chats")],
    "connection-update.close-logged-out": [("connection", "close", 401)],
    "connection-update.connecting": [("connection", "connecting", 200)],
    "connection-update.open": [("connection", "open", 200)],
    "connection-update.refused": [("connection", "refused", 428)],
    "contacts-update.array": [("ignored", "contacts")],
    "contacts-update.single-from-me": [("ignored", "contacts")],
    "contacts-upsert.array": [("names", "Ana Cliente", "John Carver")],
    "contacts-upsert.single": [("names", "Иван Петров")],
    "error.http-error-webhook": [("ignored", "gateway_error")],
    "group-participants-update.add": [("ignored", "group")],
    "groups-upsert": [("ignored", "group")],
    "instance-create": [("ignored", "instance")],
    "instance-delete": [("logged_out", True)],
    "labels-association": [("ignored", "labels")],
    "labels-edit": [("ignored", "labels")],
    "logout-instance": [("logged_out", False)],
    "messages-delete.by-contact-2.3.6": [("delete", "AC8AFA16E2BA1D1FE326E2E665E513ED")],
    "messages-delete.by-contact-2.3.7": [("delete", "3AF4E3C9D91E27962E44")],
    "messages-delete.via-api": [("delete", "3EB07F9BB2879CA172CD2F")],
    "messages-edited.by-contact": [
        ("edit", "AC571E3647C4289DA6DA8090DD20EEBD", "Olá, bom dia! Vocês entregam no domingo?")
    ],
    "messages-edited.by-me": [("edit", "3A2784EF9DC8D105EA31", "Já estou verificando, dois minutos")],
    "messages-edited.image-caption": [("edit", "AC8DBB66A47ED230BFDC9DDF70E5590F", "Chegou assim, com a caixa aberta")],
    "messages-edited.revoke-noise": [("ignored", "protocol")],
    "messages-set.history": [
        ("message", "ACED051C2DE73EF0FF7903F8317376EA", "text", "contact", "Oi, ainda tem o produto?"),
        ("message", "3A4523B5672272BD9BED", "text", "phone", "Temos sim!"),
        ("message", "ACE0701CCF9D200E4371587E7BE5E814", "text", "contact", "Thanks, got the parcel"),
    ],
    "messages-update.delivery-ack": [("status", "3EB0D8AC0A3E57B560B06E", "delivered")],
    "messages-update.edit-2.3.7": [
        ("edit", "AC571E3647C4289DA6DA8090DD20EEBD", "Olá, bom dia! Vocês entregam no domingo?")
    ],
    "messages-update.error": [("status", "3EB0C23901370AD79F785E", "failed")],
    "messages-update.played": [("status", "3EB0C8ABA7E018B5319F4C", "played")],
    "messages-update.read-by-own-phone": [("status", "AC571E3647C4289DA6DA8090DD20EEBD", "read")],
    "messages-update.read-lid-jid": [("status", "3EB0F7F5B18CBF75B63669", "read")],
    "messages-update.read": [("status", "3EB0D8AC0A3E57B560B06E", "read")],
    "messages-update.server-ack": [("status", "3EB0D8AC0A3E57B560B06E", "sent")],
    "messages-upsert.audio-file": [("message", "AC1797EBD7E22C74E372B19EE1B22B9C", "audio", "contact", None)],
    "messages-upsert.audio-ptt": [("message", "AC2C1019F2D976EDAF8FD84667319DB6", "audio", "contact", None)],
    "messages-upsert.button-reply": [
        ("message", "AC6599AFAFCAA5ED9F5D237A60F43E43", "text", "contact", "Yes, confirm")
    ],
    "messages-upsert.contact": [
        ("message", "ACD9C54F7CE1D9939BDC1894F7324A5E", "contact", "contact", "Contact: Oficina do Zé (+5511900007788)")
    ],
    "messages-upsert.contacts-array": [
        (
            "message",
            "3A849ECDCD6FB79383FA",
            "contact",
            "contact",
            "Contacts: Front Desk (+12125550144); Night Shift (+12125550145)",
        )
    ],
    "messages-upsert.document-with-caption": [
        ("message", "AC41129A3D9D5D773B09A42A620378BE", "document", "contact", "Segue a planilha atualizada")
    ],
    "messages-upsert.document": [("message", "AC78C3116D769650178DC384D65F2693", "document", "contact", None)],
    "messages-upsert.from-me-phone-echo": [
        ("message", "3A2784EF9DC8D105EA31", "text", "phone", "Já estou verificando, um momento")
    ],
    "messages-upsert.from-me-web-no-pushname": [
        ("message", "3EB07AEBEF8551E3A31FC4", "text", "phone", "Respondido pelo WhatsApp Web")
    ],
    "messages-upsert.group-from-me": [("ignored", "group")],
    "messages-upsert.group-mention-reply": [("ignored", "group")],
    "messages-upsert.group-text": [("ignored", "group")],
    "messages-upsert.image-base64": [
        ("message", "AC62C2213659C90F7382093C61DC96C2", "image", "contact", "Chegou assim 😕")
    ],
    "messages-upsert.image-media-url": [
        ("message", "ACFA1B96DBE2F5C06CFE03AC324C5518", "image", "contact", "Chegou assim 😕")
    ],
    "messages-upsert.image": [("message", "AC8DBB66A47ED230BFDC9DDF70E5590F", "image", "contact", "Chegou assim 😕")],
    "messages-upsert.interactive-reply": [
        ("message", "AC2D2C00A5B29CBB1D9CAB80E9F93F4B", "text", "contact", "Falar com atendente")
    ],
    "messages-upsert.lid-2.3.1-senderpn": [("message", "ACE41C74F408EA2CDAD156E1BF48BC9C", "text", "contact", "Алло?")],
    "messages-upsert.lid-2.3.6": [
        ("message", "ACBC07E94512A4B5C430C07EFD920942", "text", "contact", "Здравствуйте! Заказ 5512 уже отправлен?")
    ],
    "messages-upsert.lid-2.3.7": [
        ("message", "AC6BBE08FEB960061540E42276A0D291", "text", "contact", "И ещё вопрос по доставке")
    ],
    "messages-upsert.lid-2.4.0": [
        ("message", "ACC8D0346CCAE5371CDE634B96594C39", "text", "contact", "Ответ на цитату")
    ],
    "messages-upsert.list-reply": [
        ("message", "AC23D18B6F34524F18964B20A11F988E", "text", "contact", "Segunda via do boleto")
    ],
    "messages-upsert.live-location": [
        ("message", "3AFEFDC8981B1DF2536F", "location", "contact", "Live location: on my way")
    ],
    "messages-upsert.location": [
        (
            "message",
            "AC727B3046BA0014605C413362601CD2",
            "location",
            "contact",
            "Location: Loja Paulista, Av. Paulista, 1578 - Bela Vista, São Paulo",
        )
    ],
    "messages-upsert.poll-created": [
        (
            "message",
            "3AFF98EF775DA3C2C8FB",
            "text",
            "contact",
            "Poll: Best day for the visit?\n- Monday\n- Wednesday\n- Friday",
        )
    ],
    "messages-upsert.poll-vote": [("message", "3A759C38A008A6AA9CFE", "text", "contact", "Vote: Wednesday")],
    "messages-upsert.reaction-add": [("reaction", "3EB0A1B2C3D4E5F60718C9", "👍")],
    "messages-upsert.reaction-remove": [("reaction", "3EB0A1B2C3D4E5F60718C9", "")],
    "messages-upsert.status-broadcast": [("ignored", "status")],
    "messages-upsert.sticker": [("message", "ACE57CC0651486B964CEF83A18F23115", "sticker", "contact", None)],
    "messages-upsert.template-button-reply": [("message", "3AB7B69B09A441F45C6E", "text", "contact", "Stop messages")],
    "messages-upsert.text-ad-referral": [
        ("message", "AC566B838077E9936E13076D991FD431", "text", "contact", "Hello! Can I get more info on this?")
    ],
    "messages-upsert.text-conversation": [
        ("message", "AC571E3647C4289DA6DA8090DD20EEBD", "text", "contact", "Olá, bom dia! Vocês entregam no sábado?")
    ],
    "messages-upsert.text-extended-quoted-media": [
        ("message", "3A96FE358FF610B50428", "text", "contact", "this one is broken")
    ],
    "messages-upsert.text-extended-quoted": [("message", "3AF4E3C9D91E27962E44", "text", "contact", "Sim, esse mesmo")],
    "messages-upsert.video-note-ptv": [("message", "3A53D4CBE6FB64A99C54", "video", "contact", None)],
    "messages-upsert.video": [("message", "3A3461A51F9AFF2D790E", "video", "contact", "noise when it starts")],
    "presence-update.composing": [("ignored", "presence")],
    "presence-update.group": [("ignored", "presence")],
    "presence-update.recording-lid": [("ignored", "presence")],
    "presence-update.unavailable-last-seen": [("ignored", "presence")],
    "qrcode-updated.limit-reached": [("qr", None, True)],
    "qrcode-updated.pairing-code": [("qr", "WZYEH1YY", False)],
    "qrcode-updated.qr": [("qr", None, False)],
    "remove-instance": [("logged_out", True)],
    "send-message-update.edit": [("edit", "3EB07F9BB2879CA172CD2F", "Olá Ana! Entregamos aos sábados até 14h.")],
    "send-message.audio-ptt": [("message", "3EB0C296127EF810A965E8", "audio", "api", None)],
    "send-message.image": [("message", "3EB0D5D62D2C253B4D62F6", "image", "api", "Etiqueta de devolução")],
    "send-message.reaction": [("reaction", "AC8DBB66A47ED230BFDC9DDF70E5590F", "🙏")],
    "send-message.text-quoted": [
        ("message", "3EB08C84C8A6B9B8D1C3F9", "text", "api", "Isso, modelo preto 42 disponível.")
    ],
    "send-message.text": [
        ("message", "3EB07F9BB2879CA172CD2F", "text", "api", "Olá Ana! Entregamos aos sábados até 13h.")
    ],
    "status-instance.closed": [("connection", "close", 401)],
}


def summary(seen: Seen) -> tuple[object, ...]:
    match seen:
        case MessageSeen(key_id=key_id, via=via, content=content):
            return "message", key_id, content.kind.value, via, content.body
        case StatusSeen(key_id=key_id, status=status):
            return "status", key_id, status
        case EditSeen(key_id=key_id, body=body):
            return "edit", key_id, body
        case DeleteSeen(key_id=key_id):
            return "delete", key_id
        case ReactionSeen(key_id=key_id, emoji=emoji):
            return "reaction", key_id, emoji
        case ConnectionSeen(state=state, reason=reason):
            return "connection", state, reason
        case QrSeen(pairing_code=code, limit_reached=limit):
            return "qr", code, limit
        case LoggedOut(removed=removed):
            return "logged_out", removed
        case NamesSeen(peers=peers):
            return ("names", *(name for _, name in peers))
        case Ignored(reason=reason):
            return "ignored", reason
        case _:
            return "unreadable", seen.reason


@pytest.mark.parametrize("name", sorted(path.stem for path in FIXTURES.glob("*.json")))
def test_every_fixture_gives_what_the_table_says(name: str) -> None:
    envelope = decode((FIXTURES / f"{name}.json").read_bytes())
    assert [summary(seen) for seen in translate(envelope, now=NOW)] == EXPECTED[name]


def test_the_table_and_the_set_are_complete() -> None:
    assert set(EXPECTED) == {path.stem for path in FIXTURES.glob("*.json")}
    assert len(EXPECTED) == 92


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_can_be_read_of_a_message(name: str) -> None:
    """A message has words or a file, never neither; its time is its own and not the time of receipt."""
    for seen in translate(decode((FIXTURES / f"{name}.json").read_bytes()), now=NOW):
        if isinstance(seen, MessageSeen):
            assert seen.content.body or seen.content.media
            assert seen.sent_at < NOW


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_instance_is_named_by_all_but_the_error_channel(name: str) -> None:
    envelope = decode((FIXTURES / f"{name}.json").read_bytes())
    assert instance_of(envelope) == (None if name.startswith("error.") else "acme-support-01")
