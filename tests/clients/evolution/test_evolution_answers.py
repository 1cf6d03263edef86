"""What each unwelcome answer allows the caller to do: the whole table of the contract's error bodies."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from plixa.engine.errors import GatewayUnavailable
from plixa.http.whatsapp.evolution.answers import failure, said
from plixa.http.whatsapp.evolution.errors import (
    GatewayDown,
    GatewayError,
    GatewayNotFound,
    GatewayRefused,
    GatewayUnauthorized,
    GatewayUncertain,
    NameTaken,
    NotOnWhatsApp,
    PictureRefused,
)


def usual(message: object) -> object:
    return {"status": 400, "error": "Bad Request", "response": {"message": message}}


NO_ACCOUNT = [{"jid": "5511999@s.whatsapp.net", "exists": False, "number": "5511999"}]
LICENCE = {"error": "service not activated", "code": "LICENSE_REQUIRED", "message": "activate it"}

# status, body, what it is for a send, what it is for a request that may be repeated
ANSWERS: list[tuple[int, object, type[GatewayError], type[GatewayError]]] = [
    (400, usual([['instance requires property "text"']]), GatewayRefused, GatewayRefused),
    (400, usual(["Owned media must be a url or base64"]), GatewayRefused, GatewayRefused),
    (400, usual(NO_ACCOUNT), NotOnWhatsApp, NotOnWhatsApp),
    (400, usual(["Error: Connection Closed"]), GatewayDown, GatewayDown),
    (400, usual(["Error: Timed Out"]), GatewayUncertain, GatewayDown),
    (400, usual(["Timed Out"]), GatewayUncertain, GatewayDown),
    (400, usual(["[object Object]"]), GatewayUncertain, GatewayDown),
    (400, usual(["AggregateError"]), GatewayUncertain, GatewayDown),
    (400, usual(["PrismaClientKnownRequestError: \nInvalid `create()`"]), GatewayUncertain, GatewayDown),
    (400, usual(["TypeError: Cannot read properties of undefined (reading 'sendMessage')"]), GatewayDown, GatewayDown),
    (401, usual("Unauthorized"), GatewayUnauthorized, GatewayUnauthorized),
    (403, usual(['This name "x" is already in use.']), NameTaken, NameTaken),
    (403, "<html>Forbidden</html>", GatewayRefused, GatewayRefused),
    (404, usual(['The "x" instance does not exist']), GatewayNotFound, GatewayNotFound),
    (404, usual(["Cannot POST /message/sendTxt/x"]), GatewayRefused, GatewayRefused),
    (404, None, GatewayDown, GatewayDown),  # an ingress without a backend
    (404, {"status": "error", "code": 404, "message": "Application not found"}, GatewayDown, GatewayDown),  # so is this
    (413, usual("request entity too large"), GatewayRefused, GatewayRefused),
    (429, None, GatewayDown, GatewayDown),
    (301, None, GatewayDown, GatewayDown),
    (500, usual("Connection Closed"), GatewayDown, GatewayDown),
    (500, usual("Cannot read properties of undefined (reading 'textMessage')"), GatewayDown, GatewayDown),
    (500, usual("Cannot read properties of undefined (reading 'id')"), GatewayUncertain, GatewayDown),
    (500, None, GatewayUncertain, GatewayDown),
    (502, "<html>Bad Gateway</html>", GatewayUncertain, GatewayDown),
    (503, LICENCE, GatewayDown, GatewayDown),
    (504, None, GatewayUncertain, GatewayDown),
    (520, None, GatewayUncertain, GatewayDown),
    (521, None, GatewayDown, GatewayDown),
]


@pytest.mark.parametrize(("status", "body", "of_a_send", "of_a_look_up"), ANSWERS)
def test_what_an_answer_means(
    status: int, body: object, of_a_send: type[GatewayError], of_a_look_up: type[GatewayError]
) -> None:
    for once, expected in ((True, of_a_send), (False, of_a_look_up)):
        error = failure(status, body, once=once)
        assert type(error) is expected
        assert error.answered == status
        assert error.message.endswith(".")


UNREAD = "Cannot read properties of undefined (reading '{}')"
DOWN, REFUSED, UNCERTAIN = GatewayDown, GatewayRefused, GatewayUncertain
# What 2.3.7 answered when it ran: call, status, words, what that is, and whether it tells of more than this request.
GENUINE: list[tuple[str, int, object, type[GatewayError], bool]] = [
    ("sendText", 400, [['instance requires property "text"']], REFUSED, False),
    ("sendText", 500, UNREAD.format("onWhatsApp"), DOWN, True),
    ("sendText", 400, [f"TypeError: {UNREAD.format('sendMessage')}"], DOWN, True),
    ("sendText", 400, ["Error: Connection Closed"], DOWN, True),
    ("sendText", 500, "Connection Closed", DOWN, True),
    ("sendText", 400, ["Error: Timed Out"], UNCERTAIN, False),
    ("sendText", 400, NO_ACCOUNT, NotOnWhatsApp, False),
    ("sendText", 404, ['The "x" instance does not exist'], GatewayNotFound, True),
    ("sendText", 401, "Unauthorized", GatewayUnauthorized, True),
    ("sendText", 500, ["Error: who knows"], UNCERTAIN, False),
    ("sendMedia", 500, [f"TypeError: {UNREAD.format('waUploadToServer')}"], DOWN, True),
    ("sendMedia", 500, ["Error: Input buffer has corrupt header: pngload_buffer: …"], PictureRefused, False),
    ("sendMedia", 500, ["Error: Input buffer contains unsupported image format"], PictureRefused, False),
    ("sendMedia", 500, ["Error: heif: Error while loading plugin"], PictureRefused, False),
    ("sendMedia", 500, ["Error: Input image exceeds pixel limit"], PictureRefused, False),
    ("sendMedia", 500, ["Error: Media upload failed on all hosts"], DOWN, False),
    ("sendMedia", 500, ["Error: who knows"], DOWN, False),
    ("sendMedia", 500, "who knows", UNCERTAIN, False),
    ("sendMedia", 400, ["Error: Timed Out"], UNCERTAIN, False),
    ("sendMedia", 400, ["Owned media must be a url or base64"], REFUSED, False),
    ("markMessageAsRead", 500, ["Read messages fail", f"TypeError: {UNREAD.format('readMessages')}"], DOWN, True),
    ("sendPresence", 400, [f"TypeError: {UNREAD.format('presenceSubscribe')}"], DOWN, True),
    ("findMessages", 500, "\nInvalid `prisma.message.count()` invocation … out of range", DOWN, False),
    ("getBase64", 400, ["Error: Failed to fetch stream from https://mmg.whatsapp.net/x"], DOWN, False),
    ("getBase64", 400, ["Error: error:1C800064:Provider routines::bad decrypt"], DOWN, False),
    ("getBase64", 400, ["Error: Cannot derive from empty media key"], DOWN, False),
    ("getBase64", 400, ["The message is not of the media type"], REFUSED, False),
    ("getBase64", 400, ["Message not found"], REFUSED, False),
]


@pytest.mark.parametrize(("call", "status", "words", "expected", "away"), GENUINE)
def test_what_the_genuine_gateway_s_answers_mean(
    call: str, status: int, words: object, expected: type[GatewayError], away: bool
) -> None:
    error = failure(
        status, usual(words), once=call.startswith("sendT") or call == "sendMedia", prepares=call == "sendMedia"
    )
    assert (type(error), error.away) == (expected, away)


@pytest.mark.parametrize(
    ("status", "away"), [(400, False), (413, False), (429, True), (500, False), (502, True), (503, True), (504, True)]
)
def test_no_refusal_of_one_request_says_that_the_gateway_is_away(status: int, away: bool) -> None:
    assert [failure(status, None, once=once).away for once in (True, False)] == [away, away]


def test_every_class_is_the_api_s_gateway_error() -> None:
    assert failure(400, usual(NO_ACCOUNT), once=True).status == GatewayUnavailable.status == 502


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (usual([["a"], ["b"]]), ["a", "b"]),
        (usual("a"), ["a"]),
        ({"status": 500, "error": "e", "message": "m"}, ["m"]),
        ({"error": "e"}, ["e"]),
        ("page", ["page"]),
        ({}, []),
        (None, []),
        (usual(["x" * 1000]), ["x" * 300]),
        (usual(["a"] * 50), ["a"] * 10),
    ],
)
def test_words_are_found_however_they_are_nested(body: object, lines: list[str]) -> None:
    assert said(body) == lines


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["response", "message", "error", "x"]), inner),
)


@given(st.integers(300, 599), _ANY, st.booleans())
def test_any_answer_is_judged(status: int, body: object, once: bool) -> None:
    error = failure(status, body, once=once)
    assert once or not isinstance(error, GatewayUncertain)
