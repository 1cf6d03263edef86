"""What one webhook tells: in order where order matters, at once where it does not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import trio

from plixa.actors.whatsapp.gateway import Content, Ignored, MessageKind, MessageSeen, Peer, Seen, StatusSeen
from plixa.http.whatsapp.lanes import AT_ONCE, WINDOW, lanes, take_all

NOW = datetime(2026, 5, 25, tzinfo=UTC)


def message(key_id: str, phone: str | None = None, lid: str | None = None) -> MessageSeen:
    """A message from this peer."""
    return MessageSeen(
        key_id, Peer(phone, lid, "jid"), False, "contact", Content(MessageKind.TEXT, "oi", "conversation"), NOW
    )


def _keys(found: list[list[Seen]]) -> list[list[str]]:
    return [[getattr(seen, "key_id", "-") for seen in lane] for lane in found]


def test_a_customer_is_a_lane_and_so_is_a_message_that_nobody_brought() -> None:
    window = [message("A", "1"), message("B", "2"), StatusSeen("A", "read"), StatusSeen("X", "sent"), message("C", "1")]
    assert _keys(lanes(window)) == [["A", "A", "C"], ["B"], ["X"]]


def test_what_concerns_the_number_stays_in_order() -> None:
    assert _keys(lanes([Ignored("a"), message("A", "1"), Ignored("b")])) == [["-", "-"], ["A"]]


def test_two_addresses_that_turn_out_to_be_one_customer_are_one_lane() -> None:
    window = [
        message("A", "1"),
        message("B", lid="9"),
        message("C", "2"),
        message("D", "1", "9"),
        message("E", lid="9"),
    ]
    assert _keys(lanes(window)) == [["A", "B", "D", "E"], ["C"]]


def test_a_tick_before_its_message_goes_with_it() -> None:
    assert _keys(lanes([StatusSeen("A", "read"), message("A", "1"), message("B", "1")])) == [["A", "A", "B"]]


async def test_every_lane_is_in_order_and_a_few_go_at_once(autojump_clock: trio.testing.MockClock) -> None:
    seen = [message(f"{n}", f"{n % 40}") for n in range(3 * WINDOW)]
    taken: dict[str | None, list[int]] = {}
    now = most = 0

    async def take(each: Seen) -> None:
        nonlocal now, most
        assert isinstance(each, MessageSeen)
        now, most = now + 1, max(most, now + 1)
        await trio.sleep(0.1)
        now -= 1
        taken.setdefault(each.peer.phone, []).append(int(each.key_id))

    await take_all(iter(seen), take)
    assert sum(map(len, taken.values())) == len(seen)
    assert all(order == sorted(order) for order in taken.values())
    assert most == AT_ONCE


@pytest.mark.parametrize("count", [0, 1, 2, 3, WINDOW, WINDOW + 1, WINDOW + 2])
async def test_of_any_number_of_items_all_are_taken(count: int) -> None:
    taken: list[str] = []

    async def take(each: Seen) -> None:
        assert isinstance(each, MessageSeen)
        await trio.lowlevel.checkpoint()
        taken.append(each.key_id)

    await take_all(iter([message(f"{n}", "1") for n in range(count)]), take)
    assert taken == [f"{n}" for n in range(count)]


async def test_trouble_comes_out_as_itself_and_ends_the_rest(autojump_clock: trio.testing.MockClock) -> None:
    taken: list[str] = []

    async def take(each: Seen) -> None:
        assert isinstance(each, MessageSeen)
        await trio.sleep(1 if each.key_id == "B" else 2)
        if each.key_id == "B":
            raise LookupError("trouble")
        taken.append(each.key_id)

    with pytest.raises(LookupError):
        await take_all(iter([message("A", "1"), message("B", "2"), message("C", "3")]), take)
    assert taken == []


async def test_others_have_a_turn_between_two_items() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await trio.lowlevel.checkpoint()

    async def take(_: Seen) -> None:
        pass

    async with trio.open_nursery() as nursery:
        nursery.start_soon(others)
        await take_all(iter([message(f"{n}", "1") for n in range(WINDOW)]), take)
        nursery.cancel_scope.cancel()
    assert turns >= WINDOW - 1
