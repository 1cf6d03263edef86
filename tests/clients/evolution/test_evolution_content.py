"""Every kind of message becomes something that an agent can read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plixa.actors.whatsapp.gateway import Content, Media, MessageKind
from plixa.http.whatsapp.evolution.content import MAX_WRAPPERS, content_of, edited_text, innermost, with_referral


def wrapped(depth: int, message: dict[str, Any]) -> dict[str, Any]:
    for _ in range(depth):
        message = {"messageContextInfo": {}, "ephemeralMessage": {"message": message}}
    return message


CASES: list[tuple[str, object, MessageKind, str | None]] = [
    ("conversation", "oi", MessageKind.TEXT, "oi"),
    ("conversation", " ", MessageKind.UNSUPPORTED, "An empty message."),
    ("extendedTextMessage", {"text": "see https://x"}, MessageKind.TEXT, "see https://x"),
    ("imageMessage", {"caption": "look"}, MessageKind.IMAGE, "look"),
    ("ptvMessage", {}, MessageKind.VIDEO, None),
    ("documentMessage", {"caption": "the bill"}, MessageKind.DOCUMENT, "the bill"),
    (
        "locationMessage",
        {"degreesLatitude": -1.5, "degreesLongitude": 2},
        MessageKind.LOCATION,
        "Location: -1.500000, 2.000000",
    ),
    ("locationMessage", {}, MessageKind.LOCATION, "Location"),
    ("contactMessage", {"displayName": "Zé"}, MessageKind.CONTACT, "Contact: Zé"),
    ("contactsArrayMessage", {"displayName": "2 contacts", "contacts": 5}, MessageKind.CONTACT, "Contact: 2 contacts"),
    ("listResponseMessage", {"singleSelectReply": {"selectedRowId": "r"}}, MessageKind.TEXT, "r"),
    ("buttonsResponseMessage", {"selectedDisplayText": "Yes"}, MessageKind.TEXT, "Yes"),
    (
        "interactiveResponseMessage",
        {"nativeFlowResponseMessage": {"name": "nfm_reply"}},
        MessageKind.TEXT,
        "Form answered",
    ),
    ("pollCreationMessage", {"name": "Day?", "options": [{"optionName": "A"}]}, MessageKind.TEXT, "Poll: Day?\n- A"),
    (
        "pollUpdateMessage",
        {"vote": {"selectedOptions": []}},
        MessageKind.UNSUPPORTED,
        "A poll vote that was withdrawn or could not be read.",
    ),
    ("listMessage", {"title": "Menu", "sections": [{"rows": [{"title": "Soup"}]}]}, MessageKind.TEXT, "Menu\n- Soup"),
    (
        "buttonsMessage",
        {"contentText": "Go?", "buttons": [{"buttonText": {"displayText": "Yes"}}]},
        MessageKind.TEXT,
        "Go?\n- Yes",
    ),
    (
        "templateMessage",
        {
            "hydratedTemplate": {
                "hydratedContentText": "Hi",
                "hydratedButtons": [{"urlButton": {"displayText": "Open"}}],
            }
        },
        MessageKind.TEXT,
        "Hi\n- Open",
    ),
    ("templateMessage", {"interactiveMessageTemplate": {"body": {"text": "Hi"}}}, MessageKind.TEXT, "Hi"),
    (
        "highlyStructuredMessage",
        {"hydratedHsm": {"hydratedTemplate": {"hydratedContentText": "Hi"}}},
        MessageKind.TEXT,
        "Hi",
    ),
    (
        "interactiveMessage",
        {
            "header": {"title": "Shop"},
            "body": {"text": "Pick"},
            "nativeFlowMessage": {
                "buttons": [{"buttonParamsJson": '{"display_text":"One"}'}, {"buttonParamsJson": "{"}]
            },
        },
        MessageKind.TEXT,
        "Shop\nPick\n- One",
    ),
    (
        "productMessage",
        {"product": {"title": "Shoe", "currencyCode": "BRL", "priceAmount1000": {"low": 129900, "high": 0}}},
        MessageKind.TEXT,
        "Product: Shoe, BRL 129.90",
    ),
    (
        "orderMessage",
        {"itemCount": 3, "message": "by Friday", "totalAmount1000": "12500", "totalCurrencyCode": "BRL"},
        MessageKind.TEXT,
        "Order: 3 items, BRL 12.50\nby Friday",
    ),
    (
        "requestPaymentMessage",
        {"amount1000": 1000, "currencyCodeIso4217": "INR", "noteMessage": {"conversation": "rent"}},
        MessageKind.TEXT,
        "Payment request: INR 1.00, rent",
    ),
    ("cancelPaymentRequestMessage", {}, MessageKind.TEXT, "Payment request cancelled"),
    (
        "eventMessage",
        {"name": "Visit", "startTime": {"low": 1767621637, "high": 0}, "location": {"name": "Loja"}},
        MessageKind.TEXT,
        "Event: Visit, 2026-01-05 14:00 UTC, Loja",
    ),
    (
        "eventMessage",
        {"name": "Visit", "startTime": 10**15, "isCanceled": True},
        MessageKind.TEXT,
        "Event cancelled: Visit",
    ),
    ("groupInviteMessage", {"groupName": "Team", "caption": "join"}, MessageKind.TEXT, "Group invitation: Team\njoin"),
    ("newsletterAdminInviteMessage", {"newsletterName": "News"}, MessageKind.TEXT, "Channel invitation: News"),
    ("albumMessage", {"expectedImageCount": 3, "expectedVideoCount": 0}, MessageKind.UNSUPPORTED, "Album: 3 pictures"),
    ("stickerPackMessage", {"name": "Cats"}, MessageKind.UNSUPPORTED, "Sticker pack: Cats"),
]


@pytest.mark.parametrize(("name", "value", "kind", "body"), CASES)
def test_what_an_agent_reads(name: str, value: object, kind: MessageKind, body: str | None) -> None:
    content = content_of({name: value})
    assert (content.kind, content.body, content.raw_type) == (kind, body, name)
    assert (content.media is not None) == (kind in {MessageKind.IMAGE, MessageKind.VIDEO, MessageKind.DOCUMENT})


@pytest.mark.parametrize(
    "name", ["placeholderMessage", "secretEncryptedMessage", "unheardOfMessage", "pinInChatMessage"]
)
def test_what_cannot_be_shown_says_so_and_keeps_its_type(name: str) -> None:
    content = content_of({"messageContextInfo": {}, name: {"x": 1}})
    assert (content.kind, content.raw_type) == (MessageKind.UNSUPPORTED, name)
    assert content.body is not None
    assert "phone" in content.body


@pytest.mark.parametrize("name", sorted({case[0] for case in CASES}))
@pytest.mark.parametrize("value", [{}, [], "x", 5, {"contacts": [1]}, {"name": {}, "options": {}}])
def test_a_known_type_with_unknown_fields_still_reads(name: str, value: object) -> None:
    content = content_of({name: value})
    assert content.body or content.media


def test_wrappers_are_followed_also_those_not_heard_of_yet() -> None:
    assert (
        content_of(wrapped(3, {"lottieStickerMessage": {"message": {"stickerMessage": {}}}})).raw_type
        == "stickerMessage"
    )
    assert content_of({"tomorrowsMessage": {"message": {"conversation": "x"}}}).body == "x"
    assert content_of(wrapped(MAX_WRAPPERS - 1, {"conversation": "x"})).body == "x"
    assert content_of(wrapped(MAX_WRAPPERS, {"conversation": "x"})).kind is MessageKind.UNSUPPORTED


def test_an_order_with_words_is_not_a_wrapper() -> None:
    assert innermost({"orderMessage": {"message": "by Friday"}})[0] == "orderMessage"


@pytest.mark.parametrize("message", [{}, {"messageContextInfo": {}}, {"imageMessage": None, "base64": "AAAA"}])
def test_a_message_without_content_is_told_as_one(message: dict[str, Any]) -> None:
    assert (content_of(message).kind, content_of(message).raw_type) == (MessageKind.UNSUPPORTED, "unknown")


def test_a_voice_note_has_its_waveform_whatever_the_encoding() -> None:
    for waveform in ("ERk=", {"0": 17, "1": 25}, {"type": "Buffer", "data": [17, 25]}):
        content = content_of({"audioMessage": {"ptt": True, "seconds": 3, "fileLength": "9210", "waveform": waveform}})
        media = Media("audio/ogg", bytes=9210, duration_seconds=3, waveform=(17, 25), voice=True)
        assert content == Content(MessageKind.AUDIO, None, "audioMessage", media=media)


def test_a_thumbnail_is_kept_up_to_16_kib_of_base64() -> None:
    def thumbnail(size: int) -> str | None:
        media = content_of({"imageMessage": {"jpegThumbnail": dict.fromkeys(map(str, range(size)), 7)}}).media
        assert media is not None
        return media.thumbnail

    assert len(thumbnail(12 * 1024) or "") == 16 * 1024
    assert thumbnail(12 * 1024 + 1) is None


def test_broken_numbers_of_a_file_are_left_out() -> None:
    fields = {"mimetype": "", "fileLength": -1, "seconds": "soon", "waveform": "!", "jpegThumbnail": 5, "ptt": "yes"}
    assert content_of({"audioMessage": fields}).media == Media("audio/ogg")


def test_vcards_give_each_number_once_in_canonical_form() -> None:
    numbers = ("TEL;type=CELL;waid=551190004431:+55 11 9000-4431", "item1.TEL:+55 (11) 99000-4431")
    vcard = "\r\n".join(("BEGIN:VCARD", "FN:Zé", *numbers, "END:VCARD"))
    content = content_of({"contactMessage": {"vcard": vcard}})
    assert content.body == "Contact: Zé (+5511990004431)"
    assert content.extra == {"contacts": [{"name": "Zé", "phones": ["5511990004431"]}]}


def test_a_pick_keeps_the_id_of_what_was_picked() -> None:
    assert content_of({"templateButtonReplyMessage": {"selectedId": "opt_out"}}).choice == "opt_out"
    flow = {"nativeFlowResponseMessage": {"name": "quick_reply", "paramsJson": '{"id":"a","display_text":"Talk"}'}}
    content = content_of({"interactiveResponseMessage": flow})
    assert (content.body, content.choice) == ("Talk", "a")


def test_a_vote_that_only_the_gateways_count_names_is_read_from_it() -> None:
    votes = [{"name": "Monday", "voters": []}, {"name": "Friday", "voters": ["1@s.whatsapp.net"]}]
    content = content_of({"pollUpdateMessage": {"vote": {}}}, poll_updates=votes)
    assert (content.body, content.choice) == ("Vote: Friday", "Friday")


def test_edits_are_read_from_text_and_captions_only() -> None:
    assert edited_text({"extendedTextMessage": {"text": "new"}}) == "new"
    assert edited_text({"documentMessage": {"caption": "new"}}) == "new"
    assert edited_text({"locationMessage": {}}) is None
    assert edited_text({"conversation": ""}) is None
    assert edited_text({"protocolMessage": {"editedMessage": {"protocolMessage": {}}}}) is None


def test_a_link_preview_is_not_an_advertisement() -> None:
    content = Content(MessageKind.TEXT, "x", "conversation")
    assert with_referral(content, {"externalAdReply": {"title": "A page"}}) == content
    assert with_referral(content, {"externalAdReply": {"ctwaClid": "c"}}).extra == {"referral": {"ctwa_clid": "c"}}


# -- what people tap --------------------------------------------------------------------------------------------------

TELEPHONES = [
    ("TEL;TYPE=HOME:(11) 3333-4444", "(11) 3333-4444", []),
    ("TEL;TYPE=WhatsApp:011 98765-0001", "011 98765-0001", []),
    ("TEL;TYPE=CELL:+55 11 98765-0001", "+5511987650001", ["5511987650001"]),
    ("TEL:5511987650001", "5511987650001", []),
    ('TEL;VALUE=uri;TYPE="voice,home":tel:+1-555-555-5555;ext=5555', "+15555555555 ext. 5555", ["15555555555"]),
    ("TEL:+1 555 555 5555 x5555", "+15555555555 ext. 5555", ["15555555555"]),
    ("TEL:+1 555 555 5555,,123#", "+15555555555 ext. 123", ["15555555555"]),
    ("TEL:(11) 3333-4444 ramal 12", "(11) 3333-4444 ramal 12", []),
    ("TEL;waid=551187650001:(11) 8765-0001", "+5511987650001", ["5511987650001"]),
    ("TEL:none", None, []),
]


@pytest.mark.parametrize(("line", "shown", "phones"), TELEPHONES)
def test_a_number_without_a_country_is_shown_as_it_is_written(line: str, shown: str | None, phones: list[str]) -> None:
    content = content_of({"contactMessage": {"vcard": f"BEGIN:VCARD\nFN:Eletricista\n{line}\nEND:VCARD"}})
    assert content.body == (f"Contact: Eletricista ({shown})" if shown else "Contact: Eletricista")
    [card] = (content.extra or {})["contacts"]
    assert card["phones"] == phones


def _flow(**params: str) -> dict[str, str]:
    return {"name": "cta", "buttonParamsJson": json.dumps(params)}


def test_buttons_tell_where_they_lead() -> None:
    link = {"urlButton": {"displayText": "Ver fatura", "url": "https://x.example/f"}}
    call = {"callButton": {"displayText": "Ligar", "phoneNumber": "+551130000000"}}
    template = {"hydratedContentText": "Segue fatura", "hydratedButtons": [link, call, {"quickReplyButton": {}}]}
    content = content_of({"templateMessage": {"hydratedTemplate": template}})
    assert content.body == "Segue fatura\n- Ver fatura: https://x.example/f\n- Ligar: +551130000000"
    assert (content.extra or {})["options"] == ["Ver fatura", "Ligar"]
    buttons = [
        _flow(display_text="Abrir", url="https://x.example/p"),
        _flow(display_text="Ligar", phone_number="+551130000000"),
        _flow(display_text="Copiar", copy_code="PROMO10"),
        _flow(url="https://x.example/q"),
        _flow(display_text="Sim", id="yes"),
    ]
    offer = {"body": {"text": "Pedido confirmado"}, "nativeFlowMessage": {"buttons": buttons}}
    content = content_of({"interactiveMessage": offer})
    leads = "- Abrir: https://x.example/p\n- Ligar: +551130000000\n- Copiar: PROMO10\n- https://x.example/q\n- Sim"
    assert content.body == f"Pedido confirmado\n{leads}"
    assert (content.extra or {})["options"] == ["Abrir", "Ligar", "Copiar", "Sim"]


def test_a_product_and_an_event_keep_their_links() -> None:
    product = content_of({"productMessage": {"product": {"title": "Tênis", "url": "https://x.example/t"}}})
    assert product.body == "Product: Tênis\nhttps://x.example/t"
    event = content_of({"eventMessage": {"name": "Visita", "joinLink": "https://call.example/v"}})
    assert event.body == "Event: Visita\nhttps://call.example/v"
