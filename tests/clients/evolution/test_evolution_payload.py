"""The readers take every encoding that the gateway's releases have used, and nothing makes them raise."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from plixa.http.whatsapp.evolution.payload import (
    NotJson,
    as_bytes,
    as_int,
    as_number,
    decode,
    mapping,
    scrub,
    sequence,
    text,
)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a":[1,"x",null]}', {"a": [1, "x", None]}),
        (rb'{"a":"\ud83d"}', {"a": "\ud83d"}),  # half an emoji, as a cut-off push name has it
        (rb'{"a":"\ud83d\ude00"}', {"a": "😀"}),
        (rb'{"a":"\u0000"}', {"a": "\0"}),
        (b"\xef\xbb\xbf{}", {}),
        (b'{"a":"\xff"}', {"a": "\ufffd"}),
        (b'{"a":1e999}', {"a": float("inf")}),
    ],
)
def test_decode_takes_what_javascript_sends(body: bytes, value: object) -> None:
    assert decode(body) == value


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"\xff\xfe", b'{"a":}', b"[" * 100_000, b'{"a":' * 100_000])
def test_decode_says_what_is_not_json(body: bytes) -> None:
    with pytest.raises(NotJson, match="The body is"):
        decode(body)


def test_an_integer_of_five_thousand_digits_is_no_trouble() -> None:
    decoded = decode(b'{"n":' + b"9" * 5_000 + b"}")
    assert as_int(mapping(decoded).get("n")) is None


@given(st.binary(max_size=200) | st.text().map(lambda value: json.dumps(value).encode()))
def test_decode_raises_nothing_but_not_json(body: bytes) -> None:
    with contextlib.suppress(NotJson):
        decode(body)


@given(st.text(st.characters(exclude_categories=())))
def test_scrubbed_text_can_be_stored(value: str) -> None:
    clean = scrub(value)
    clean.encode()
    assert "\0" not in clean
    assert scrub(clean) == clean


def test_scrub_keeps_everything_else() -> None:
    assert scrub("a\0b\ud83dc 😀\n") == "abc 😀\n"


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (7, 7),
        (7.9, 7),
        ("1767622969520", 1767622969520),
        ("-3", -3),
        ({"low": 121544, "high": 0, "unsigned": True}, 121544),
        ({"low": -1904888790, "high": 411, "unsigned": False}, 1767621637162),
        ({"low": -1, "high": -1, "unsigned": False}, -1),
        (True, None),
        ("", None),
        ("1e9", None),
        ("١٢", None),
        ("1_000", None),
        (float("nan"), None),
        (float("inf"), None),
        (10**30, None),
        ("9" * 19, None),
        ({"low": "1", "high": 0}, None),
        ({"low": 1}, None),
        (None, None),
        ([1], None),
    ],
)
def test_as_int(value: object, number: int | None) -> None:
    assert as_int(value) == number


@pytest.mark.parametrize(
    "value",
    [
        "/9g=",
        {"0": 255, "1": 216},
        {"type": "Buffer", "data": [255, 216]},
        {"type": "Buffer", "data": "/9g="},
        [255, 216],
    ],
)
def test_as_bytes_takes_every_encoding(value: object) -> None:
    assert as_bytes(value, limit=2) == b"\xff\xd8"
    assert as_bytes(value, limit=1) is None


@pytest.mark.parametrize(
    "value",
    ["", "/9g", "é", {}, {"0": 256}, {"0": -1}, {"0": 1.0}, {"1": 1}, {"0": True}, [None], None, 5, {"type": "Buffer"}],
)
def test_as_bytes_refuses_what_is_not_bytes(value: object) -> None:
    assert as_bytes(value, limit=100) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["low", "high", "0", "type", "data"]), inner)
    ),
    max_leaves=8,
)


@given(_JSON)
def test_no_reader_raises(value: Any) -> None:
    number, data, words = as_int(value), as_bytes(value, limit=10), text(value)
    assert number is None or abs(number) < 2**63
    assert data is None or len(data) <= 10
    assert words is None or words.strip()
    as_number(value), mapping(value), sequence(value)
