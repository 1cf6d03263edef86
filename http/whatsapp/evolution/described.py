"""Messages that are neither plain text nor a file, put into words: picks, polls, offers, orders, places, invitations.

Each function takes the gateway's name of the content and its fields, and gives a `Content`. Invariant: the body is
never empty; a message whose words are missing becomes `unsupported`, which still tells the agent that it came.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice, zip_longest

from plixa.actors.whatsapp.gateway import Content, MessageKind, shown_start
from plixa.http.whatsapp.evolution.payload import (
    BODY,
    Json,
    NotJson,
    as_int,
    as_number,
    decode,
    mapping,
    sequence,
    text,
    url,
    whole,
)

_MAX_OPTIONS = 100
_MAX_PARAMS = 16_384  # characters of a form's answers that are kept
_LAST_EVENT = 4_102_444_800  # the year 2100: an event after it is a broken number
_ON_THE_PHONE = "Open WhatsApp on the phone to see it."


def unsupported(raw_type: str, what: str | None = None) -> Content:
    """A message that cannot be shown, with a line that says so and what it is."""
    line = what or f"This kind of message is not supported here ({raw_type})."
    return Content(MessageKind.UNSUPPORTED, f"{line} {_ON_THE_PHONE}", raw_type)


def said(raw_type: str, body: str | None, *, choice: str | None = None, extra: Json | None = None) -> Content:
    """A message in words; without any, `unsupported`."""
    if body is None:
        return unsupported(raw_type)
    return Content(MessageKind.TEXT, body, raw_type, choice=choice, extra=dict(extra) if extra else None)


def lines(*parts: str | None) -> str | None:
    """The parts that are there, one a line; None when there is none."""
    return "\n".join(part for part in parts if part) or None


def labelled(label: str, *parts: str | None) -> str:
    """ "Order: 3 items, BRL 12.50", or just "Order" when nothing more is known."""
    return f"{label}: {', '.join(there)}" if (there := [part for part in parts if part]) else label


# Picks -----------------------------------------------------------------------------------------------------------


def list_reply(raw_type: str, value: Json) -> Content:
    """A row of a list. The body is the row's title alone, as it stood on the screen."""
    row = whole(mapping(value.get("singleSelectReply")).get("selectedRowId"))
    description = text(value.get("description"))
    body = text(value.get("title")) or description or row
    return said(raw_type, body, choice=row, extra={"description": description} if description else None)


def button_reply(raw_type: str, value: Json) -> Content:
    """A quick-reply button, of a buttons message or of a template."""
    choice = whole(value.get("selectedButtonId")) or whole(value.get("selectedId"))
    return said(raw_type, text(value.get("selectedDisplayText")) or choice, choice=choice)


def interactive_reply(raw_type: str, value: Json) -> Content:
    """A native-flow answer: a quick reply, or a form ("flow") whose answers are kept as JSON text in `extra`."""
    flow = mapping(value.get("nativeFlowResponseMessage"))
    params_json = whole(flow.get("paramsJson"), _MAX_PARAMS)
    params = _parsed(params_json)
    choice = whole(params.get("id"))
    body = text(mapping(value.get("body")).get("text"), BODY) or text(params.get("display_text")) or choice
    extra: dict[str, object] = {}
    if name := text(flow.get("name")):
        extra["flow"] = name
    if params_json:
        extra["params"] = params_json
    return said(raw_type, body or ("Form answered" if extra else None), choice=choice, extra=extra)


def _parsed(params: str | None) -> Json:
    if params is None:
        return {}
    try:
        return mapping(decode(params.encode()))
    except NotJson:
        return {}


# Polls -----------------------------------------------------------------------------------------------------------


def poll(raw_type: str, value: Json) -> Content:
    """A question with its options, one a line."""
    question = text(value.get("name"))
    options = _texts(mapping(item).get("optionName") for item in sequence(value.get("options")))
    body = lines(labelled("Poll", question), *(f"- {option}" for option in options))
    return said(raw_type, body, extra={"question": question, "options": options})


def vote(raw_type: str, value: Json, poll_updates: object) -> Content:
    """What was voted for. A vote that is withdrawn and one that the gateway could not decrypt look alike."""
    chosen = _texts(sequence(mapping(value.get("vote")).get("selectedOptions"))) or _voted(poll_updates)
    if not chosen:
        return Content(MessageKind.UNSUPPORTED, "A poll vote that was withdrawn or could not be read.", raw_type)
    return said(raw_type, labelled("Vote", *chosen), choice=chosen[0], extra={"options": chosen})


def _voted(poll_updates: object) -> list[str]:
    updates = (mapping(item) for item in sequence(poll_updates))
    return _texts(update.get("name") for update in updates if sequence(update.get("voters")))


def _texts(values: Iterable[object]) -> list[str]:
    found = (clean for value in values if (clean := text(value)))
    return list(islice(found, _MAX_OPTIONS))


# Offers: what a business sends ---------------------------------------------------------------------------------------


def list_offer(raw_type: str, value: Json) -> Content:
    """A list to choose from."""
    rows = [
        mapping(row)
        for section in sequence(value.get("sections"))[:_MAX_OPTIONS]
        for row in sequence(mapping(section).get("rows"))[:_MAX_OPTIONS]
    ]
    parts = [value.get("title"), value.get("description"), value.get("footerText")]
    return _offer(raw_type, parts, [row.get("title") for row in rows], [row.get("rowId") for row in rows])


def buttons_offer(raw_type: str, value: Json) -> Content:
    """A text with quick-reply buttons."""
    buttons = [mapping(item) for item in sequence(value.get("buttons"))[:_MAX_OPTIONS]]
    labels = [mapping(button.get("buttonText")).get("displayText") for button in buttons]
    parts = [value.get("text"), value.get("contentText"), value.get("footerText")]
    return _offer(raw_type, parts, labels, [button.get("buttonId") for button in buttons])


def template(raw_type: str, value: Json) -> Content:
    """A business template, in any of its three forms."""
    nested = mapping(value.get("interactiveMessageTemplate"))
    if nested:
        return interactive_offer(raw_type, nested)
    filled = mapping(value.get("hydratedTemplate")) or mapping(value.get("hydratedFourRowTemplate"))
    parts = [filled.get(field) for field in ("hydratedTitleText", "hydratedContentText", "hydratedFooterText")]
    buttons = [_button(item) for item in sequence(filled.get("hydratedButtons"))[:_MAX_OPTIONS]]
    return _offer(raw_type, parts, [label for label, _ in buttons], leads=[lead for _, lead in buttons])


def structured(raw_type: str, value: Json) -> Content:
    """The oldest form of a template, which carries the filled-in one."""
    return template(raw_type, mapping(value.get("hydratedHsm")))


def interactive_offer(raw_type: str, value: Json) -> Content:
    """Header, text and footer with native-flow buttons, whose labels are JSON inside JSON."""
    header = mapping(value.get("header"))
    parts = [header.get("title"), header.get("subtitle")]
    parts += [mapping(value.get(field)).get("text") for field in ("body", "footer")]
    buttons = sequence(mapping(value.get("nativeFlowMessage")).get("buttons"))[:_MAX_OPTIONS]
    params = [_parsed(whole(mapping(button).get("buttonParamsJson"), _MAX_PARAMS)) for button in buttons]
    labels, ids = [each.get("display_text") for each in params], [each.get("id") for each in params]
    return _offer(raw_type, parts, labels, ids, [_lead(each, "url", "phone_number", "copy_code") for each in params])


def _button(item: object) -> tuple[object, str | None]:
    """The label of a template's button, and where it leads."""
    fields = mapping(item)
    there = (mapping(fields.get(field)) for field in ("quickReplyButton", "urlButton", "callButton"))
    button = next((each for each in there if each), mapping(None))
    return button.get("displayText"), _lead(button, "url", "phoneNumber")


def _lead(button: Json, *fields: str) -> str | None:
    """The address, number or code behind a button."""
    return next((found for field in fields if (found := url(button.get(field)))), None)


def _offer(
    raw_type: str,
    parts: Iterable[object],
    options: Iterable[object],
    option_ids: Iterable[object] = (),
    leads: Iterable[str | None] = (),
) -> Content:
    options = list(options)
    labels, ids = _texts(options), _texts(option_ids)
    shown = [(text(option), lead) for option, lead in zip_longest(options, leads)]
    buttons = (f"- {': '.join(filter(None, button))}" for button in shown[:_MAX_OPTIONS] if any(button))
    body = lines(*(text(part, BODY) for part in parts), *buttons)
    extra = {"options": labels, **({"option_ids": ids} if ids else {})}
    return said(raw_type, body, extra=extra if labels else None)


# Trade ---------------------------------------------------------------------------------------------------------------


def product(raw_type: str, value: Json) -> Content:
    """A catalogue product."""
    fields = mapping(value.get("product"))
    title, words = text(fields.get("title")), text(fields.get("description"), BODY) or text(value.get("body"), BODY)
    first = labelled("Product", title, _price(fields, "priceAmount1000", "currencyCode"))
    return said(raw_type, lines(first, words, url(fields.get("url"))))


def order(raw_type: str, value: Json) -> Content:
    """A basket that the customer sent."""
    count = as_int(value.get("itemCount"))
    items = f"{count} {'item' if count == 1 else 'items'}" if count is not None else None
    price = _price(value, "totalAmount1000", "totalCurrencyCode")
    first = labelled("Order", text(value.get("orderTitle")), items, price)
    order_id = whole(value.get("orderId"))
    return said(
        raw_type, lines(first, text(value.get("message"), BODY)), extra={"order_id": order_id} if order_id else None
    )


def payment(raw_type: str, value: Json) -> Content:
    """A payment asked for, made, refused or called off: WhatsApp's name says which."""
    label = {
        "sendPaymentMessage": "Payment",
        "requestPaymentMessage": "Payment request",
        "declinePaymentRequestMessage": "Payment request declined",
        "cancelPaymentRequestMessage": "Payment request cancelled",
        "paymentInviteMessage": "Invitation to payments",
        "invoiceMessage": "Invoice",
    }.get(raw_type, "Payment")
    note = mapping(value.get("noteMessage"))
    words = text(note.get("conversation"), BODY) or text(mapping(note.get("extendedTextMessage")).get("text"), BODY)
    price = _price(value, "amount1000", "currencyCodeIso4217")
    return said(raw_type, labelled(label, price, words or text(value.get("note"), BODY)))


def _price(value: Json, amount: str, currency: str) -> str | None:
    """ "BRL 12.50" from thousandths of the currency's unit."""
    thousandths, code = as_int(value.get(amount)), text(value.get(currency))
    if thousandths is None or thousandths < 0 or code is None:
        return None
    return f"{code} {thousandths // 1000}.{thousandths % 1000 // 10:02d}"


# Places, events, invitations -----------------------------------------------------------------------------------------


def location(raw_type: str, value: Json) -> Content:
    """A place; a live one is where it started, since its movements never reach us."""
    live = raw_type == "liveLocationMessage" or value.get("isLive") is True
    latitude, longitude = as_number(value.get("degreesLatitude")), as_number(value.get("degreesLongitude"))
    named = [text(value.get(field)) for field in ("name", "address", "comment", "caption")]
    found = latitude is not None and longitude is not None
    where = named if any(named) or not found else [f"{latitude:.6f}", f"{longitude:.6f}"]
    extra: dict[str, object] = {"live": True} if live else {}
    if found:
        extra |= {"latitude": latitude, "longitude": longitude}
    extra |= {field: clean for field in ("name", "address") if (clean := text(value.get(field)))}
    extra |= {"url": link} if (link := url(value.get("url"))) else {}
    return Content(
        MessageKind.LOCATION, labelled("Live location" if live else "Location", *where), raw_type, extra=extra or None
    )


def event(raw_type: str, value: Json) -> Content:
    """A calendar event: its name, start in UTC (`in_zone` of the gateway's types makes it somebody's), place and words.

    extra: {"starts_at": ISO 8601}.
    """
    starts = as_int(value.get("startTime"))
    at = datetime.fromtimestamp(starts, UTC) if starts is not None and 0 < starts < _LAST_EVENT else None
    when = None if at is None else shown_start(at)
    where = text(mapping(value.get("location")).get("name"))
    called_off = "Event cancelled" if value.get("isCanceled") is True else "Event"
    first = labelled(called_off, text(value.get("name")), when, where)
    body = lines(first, text(value.get("description"), BODY), url(value.get("joinLink")))
    return said(raw_type, body, extra=None if at is None else {"starts_at": at.isoformat()})


def group_invite(raw_type: str, value: Json) -> Content:
    """An invitation to a group."""
    return said(
        raw_type, lines(labelled("Group invitation", text(value.get("groupName"))), text(value.get("caption"), BODY))
    )


def channel_invite(raw_type: str, value: Json) -> Content:
    """An invitation to follow or to run a channel."""
    first = labelled("Channel invitation", text(value.get("newsletterName")))
    return said(raw_type, lines(first, text(value.get("caption"), BODY)))


def call(raw_type: str, value: Json) -> Content:
    """A call that was planned, made or missed."""
    return said(raw_type, labelled("Call", text(value.get("title"))))


def album(raw_type: str, value: Json) -> Content:
    """The announcement of pictures and videos that follow as messages of their own."""
    counts = ((as_int(value.get(field)), word) for field, word in _ALBUM_COUNTS)
    parts = [f"{count} {word}" for count, word in counts if count]
    return Content(MessageKind.UNSUPPORTED, labelled("Album", *parts), raw_type)


_ALBUM_COUNTS = (("expectedImageCount", "pictures"), ("expectedVideoCount", "videos"))


def sticker_pack(raw_type: str, value: Json) -> Content:
    """A pack of stickers."""
    return Content(MessageKind.UNSUPPORTED, labelled("Sticker pack", text(value.get("name"))), raw_type)
