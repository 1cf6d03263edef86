"""Whatever is posted to the gateway's webhook: never a 5xx, never an answer that makes the gateway drop a message for
good, bounded memory, and the next good message is taken at once."""

from __future__ import annotations

import copy
import json
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import trio
from tests.harness import Json
from tests.http.chat import Chat
from tests.http.tables import Tables
from tests.http.webhooks import CUSTOMER, deletion, edit, reaction, tick

from plixa.compose import Node
from plixa.http.server import early
from plixa.http.whatsapp import ingress
from plixa.http.whatsapp.evolution.payload import BODY
from plixa.http.whatsapp.intake import Intake
from plixa.http.whatsapp.watch import Watch

TEXT = Path(__file__).parents[1] / "fixtures/evolution/messages-upsert.text-conversation.json"
MEGABYTE = 1024 * 1024
WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**70,
    1e308,
    "",
    "\x00\ud800x",
    "x" * 70_000,
    [],
    {},
    [[[]]],
    {"low": "x", "high": None},
)


async def _raw(chat: Chat, body: bytes, **headers: str) -> httpx.Response:
    given = {**chat.number.headers, "content-type": "application/json", **headers}
    return await chat.workspace.client.post(chat.number.url, content=body, headers=given)


async def _still_works(chat: Chat, key_id: str = "AFTERWARDS") -> None:
    with trio.fail_after(3):
        assert await chat.post(chat.number.message(CUSTOMER, "e agora?", key_id)) == ["stored"]


HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"<html>",
    "half a body": b'{"event":"messages.upsert","data":{"key":{"id":',
    "a number": b"42",
    "a list": b"[1,2,3]",
    "no event": b'{"data":{}}',
    "an event that is no text": b'{"event":{"a":1},"data":[]}',
    "an unknown event": b'{"event":"messages.invented","data":{}}',
    "nested 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "objects 50,000 deep": b'{"event":"messages.upsert","data":' * 50_000 + b"1" + b"}" * 50_000,
    "a number of 5,000 digits": b'{"event":"messages.upsert","data":' + b"9" * 5_000 + b"}",
    "not UTF-8": b'{"event":"messages.upsert","data":{"pushName":"\xff\xfe"}}',
    "NUL": b'{"event":"messages.upsert\\u0000"}',
    "a byte order mark": b'\xef\xbb\xbf{"event":"presence.update","data":{}}',
    "the same key twice": b'{"event":"call","event":["x"]}',
}


async def test_a_body_that_makes_no_sense_is_taken_and_harms_nothing(chat: Chat, tables: Tables) -> None:
    unreadable = 0
    for name, body in HOSTILE.items():
        answer = await _raw(chat, body)
        assert (answer.status_code, answer.text) in {(200, "unreadable"), (200, "ignored")}, name
        unreadable += answer.text == "unreadable"
        await _still_works(chat, f"AFTER {name}")
    assert len(await tables.rows("select * from kept_bodies")) == unreadable
    assert unreadable >= len(HOSTILE) - 3


# -- the wrong type in every place ------------------------------------------------------------------------------------


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in items:
        yield from _leaves(each, (*path, name))


def _with(body: Json, path: tuple[Any, ...], value: Any) -> Json:
    changed = copy.deepcopy(body)
    place: Any = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return changed


async def _mutated(chat: Chat, tables: Tables, body: Json) -> None:
    n = 0
    for path in _leaves(body):
        for value in WRONG:
            n += 1
            changed = _with(body, path, value)
            if path[-1] != "id" and isinstance(key := (changed.get("data") or {}), dict) and "key" in key:
                changed["data"]["key"] = {**body["data"]["key"], "id": f"M{n}"} if path[1:2] != ("key",) else key["key"]
            answer = await _raw(chat, json.dumps(changed).encode())
            assert answer.status_code == 200, f"{path} = {value!r:.40}: {answer.status_code} {answer.text}"
            assert answer.text != "dead_letter", f"{path} = {value!r:.40} crashed an actor"
    assert await tables.rows("select * from parked") == []


async def test_a_wrong_type_anywhere_in_a_message(chat: Chat, tables: Tables) -> None:
    body = json.loads(TEXT.read_bytes())
    body["data"]["message"].pop("messageContextInfo", None)  # hundreds of numbers that nobody reads
    await _mutated(chat, tables, body)
    await _still_works(chat)


async def test_a_wrong_type_anywhere_in_what_happens_to_a_message(chat: Chat, tables: Tables) -> None:
    await chat.post(chat.number.message(CUSTOMER, "oi", "K"))
    makers: list[Callable[[], Json]] = [
        lambda: edit(chat.number, "K", "novo"),
        lambda: reaction(chat.number, "K", "👍"),
        lambda: deletion(chat.number, "K"),
        lambda: tick(chat.number, "K", "READ"),
    ]
    for make in makers:
        await _mutated(chat, tables, make())
    await _still_works(chat)


# -- too much ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [40, 100])
async def test_a_body_of_many_megabytes_is_read_past_in_bounded_memory(chat: Chat, tables: Tables, size: int) -> None:
    process, highest = psutil.Process(), 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal highest
        yield b'{"event":"messages.upsert","data":"'
        for _ in range(size):
            highest = max(highest, process.memory_info().rss)
            yield b"x" * MEGABYTE
        yield b'"}'

    before = process.memory_info().rss
    headers = {**chat.number.headers, "content-type": "application/json"}
    answer = await chat.workspace.client.post(chat.number.url, content=chunks(), headers=headers, timeout=60)
    assert (answer.status_code, answer.text) == (200, "too_large")
    assert highest - before < 110 * MEGABYTE
    [kept] = await tables.rows("select bytes, length(body) as kept from kept_bodies")
    assert kept["bytes"] > size * MEGABYTE
    assert kept["kept"] < MEGABYTE
    await _still_works(chat)


async def test_what_whatsapp_lets_people_write_arrives_whole_and_a_megabyte_is_cut_with_a_sign(chat: Chat) -> None:
    for key, text, shown in (
        ("LONGEST", "pão " * (BODY // 4), "pão " * (BODY // 4)),
        ("ENDLESS", "ã" * MEGABYTE, "ã" * (BODY - 1) + "…"),
    ):
        assert await chat.post(chat.number.message(CUSTOMER, text, key)) == ["stored"]
        message = await chat.inbox.message(evolution_message_id=key)
        assert message["body"] == shown


async def test_an_absurdly_long_message_id_crashes_nothing(chat: Chat, tables: Tables) -> None:
    n = chat.number
    for length in (300, 3_000, MEGABYTE):
        key = secrets.token_hex(length // 2)  # no two characters of it compress
        for body in (n.message(CUSTOMER, "oi", key), edit(n, key, "x"), deletion(n, key), tick(n, key, "READ")):
            assert await chat.post(body) == ["unreadable"]
    assert await tables.rows("select * from parked") == []
    await _still_works(chat)


async def test_an_absurd_time_is_now(chat: Chat) -> None:
    for at in (-1, 0, 1, 10**9, 10**11, 10**15, 10**18, 10**30, 4_102_444_800):
        await chat.post(chat.number.message(CUSTOMER, "quando?", f"T{at}", at=at))
        message = await chat.inbox.message(evolution_message_id=f"T{at}")
        assert "2009" < message["created_at"] <= chat.inbox.events[-1]["at"]
    await chat.inbox.agrees()


async def test_text_that_postgres_cannot_store_is_stored_without_it(chat: Chat) -> None:
    body = chat.number.message(CUSTOMER, "a\x00b\ud83dc", "NUL", name="B\x00ia\udc00")
    assert (await _raw(chat, json.dumps(body).encode())).text == "stored"
    assert (await chat.inbox.message(evolution_message_id="NUL"))["body"] == "abc"
    await chat.inbox.agrees()


# -- many in one body -------------------------------------------------------------------------------------------------


async def test_a_body_of_junk_is_kept_once_with_all_reasons(chat: Chat, tables: Tables) -> None:
    good = [chat.number.message(CUSTOMER, f"{n}", f"AMONG{n}")["data"] for n in range(3)]
    items = [*([1] * 300), *good, {"key": {"id": "x" * 300, "remoteJid": "5511@s.whatsapp.net"}}, *([{}] * 300)]
    answer = await _raw(chat, json.dumps({"event": "messages.upsert", "data": items}).encode())
    assert (answer.status_code, answer.text) == (200, "unreadable")
    [kept] = await tables.rows("select reason from kept_bodies")
    assert "×6" in kept["reason"]
    assert len(await tables.rows("select * from messages")) == len(good)
    await _still_works(chat)


async def test_a_body_of_more_items_than_are_read_is_kept_once_and_looked_up(
    chat: Chat, tables: Tables, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    suspects: list[int] = []
    monkeypatch.setattr(Watch, "suspect", lambda _, number: suspects.append(number.number_id))
    body = b'{"event":"messages.upsert","data":[' + b"1," * 1_000_000 + b"1]}"
    with trio.fail_after(5):
        answer = await _raw(chat, body)
    assert (answer.status_code, answer.text) == (200, "too_large")
    assert suspects == [chat.number.id]
    [kept] = await tables.rows("select bytes, reason from kept_bodies")
    assert (kept["bytes"], "5,000 items" in kept["reason"]) == (len(body), True)
    await _still_works(chat)


async def test_many_customers_in_one_body_do_not_wait_for_each_other(chat: Chat, tables: Tables) -> None:
    items = [chat.number.message(f"55119{n % 20:08}", f"{n}", f"MANY{n:03}")["data"] for n in range(200)]
    answer = await _raw(chat, json.dumps({"event": "messages.upsert", "data": items}).encode())
    assert (answer.status_code, answer.text) == (200, "stored")
    rows = await tables.rows("select conversation_id, body from messages order by conversation_id, id")
    of: dict[int, list[int]] = {}
    for row in rows:
        of.setdefault(row["conversation_id"], []).append(int(row["body"]))
    assert len(rows) == 200
    assert sorted(of.values()) == [list(range(n, 200, 20)) for n in range(20)]
    assert (await _raw(chat, json.dumps({"event": "messages.upsert", "data": items}).encode())).text == "duplicate"


async def test_who_has_hung_up_is_not_worked_for(chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended, suspected = trio.Event(), trio.Event(), trio.Event()
    monkeypatch.setattr(Watch, "suspect", lambda *_: suspected.set())

    async def take(*_: Any) -> None:
        begun.set()
        try:
            await trio.sleep_forever()
        finally:
            ended.set()

    url = httpx.URL(chat.number.url)
    body = json.dumps({"event": "messages.upsert", "data": [1, 2]}).encode()
    lines = f"x-plixa-secret: {chat.number.headers['x-plixa-secret']}\r\ncontent-length: {len(body)}"
    with monkeypatch.context() as patch:
        patch.setattr(Intake, "take", take)
        with trio.fail_after(5):
            async with await trio.open_tcp_stream("127.0.0.1", node.port) as stream:
                await stream.send_all(f"POST {url.path} HTTP/1.1\r\nhost: x\r\n{lines}\r\n\r\n".encode() + body)
                await begun.wait()
            await ended.wait()
            await suspected.wait()
    await _still_works(chat)


async def test_a_body_that_never_comes_to_an_end_is_given_up(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingress, "BODY_WITHIN", 0.2)
    monkeypatch.setattr(early, "SKIP_SECONDS", 0.1)

    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"event":'
        await trio.sleep(2)
        yield b'"call"}'

    headers = {**chat.number.headers, "content-type": "application/json"}
    answer = await chat.workspace.client.post(chat.number.url, content=slowly(), headers=headers)
    assert (answer.status_code, answer.text) == (503, "slow")
    await _still_works(chat)


# -- at the door ------------------------------------------------------------------------------------------------------


async def test_a_wrong_secret_is_refused_in_a_way_that_is_tried_again(chat: Chat, tables: Tables) -> None:
    body = json.dumps(chat.number.message(CUSTOMER, "oi", "K")).encode()
    for secret in ("", "wrong", "x" * 10_000):
        assert (await _raw(chat, body, **{"x-plixa-secret": secret})).status_code == 409
    assert await tables.rows("select * from messages") == []
    await _still_works(chat, "K")


async def test_an_unknown_instance_is_refused_in_a_way_that_is_tried_again(chat: Chat) -> None:
    for instance in ("nobody", "", "%00", "%ED%A0%80", "%2e%2e", "x" * 5_000):
        url = chat.number.url.rpartition("/")[0] + "/" + instance
        answer = await chat.workspace.client.post(url, content=b"{}", headers=chat.number.headers)
        assert answer.status_code == 409, instance
    await _still_works(chat)


async def test_only_post_is_taken(chat: Chat) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
        answer = await chat.workspace.client.request(method, chat.number.url, headers=chat.number.headers)
        assert answer.status_code == 405, method
    await _still_works(chat)


async def test_a_refusal_before_the_body_was_read_does_not_hold_up_the_connection(chat: Chat) -> None:
    answer = await _raw(chat, bytes(3 * MEGABYTE), **{"x-plixa-secret": "wrong"})
    assert answer.status_code == 409
    await _still_works(chat)  # the same client, which keeps its connections


@pytest.mark.parametrize("sent", [b"", b'{"event":"messa'])
async def test_a_body_that_breaks_off_is_forgotten(chat: Chat, tables: Tables, sent: bytes) -> None:
    url = httpx.URL(chat.number.url)
    secret = chat.number.headers["x-plixa-secret"]
    head = f"POST {url.path} HTTP/1.1\r\nhost: x\r\nx-plixa-secret: {secret}\r\ncontent-length: 100\r\n\r\n"
    with socket.create_connection((url.host, url.port or 80)) as connection:
        connection.sendall(head.encode() + sent)
    await trio.sleep(0.1)
    assert await tables.rows("select * from kept_bodies") == []
    await _still_works(chat)
