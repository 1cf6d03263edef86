"""What the watch looks back to, with a gateway and actors that only say what they were asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from plixa.actors.whatsapp.gateway import ConnectionSeen, Missing, StatusSeen
from plixa.actors.whatsapp.number import LookBack, Number, Observe
from plixa.engine.actor import Outcome
from plixa.engine.clock import ManualClock
from plixa.engine.errors import Unavailable
from plixa.http.whatsapp import watch as watching
from plixa.http.whatsapp.directory import NumberKey
from plixa.http.whatsapp.evolution.client import Page
from plixa.http.whatsapp.evolution.errors import GatewayDown, GatewayNotFound
from plixa.http.whatsapp.watch import Watch
from plixa.storage.conversation import messages as reads
from plixa.storage.whatsapp import numbers

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
NUMBER = NumberKey(1, 3, b"")
ROW = {"tenant_id": 1, "id": 3, "instance": "x", "status": "connected", "data": {}}


class Bus:
    """Keeps what numbers are asked; `away`: raises it instead."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.away = False
        self.full = False

    async def ask(self, _: Any, command: Any, *, actor: str, cause: str) -> Outcome:
        await trio.lowlevel.checkpoint()
        assert (actor, cause) == ("system", "watch")
        if self.away:
            raise Unavailable("the database is away")
        self.asked.append(command)
        return Outcome(Number(3), 1, () if self.full else ("something",))  # type: ignore[arg-type]


class Gateway:
    """Says of each instance what it is told to; `lacking`: messages that we have not."""

    def __init__(self) -> None:
        self.says: Any = "open"
        self.asked: list[str] = []
        self.lacking = 0

    async def state(self, instance: str) -> str | None:
        await trio.lowlevel.checkpoint()
        self.asked.append(instance)
        if isinstance(self.says, Exception):
            raise self.says
        if self.says == "hangs":
            await trio.sleep_forever()
        return str(self.says) if self.says else None

    async def find_messages(self, _: str, *, now: datetime, since: datetime) -> Page:
        await trio.lowlevel.checkpoint()
        assert since < now
        found = tuple(StatusSeen(f"K{n}", "read") for n in range(self.lacking))
        return Page(found, ("",) * len(found), 1, 1, len(found))


class Tables:
    """Rows of numbers, and when each was heard of last; `away` so many times."""

    def __init__(self) -> None:
        self.rows: list[Any] = [ROW]
        self.heard: datetime | None = None
        self.away = 0
        self.asked: list[Any] = []

    async def run(self, read: Any, *arguments: Any) -> Any:
        await trio.lowlevel.checkpoint()
        if self.away:
            self.away -= 1
            raise Unavailable("the database is away")
        if read is numbers.numbers_to_watch:
            node, tenants = arguments
            assert node == "node-1"
            self.asked.append(tenants)
            return [row for row in self.rows if tenants is None or row["tenant_id"] in tenants]
        return self.heard if read is reads.last_heard else set[str]()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def tables() -> Tables:
    return Tables()


@pytest.fixture
def watch(bus: Bus, clock: ManualClock, gateway: Gateway, tables: Tables) -> Watch:
    return Watch(tables, bus, gateway, clock, "node-1")  # type: ignore[arg-type]


async def test_what_could_not_be_read_is_looked_for_from_what_was_heard_before_it(
    watch: Watch, bus: Bus, clock: ManualClock
) -> None:
    watch.heard(NUMBER)
    clock.set(NOON + timedelta(minutes=5))
    watch.suspect(NUMBER)
    clock.set(NOON + timedelta(minutes=6))
    watch.heard(NUMBER)  # the next one was fine
    watch.suspect(NUMBER)
    await watch._check(ROW)
    assert bus.asked == [LookBack(since=NOON, why="silence")]
    await watch._check(ROW)
    assert len(bus.asked) == 1


async def test_a_suspicion_outlives_a_database_that_is_away(watch: Watch, bus: Bus, clock: ManualClock) -> None:
    watch.suspect(NUMBER)
    bus.away = True
    with pytest.raises(Unavailable):
        await watch._check(ROW)
    bus.away = False
    await watch._check(ROW)
    assert [command.since for command in bus.asked] == [NOON - timedelta(minutes=10)]


async def test_a_suspicion_stays_while_so_many_look_backs_are_under_way(
    watch: Watch, bus: Bus, clock: ManualClock
) -> None:
    watch.suspect(NUMBER)
    bus.full = True
    for _ in range(3):
        await watch._check(ROW)
    bus.full = False
    await watch._check(ROW)
    await watch._check(ROW)
    assert [command.since for command in bus.asked] == [NOON - timedelta(minutes=10)] * 4


# -- what the gateway says, and what we took it for -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("says", "status", "why", "news"),
    [
        ("open", "connected", None, None),
        ("open", "connecting", None, ConnectionSeen("open", 0)),
        ("open", "disconnected", "unknown_to_gateway", ConnectionSeen("open", 0)),
        ("connecting", "connected", None, ConnectionSeen("connecting", 0)),
        ("connecting", "connecting", None, None),
        ("connecting", "disconnected", "unknown_to_gateway", ConnectionSeen("connecting", 0)),
        (None, "connected", None, ConnectionSeen("connecting", 0)),
        ("close", "connected", None, ConnectionSeen("close", 0)),
        ("close", "connecting", None, ConnectionSeen("close", 0)),
        ("close", "disconnected", None, None),
        ("close", "disconnected", "unknown_to_gateway", ConnectionSeen("close", 0)),
        (GatewayNotFound("no such instance"), "connected", None, Missing()),
        (GatewayNotFound("no such instance"), "disconnected", None, Missing()),
        (GatewayNotFound("no such instance"), "disconnected", "unknown_to_gateway", None),
    ],
)
async def test_a_number_is_told_what_is_news_to_it(
    watch: Watch, bus: Bus, gateway: Gateway, says: Any, status: str, why: str | None, news: Any
) -> None:
    gateway.says = says
    await watch._check({**ROW, "status": status, "data": {"why": why}})
    assert bus.asked == ([Observe(seen=news, asked=True)] if news is not None else [])


async def test_a_gateway_that_does_not_answer_is_down_and_asked_last_the_next_time(
    watch: Watch, gateway: Gateway, tables: Tables, autojump_clock: MockClock
) -> None:
    other = {**ROW, "id": 4, "instance": "y"}
    tables.rows = [ROW, other]
    gateway.says, began = "hangs", trio.current_time()
    with pytest.raises(GatewayDown, match="10 s"):
        await watch._check(ROW)
    assert trio.current_time() - began == watching.ANSWER_WITHIN
    assert await watch._rows() == [other, ROW]
    gateway.says = "open"
    await watch._check(ROW)
    assert await watch._rows() == [ROW, other]


@pytest.mark.parametrize(("silent", "lacking", "looks"), [(601, 1, True), (601, 0, False), (600, 1, False)])
async def test_a_silence_is_compared_with_the_gateways_store(
    watch: Watch, bus: Bus, gateway: Gateway, clock: ManualClock, silent: int, lacking: int, looks: bool
) -> None:
    watch.heard(NUMBER)
    clock.set(NOON + timedelta(seconds=silent))
    gateway.lacking = lacking
    for _ in range(2):  # what was compared is silent from then on
        await watch._check(ROW)
    assert bus.asked == ([LookBack(since=NOON, why="silence")] if looks else [])


async def test_who_is_not_connected_is_not_silent(watch: Watch, bus: Bus, gateway: Gateway, clock: ManualClock) -> None:
    watch.heard(NUMBER)
    clock.set(NOON + timedelta(hours=1))
    gateway.says, gateway.lacking = "close", 1
    await watch._check({**ROW, "status": "disconnected"})
    assert bus.asked == []


# -- restarts, and who comes ------------------------------------------------------------------------------------------


async def _watched(watch: Watch, nursery: trio.Nursery, seconds: float = 5.0) -> None:
    await nursery.start(watch.run)
    await trio.sleep(seconds)


@pytest.mark.parametrize(
    ("heard", "since"), [(timedelta(hours=3), timedelta(hours=3)), (timedelta(days=9), timedelta(days=1)), (None, None)]
)
async def test_a_restart_looks_back_to_the_last_message_and_a_day_at_most(
    watch: Watch, bus: Bus, tables: Tables, nursery: trio.Nursery, autojump_clock: MockClock,
    heard: timedelta | None, since: timedelta | None,
) -> None:  # fmt: skip
    tables.heard, tables.away = (None if heard is None else NOON - heard), 2
    await _watched(watch, nursery)
    assert bus.asked == ([] if since is None else [LookBack(since=NOON - since, why="restart")])
    await trio.sleep(3 * watching.POLL_SECONDS)
    assert len(bus.asked) <= 1


async def test_a_restart_asks_nothing_of_who_is_not_connected(
    watch: Watch, bus: Bus, gateway: Gateway, tables: Tables, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    tables.heard, gateway.says = NOON, "close"
    tables.rows = [{**ROW, "status": "disconnected", "created_at": NOON}]
    await _watched(watch, nursery)
    assert bus.asked == []


async def test_what_could_not_be_begun_at_a_restart_is_begun_in_a_later_round(
    watch: Watch, bus: Bus, tables: Tables, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    tables.heard, bus.full = NOON, True
    await _watched(watch, nursery)
    bus.full = False
    await trio.sleep(2 * watching.POLL_SECONDS)
    assert [(command.since, command.why) for command in bus.asked][-1] == (NOON, "silence")


async def test_who_comes_from_another_node_looks_back_and_who_is_here_already_does_not(
    watch: Watch, bus: Bus, tables: Tables, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    tables.heard = NOON
    await _watched(watch, nursery)
    del bus.asked[:], tables.asked[:]
    watch.came(1)
    tables.rows = [ROW, {**ROW, "tenant_id": 2, "id": 9}, {**ROW, "tenant_id": 3, "id": 5}]
    watch.came(2)
    watch.came(3)
    await trio.sleep(1)
    assert bus.asked == [LookBack(since=NOON, why="restart")] * 2
    assert {2, 3} in tables.asked
    watch.left(2)
    watch.came(2)
    watch.came(3)
    await trio.sleep(1)
    assert bus.asked == [LookBack(since=NOON, why="restart")] * 3


async def test_what_is_left_of_who_went_is_forgotten(watch: Watch, bus: Bus, clock: ManualClock) -> None:
    watch.suspect(NUMBER)
    watch.suspect(NumberKey(2, 3, b""))
    watch.left(1)
    await watch._check(ROW)
    assert bus.asked == []
    await watch._check({**ROW, "tenant_id": 2})
    assert len(bus.asked) == 1


async def test_a_doubt_is_settled_soon_and_of_that_number_alone(
    watch: Watch, gateway: Gateway, tables: Tables, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    tables.rows = [ROW, {**ROW, "id": 4, "instance": "y"}]
    await _watched(watch, nursery)
    del gateway.asked[:]
    watch.doubt(NUMBER)
    watch.doubt(NUMBER)
    await trio.sleep(2 * watching.SOON)
    assert gateway.asked == ["x"]


async def test_each_is_asked_every_round_and_who_is_long_without_a_connection_seldom(
    watch: Watch, gateway: Gateway, tables: Tables, clock: ManualClock, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    gateway.says, days = "close", timedelta(days=1)
    tables.rows = [
        {**ROW, "status": "disconnected", "instance": name, "created_at": NOON - 9 * days, "data": {"changed_at": at}}
        for name, at in (("long", (NOON - days).isoformat()), ("late", (NOON - days / 2).isoformat()), ("never", None))
    ]
    tables.rows[2]["created_at"] = NOON
    await _watched(watch, nursery, watching.SELDOM * watching.POLL_SECONDS + 5)
    turns = {name: gateway.asked.count(name) for name in ("long", "late", "never")}
    assert turns == {"long": 2, "late": watching.SELDOM + 1, "never": watching.SELDOM + 1}


@pytest.mark.parametrize("trouble", [LookupError("a bug"), GatewayDown("away")])
async def test_one_that_raises_keeps_no_other_from_being_asked(
    watch: Watch, gateway: Gateway, tables: Tables, bus: Bus, nursery: trio.Nursery, autojump_clock: MockClock,
    trouble: Exception,
) -> None:  # fmt: skip
    tables.rows = [{**ROW, "id": n, "instance": f"i{n}"} for n in range(2 * watching.AT_ONCE)]
    gateway.says = trouble
    await _watched(watch, nursery, 2 * watching.POLL_SECONDS + 5)
    assert {name: gateway.asked.count(name) for name in gateway.asked} == {f"i{n}": 3 for n in range(32)}
