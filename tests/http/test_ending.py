"""A node ends by itself, within `STOP_WITHIN` and five seconds, whatever its database does meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import trio
from tests import harness
from tests.harness import Phones
from tests.way import Way
from trio.testing import MockClock

from plixa import compose
from plixa.actors.desk.shared import HearOfTicket
from plixa.compose import open_node
from plixa.engine.errors import PlixaError
from plixa.engine.ports import Address
from plixa.http.api.services import Services
from plixa.storage.eventlog import writer
from plixa.storage.postgres import bridge

REST = writer.FINISH_WITHIN + bridge.GIVE_UP_WITHIN + bridge.CLOSE_WITHIN
SOON = 1.0


def test_the_promise_is_the_sum_of_its_parts() -> None:
    assert REST == 5


async def test_a_node_ends_though_its_database_hangs(
    database_url: str, simulator: Phones, tmp_path: Path, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With commits and reads under way, and the rest of it as it comes: beats, look-ups, its name."""
    monkeypatch.setattr(compose, "STOP_WITHIN", SOON)
    monkeypatch.setattr(writer, "FINISH_WITHIN", 0.1)
    way = Way(database_url)
    await nursery.start(way.run)
    async with open_node(harness.settings(way.url, simulator.url, tmp_path)) as node:
        services = node.services
        await services.bus.own(0)
        way.close()
        nursery.start_soon(_in_vain, _told, services)
        nursery.start_soon(_in_vain, services.store.head, 0)
        await trio.sleep(0.1)
        began = trio.current_time()
    assert trio.current_time() - began < SOON + REST
    nursery.cancel_scope.cancel()


async def test_whatever_does_not_end_those_who_stay_get_what_is_here(autojump_clock: MockClock) -> None:
    """In time, and they hear that this node is gone."""
    done = dict[str, float]()

    async def drain(sends_within: float) -> None:
        done["handed over"] = trio.current_time() + sends_within

    async def leave() -> None:
        done["gone"] = trio.current_time()

    hangs = SimpleNamespace(drain=trio.sleep_forever)
    store = SimpleNamespace(beating=SimpleNamespace(draining=False, leave=leave))
    node = SimpleNamespace(
        services=SimpleNamespace(opened=(), draining=trio.Event(), sockets={1}, bus=hangs, wires=hangs, store=store),
        effects=SimpleNamespace(stop=lambda: None, under_way=1),
        handover=SimpleNamespace(drain=drain),
        stop=trio.Event(),
    )
    await compose._stop(cast("Any", node))
    assert store.beating.draining
    assert done.keys() == {"handed over", "gone"}
    assert max(done.values()) < compose.STOP_WITHIN


async def _told(services: Services) -> None:
    command = HearOfTicket(tenant=1, ticket_id=1, change=1)
    await services.bus.tell(Address(0, "desk", 0), command, actor="system", cause="test")


async def _in_vain(work: Callable[..., Awaitable[object]], *args: object) -> None:
    with pytest.raises(PlixaError):
        await work(*args)
