"""Who wishes to be where, and how a third node gets its third."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any, cast

import pytest
import trio
from tests.engine.schedules import Database, Node
from trio.testing import MockClock

from plixa.engine.errors import Elsewhere, PlixaError
from plixa.engine.handover import APART_AFTER, LEAVES_AFTER
from plixa.engine.ownership import Member
from plixa.engine.placement import moves, wish
from plixa.engine.ports import Owner
from plixa.engine.telemetry import Telemetry

TENANTS = range(1, 3001)
NAMES = ("node-1", "node-2", "node-3")


def member(name: str, cores: int = 1, *, draining: bool = False) -> Member:
    return Member(Owner(name, f"{name}0"), cores, draining)


def placed(*members: Member) -> dict[int, str]:
    return {tenant: to.node for tenant in TENANTS if (to := wish(tenant, members)) is not None}


def test_a_node_that_comes_takes_its_share_from_all_and_nothing_else_moves() -> None:
    before, after = placed(member("a"), member("b")), placed(member("a"), member("b"), member("c"))
    moved = {tenant for tenant in TENANTS if before[tenant] != after[tenant]}
    assert {after[tenant] for tenant in moved} == {"c"}
    assert abs(len(moved) - 1000) < 100
    assert Counter(before[tenant] for tenant in moved)["a"] == pytest.approx(500, abs=80)


def test_cores_weigh() -> None:
    shares = Counter(placed(member("a", 1), member("b", 3)).values())
    assert shares["b"] / shares["a"] == pytest.approx(3, rel=0.15)


def test_who_is_about_to_stop_gets_nothing_and_a_new_life_keeps_what_it_had() -> None:
    assert set(placed(member("a"), member("b", draining=True)).values()) == {"a"}
    assert placed(member("a", draining=True)) == {}
    assert placed(member("a"), Member(Owner("b", "another life"))) == placed(member("a"), member("b"))


def test_the_quiet_ones_go_first() -> None:
    me, other = member("a", draining=True), member("b")
    assert moves({1: 5.0, 2: 60.0, 3: float("inf"), 4: 5.0}, me, [other]) == [(n, other.owner) for n in (3, 2, 1, 4)]
    assert moves({1: 5.0}, member("a"), []) == []


async def test_a_third_of_all_moves_to_a_third_node_within_a_minute(mock_clock: MockClock) -> None:
    """And nothing else; those who are asked meanwhile are answered, or told where it is."""
    database = Database(random.Random(7))
    nodes = {name: Node(database, name, 0, stable_for=30.0) for name in NAMES}
    telemetry = Telemetry()
    for node in nodes.values():
        node.supervisor.telemetry = telemetry
    tenants, answers = range(1, 301), Counter[str]()

    async def ask(tenant: int) -> None:
        while trio.current_time() < began + 60:
            await trio.sleep(0.5)
            try:
                await nodes[homes[tenant]].registry.workspace(tenant)
                answers["answered"] += 1
            except Elsewhere as error:
                homes[tenant] = error.node
            except PlixaError:
                answers["refused"] += 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(nodes["node-1"].live)
        nursery.start_soon(nodes["node-2"].live)
        await trio.sleep(1)
        homes = {each: to.node for each in tenants if (to := wish(each, [nodes[n].store.member for n in NAMES[:2]]))}
        for tenant, name in homes.items():
            await nodes[name].registry.own(tenant)
        first = dict(homes)
        nursery.start_soon(nodes["node-3"].live)
        began = trio.current_time()
        async with trio.open_nursery() as asking:
            for tenant in range(1, 11):
                asking.start_soon(ask, tenant)
            await trio.sleep(60)
        nursery.cancel_scope.cancel()
    moved = {each for each in tenants if database.memory.leases[each][0] != first[each]}
    assert {database.memory.leases[each][0] for each in moved} == {"node-3"}
    assert len(moved) == pytest.approx(100, rel=0.2)
    measured = telemetry.registry.get_sample_value
    assert measured("plixa_hand_over_seconds_count") == len(moved)
    assert measured("plixa_workspaces_left_total", {"how": "handed_over"}) == len(moved)
    assert answers["answered"] > 1000
    assert not answers["refused"]


async def test_a_node_that_the_others_do_not_reach_hands_over_until_it_is_reached_again(mock_clock: MockClock) -> None:
    database = Database(random.Random(7))
    one, other = (Node(database, name, 0, stable_for=30.0) for name in NAMES[:2])
    cut_at = dict[Node, float]()
    for node in (one, other):
        node.handover.away_for = lambda node=node: trio.current_time() - cut_at.get(node, trio.current_time())

    def at_home() -> dict[int, str]:
        return {tenant: name for tenant, (name, _) in database.memory.leases.items()}

    async with trio.open_nursery() as nursery:
        nursery.start_soon(one.live)
        nursery.start_soon(other.live)
        await trio.sleep(1)
        for tenant in range(1, 201):
            to = wish(tenant, [one.store.member, other.store.member])
            await (one if to == one.store.me else other).registry.own(tenant)
        before = at_home()
        cut_at[one] = trio.current_time()
        await trio.sleep(APART_AFTER - 1)
        assert (at_home(), one.handover.leaves) == (before, False)
        await trio.sleep(LEAVES_AFTER - APART_AFTER + 12)
        assert set(at_home().values()) == {"node-2"}
        assert (one.handover.leaves, other.handover.leaves) == (True, False)
        del cut_at[one]
        await trio.sleep(25)  # once it is reached again nothing moves at once
        assert set(at_home().values()) == {"node-2"}
        await trio.sleep(120)
        assert at_home() == before
        cut_at |= {
            one: trio.current_time(),
            other: trio.current_time() + 1,
        }  # the way itself is gone, not noticed at once
        await trio.sleep(60)
        assert (at_home(), one.handover.leaves, other.handover.leaves) == (before, False, False)
        nursery.cancel_scope.cancel()


class Hanging:
    """Sends that do not end."""

    async def retire(self, _tenant: int) -> None:
        await trio.sleep_forever()

    def stay(self, _tenant: int) -> None:
        raise AssertionError("it has gone")


async def test_who_stops_hands_over_though_a_send_does_not_end(mock_clock: MockClock) -> None:
    database = Database(random.Random(7))
    one, other = (Node(database, name, 0) for name in NAMES[:2])
    one.handover._effects = cast("Any", Hanging())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(one.live)
        nursery.start_soon(other.live)
        await trio.sleep(2.5)
        await one.registry.own(1)
        one.store.draining = True
        began = trio.current_time()
        await one.handover.drain(1.0)
        assert trio.current_time() - began < 2.0
        assert database.memory.leases[1][0] == "node-2"
        nursery.cancel_scope.cancel()
