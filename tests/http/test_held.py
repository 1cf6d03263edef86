"""What came too early: known within bounds, and one that cannot be read holds up no other and ends nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio
from tests.http.chat import Chat
from tests.http.tables import Tables
from tests.http.webhooks import CUSTOMER, edit
from trio.testing import MockClock

from plixa.actors.contacts.actor import PeerRoute
from plixa.compose import Node
from plixa.http.server.ops import caches
from plixa.http.whatsapp import directory as directories, early_updates
from plixa.http.whatsapp.directory import Directory
from plixa.http.whatsapp.early_updates import FRESH, EarlyKeys
from plixa.http.whatsapp.lru import Lru
from plixa.storage.whatsapp import numbers

ROOT = Path(__file__).parents[2]


@pytest.fixture
def mock_clock() -> MockClock:
    return MockClock()


# -- a row by itself --------------------------------------------------------------------------------------------------


async def _spoil(connection: Any) -> None:
    """As if it were sealed with another key."""
    await connection.execute(r"update held_updates set body = body || '\x00'::bytea where key_id = 'BAD'")


async def test_a_held_update_that_does_not_open_is_dropped_and_holds_up_no_other(
    chat: Chat, node: Node, tables: Tables
) -> None:
    await chat.post(edit(chat.number, "BAD", "x"), edit(chat.number, "GOOD", "editada"))
    await node.services.database.run(_spoil)
    await chat.post(chat.number.message(CUSTOMER, "um", "BAD"), chat.number.message(CUSTOMER, "dois", "GOOD"))
    await chat.inbox.message(evolution_message_id="GOOD", body="editada")
    await _emptied(tables)
    assert node.services.telemetry.put_aside.labels("held_update")._value.get() == 1
    assert node.services.telemetry.service_restarts.labels("intake")._value.get() == 0


async def test_one_that_the_sweep_finds_and_cannot_read_does_not_end_the_service(
    chat: Chat, node: Node, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as closed:
        closed.setattr(EarlyKeys, "may_have", lambda *_: False)  # what is held is missed when its message comes
        await chat.post(edit(chat.number, "BAD", "x"), edit(chat.number, "GOOD", "editada"))
        await node.services.database.run(_spoil)
        await chat.post(chat.number.message(CUSTOMER, "um", "BAD"), chat.number.message(CUSTOMER, "dois", "GOOD"))
    assert len(await tables.rows("select 1 from held_updates")) == 2
    await chat.inbox.until(lambda: any(m.get("body") == "editada" for m in chat.inbox.messages.values()), 20)
    await _emptied(tables)
    assert node.services.telemetry.service_restarts.labels("intake")._value.get() == 0


async def _emptied(tables: Tables) -> None:
    with trio.fail_after(15):
        while await tables.rows("select 1 from held_updates"):  # noqa: ASYNC110
            await trio.sleep(0.05)


# -- what is known of it ----------------------------------------------------------------------------------------------


async def test_keys_are_forgotten_after_an_hour(mock_clock: MockClock) -> None:
    keys = EarlyKeys()
    assert keys.may_have((1, 1), "a")  # not known yet: it is looked up
    keys.learn((1, 1), ["a"])
    assert keys.may_have((1, 1), "a")
    assert not keys.may_have((1, 1), "b")
    mock_clock.jump(FRESH + 1)
    assert not keys.knows((1, 1))
    assert keys.may_have((1, 1), "b")
    assert len(keys) == 0


async def test_keys_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early_updates, "OF_A_NUMBER", 10)
    monkeypatch.setattr(early_updates, "IN_ALL", 25)
    keys = EarlyKeys()
    keys.learn((1, 0), ())
    for n in range(1000):
        keys.add((1, 0), f"k{n}")
    assert len(keys) == 0
    assert keys.may_have((1, 0), "anything")  # too many to tell
    for number in range(1, 100):
        keys.learn((1, number), [f"k{n}" for n in range(9)])
        assert len(keys) <= 25
    assert keys.may_have((1, 99), "k1")
    assert not keys.may_have((1, 99), "k99")
    keys.discard((1, 99), "k1")
    assert not keys.may_have((1, 99), "k1")


async def test_what_is_held_while_a_numbers_keys_are_read_is_not_lost() -> None:
    keys = EarlyKeys()
    keys.learn((1, 1), ["read"])
    keys.add((1, 1), "meanwhile")
    keys.learn((1, 1), ["read"])
    assert keys.may_have((1, 1), "meanwhile")


# -- the directory's caches -------------------------------------------------------------------------------------------


def test_a_cache_forgets_by_what_entries_belong_to_without_looking_through_all() -> None:
    asked = 0

    def groups(key: int, value: str) -> list[str]:
        nonlocal asked
        asked += 1
        return [value]

    cache: Lru[int, str] = Lru(100_000, groups)
    for n in range(10_000):
        cache.put(n, "mine" if n < 3 else f"of {n}")
    asked = 0
    cache.drop_group("mine")
    assert asked == 3
    assert len(cache) == 9_997
    cache.drop_group("of nobody")
    assert [cache.get(n) for n in (1, 3)] == [None, "of 3"]


def test_a_cache_is_bounded_and_so_is_its_index() -> None:
    cache: Lru[int, str] = Lru(10, lambda _, value: [value])
    for n in range(100):
        cache.put(n % 30, f"of {n}")
    assert len(cache) == len(cache._members) == 10


def test_an_erased_conversations_routes_go_by_contact_and_by_conversation() -> None:
    directory = Directory(None, None)  # type: ignore[arg-type]
    for n in range(4):
        directory._routes.put((1, 1, f"p:{n}"), PeerRoute(10 + n, 20 + n))
        directory.remember_message(1, 1, f"K{n}", 20 + n)
    directory.forget(1, 20)
    directory.forget_contacts(1, {11})
    directory.forget(2, 22)  # another tenant's
    assert directory.sizes["routes"] == 2
    assert directory.sizes["message_conversations"] == 3
    directory.forget_tenant(1)
    assert directory.sizes["routes"] == directory.sizes["message_conversations"] == 0


async def test_an_instance_that_nobody_has_is_looked_up_once_in_a_while(mock_clock: MockClock) -> None:
    asked: list[str] = []

    class Empty:
        async def run(self, query: Any, instance: str) -> None:
            assert query is numbers.find_number_secret
            asked.append(instance)

    directory = Directory(Empty(), None)  # type: ignore[arg-type]
    for _ in range(50):
        assert await directory.number("nobody") is None
    assert asked == ["nobody"]
    mock_clock.jump(directories.UNKNOWN_FOR + 1)
    await directory.number("nobody")
    assert len(asked) == 2
    assert await directory.number("x" * 5_000) is None
    assert len(asked) == 2
    for n in range(20_000):
        await directory.number(f"n{n}")
    assert directory.sizes["unknown_instances"] == 10_000


@pytest.mark.own_door("what a node measures is its own")
async def test_every_cache_is_counted_and_described(chat: Chat, node: Node) -> None:
    await chat.written()
    text = await trio.Path(ROOT / "ARCHITECTURE.md").read_text()
    sizes = caches(node.services)
    assert [name for name in sizes if f"| `{name}` |" not in text] == []
    assert min(sizes["routes"], sizes["stream_keys"], sizes["actors"]) > 0
    shown = (await chat.workspace.client.get("/metrics")).text
    assert f'plixa_cache_entries{{cache="routes"}} {float(sizes["routes"])}' in shown
