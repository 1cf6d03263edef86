"""Deliveries are made in few pieces, and behind whatever somebody waits for."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
import trio
from prometheus_client import Counter
from trio.testing import MockClock

from plixa.actors.webhooks.endpoints import Endpoint
from plixa.actors.workspace.state import Workspace
from plixa.engine.clock import SystemClock
from plixa.engine.quiet import Quiet
from plixa.http.webhooks import courier, feeding
from plixa.http.webhooks.attempt import Said
from plixa.http.webhooks.courier import Courier
from plixa.http.webhooks.feeding import Feeding
from plixa.storage.webhooks.lanes import Booked, Lane, WaitingDelivery

TENANT = 7
LONG = 1.0


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


class Poster:
    """Whatever is sent is taken. at: when."""

    def __init__(self) -> None:
        self.at = list[float]()

    async def post(self, _: object) -> Said:
        self.at.append(trio.current_time())
        return Said(204, b"", 1, None)


def services(busy: Callable[[], bool] = lambda: False) -> Any:
    """As much of a node as is needed."""
    telemetry = SimpleNamespace(webhook_tries=Counter("tries", "", ["answer"], registry=None))
    return SimpleNamespace(quiet=Quiet(busy), clock=SystemClock(), telemetry=telemetry)


def a_courier(busy: Callable[[], bool] = lambda: False, poster: Poster | None = None) -> Courier:
    return Courier(services(busy), cast("Any", poster))


async def test_a_try_begins_once_nobody_waits_for_anything(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    poster, until = Poster(), trio.current_time() + courier.GIVES_WAY / 2
    carries, now = a_courier(lambda: trio.current_time() < until, poster), SystemClock().now()
    monkeypatch.setattr(carries, "_body", lambda _: b"{}")
    endpoint = Endpoint(1, "https://example.com/hook", ("message.inbound",), now)
    workspace = cast("Workspace", SimpleNamespace(webhooks={1: endpoint}))
    delivery = WaitingDelivery(TENANT, 1, 2, 3, "evt", "message.inbound", 0, now, b"")
    _, outcome = await carries._deliver(workspace, delivery, ["whsec_"])
    assert outcome.status == "delivered"
    assert until <= poster.at[0] <= until + 2 * courier.BREATH


async def test_what_happens_close_together_is_read_in_one_step(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads, happened = list[float](), 200
    feeds = Feeding(services(), a_courier())

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
