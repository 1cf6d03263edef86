"""What each unwelcome answer allows the caller to do: the whole table of the contract's error bodies."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from plixa.engine.errors import GatewayUnavailable
from plixa.http.clients.evolution.answers import failure, said
from plixa.http.clients.evolution.errors import (
    GatewayDown,
    GatewayError,
    GatewayNotFound,
    GatewayRefused,
    GatewayUnauthorized,
    GatewayUncertain,
    NameTaken,
    NotOnWhatsApp,
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
