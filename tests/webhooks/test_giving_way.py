"""Deliveries are made in few pieces."""

from __future__ import annotations

from typing import Any, cast

import pytest
import trio
from trio.testing import MockClock

from plixa.http.webhooks import courier, feeding
from plixa.http.webhooks.courier import Courier
from plixa.http.webhooks.feeding import Feeding
from plixa.storage.webhooks.lanes import Booked, Lane

TENANT = 7
LONG = 1.0


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


def a_courier() -> Courier:
    return Courier(cast("Any", None), cast("Any", None))


async def test_what_happens_close_together_is_read_in_one_step(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads, happened = list[float](), 200
    feeds = Feeding(cast("Any", None), a_courier())

    async def nothing() -> None:
        pass

    async def feed(_: int) -> None:
        reads.append(trio.current_time() - began)

    monkeypatch.setattr(feeds, "_look", nothing)
    monkeypatch.setattr(feeds, "feed", feed)
    async with trio.open_nursery() as nursery:
        await nursery.start(feeds.run)
        began = trio.current_time()
        for _ in range(happened):
            feeds.want(TENANT)
            await trio.sleep(LONG / happened)
        last = trio.current_time() - began
        await trio.sleep(feeding.GATHER)
        nursery.cancel_scope.cancel()
    assert reads[0] < feeding.GATHER / 10  # at once
    assert LONG / feeding.GATHER - 1 <= len(reads) <= LONG / feeding.GATHER + 2
    assert reads[-1] >= last - LONG / happened  # after the last of it


async def test_what_came_of_tries_close_together_is_booked_at_once(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked, carries, tries = list[int](), a_courier(), 200

    async def book(batch: list[courier.Over]) -> Booked:
        booked.append(len(batch))
        return Booked({}, ())

    monkeypatch.setattr(carries, "_book", book)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(carries._book_for_ever)
        for conversation in range(tries):
            carries._over.append((Lane(TENANT, 1, conversation, ()), [], True))
            carries._booking.set()
            await trio.sleep(LONG / tries)
        await trio.sleep(courier.BOOK_EVERY)
        nursery.cancel_scope.cancel()
    assert sum(booked) == tries
    assert booked[0] == 1  # at once
    assert len(booked) <= LONG / courier.BOOK_EVERY + 2
