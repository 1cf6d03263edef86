"""Hearing Stripe's events, and watching for what was not heard, without a node: what becomes of each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from tests.kinds import workspace

from plixa.actors.billing.commands import Nudge, WantSums
from plixa.actors.billing.state import Billing, Subscription
from plixa.engine.errors import DeadLettered, Duplicate, Elsewhere, Unavailable
from plixa.engine.ports import Address
from plixa.http.billing.hearing import LONGEST, TYPES, Hearing
from plixa.http.billing.watching import Watching
from plixa.http.payments.accounts import V1, V2
from plixa.storage.billing import periods, refs

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUSE = Address(7, "workspace", 7)
UPDATED = "customer.subscription.updated"


class House:
    """What hearing and watching need of a node. refuses: what the workspace's actor answers."""

    def __init__(self) -> None:
        self.now_, self.cursor, self.here_ = NOW, ("evt_0", NOW), True
        self.asked, self.told, self.read_, self.unsummed = list[Any](), list[Any](), list[int](), list[Any]()
        self.refuses: Exception | None = None
        self.repaired = 0
        self.workspaces = {7: workspace(id=7, name="Padaria", billing=Billing(customer="cus_1"))}
        self.database = self.bus = self.clock = self.owners = self
        self.telemetry = SimpleNamespace(billing_repaired=SimpleNamespace(inc=self._repaired))

    def _repaired(self) -> None:
        self.repaired += 1

    def now(self) -> datetime:
        return self.now_

    async def here(self, _partition: int) -> bool:
        return self.here_

    async def run(self, query: Any, *values: Any) -> Any:
        if query is refs.find_tenant:
            return {"cus_1": 7, "cus_8": 8}.get(values[1])
        if query is refs.cursor:
            return self.cursor
        if query is refs.move_cursor:
            self.cursor = values[1:]
            return None
        assert query is periods.unsummed
        return self.unsummed

    async def ask(self, address: Address, command: Any, *, attach: Any = None, **_: Any) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.asked.append((address, command, None if attach is None else len(attach)))

    async def tell(self, address: Address, command: Any, **_: Any) -> None:
        self.told.append((address, command))

    async def workspace(self, tenant: int) -> Any:
        if tenant not in self.workspaces:
            raise Unavailable("It is elsewhere.")
        return self.workspaces[tenant]

    async def read(self, tenant: int) -> None:
        self.read_.append(tenant)


class Far:
    """Stripe. asked_after: the events that were asked for, each time."""

    def __init__(self, events: Any = (), subscriptions: Any = (), account: Any = None) -> None:
        self.events, self.subscriptions, self.account = events, subscriptions, account
        self.asked_after, self.compared = list[Any](), 0

    async def events_after(self, last: str | None, _types: Any) -> Any:
        self.asked_after.append(last)
        return self.events

    async def all_subscriptions(self) -> AsyncIterator[Any]:
        self.compared += 1
        for each in self.subscriptions:
            yield each

    async def v2_account_of(self, _account: str, _include: Any) -> Any:
        return self.account

    async def v1_account_of(self, _account: str) -> Any:
        return self.account


def event(**changes: Any) -> dict[str, Any]:
    about = {"object": "subscription", "customer": "cus_1"}
    return {"id": "evt_1", "type": UPDATED, "livemode": False, "data": {"object": about}, **changes}


def about(**fields: Any) -> dict[str, Any]:
    return {"data": {"object": fields}}


@pytest.mark.parametrize(
    ("heard", "becomes"),
    [
        (event(), "taken"),
        (event(data={"object": {"object": "customer", "id": "cus_1"}}, type="customer.deleted"), "taken"),
        (event(livemode=True), "ignored"),
        (event(livemode=None), "ignored"),
        (event(id=None), "ignored"),
        (event(id=""), "ignored"),
        (event(id="é"), "ignored"),
        (event(id="e" * LONGEST), "taken"),
        (event(id="e" * (LONGEST + 1)), "ignored"),
        (event(type=5), "ignored"),
        (event(type="customer.tax_id.created"), "ignored"),
        (event(**about(object="subscription", customer="cus_9")), "unknown"),
        (event(**about(object="subscription", customer=None)), "ignored"),
        (event(data=None), "ignored"),
        (event(data=[]), "ignored"),
        (event(data={"object": "cus_1"}), "ignored"),
        (event(data={}), "ignored"),
        ([event()], "ignored"),
        ("evt_1", "ignored"),
        (None, "ignored"),
    ],
)
async def test_what_an_event_becomes(heard: Any, becomes: str) -> None:
    house = House()
    assert await Hearing(house, live=False).hear(heard) == becomes  # type: ignore[arg-type]
    asked = [(HOUSE, Nudge(event_id=heard["id"], about=heard["type"]), 1)] if becomes == "taken" else []
    assert house.asked == asked
    assert await Hearing(house, live=True).hear(heard) != "taken" or heard["livemode"] is True  # type: ignore[arg-type]


@pytest.mark.parametrize(("error", "becomes"), [(Duplicate("known"), "known"), (DeadLettered("crash"), "dead_letter")])
async def test_what_is_known_or_cannot_be_taken_is_said_so(error: Exception, becomes: str) -> None:
    house = House()
    house.refuses = error
    assert await Hearing(house, live=False).hear(event()) == becomes  # type: ignore[arg-type]


async def test_what_comes_from_a_connected_account_is_its_rooms() -> None:
    house, heard = House(), list[Any]()
    hearing = Hearing(house, live=False)  # type: ignore[arg-type]
    assert await hearing.hear(event(account="acct_1")) == "ignored"

    async def connected(*said: Any) -> str:
        heard.append(said[:3])
        return "taken"

    hearing.connected = connected
    thin = {"id": "evt_2", "object": "v2.core.event", "livemode": False, "type": "v2.core.account.closed"}
    of_account = {"related_object": {"id": "acct_2", "type": "v2.core.account"}}
    for each in (event(account="acct_1"), {**thin, **of_account}, {**thin, "context": "acct_3"}):
        assert await hearing.hear(each) == "taken"
    assert heard == [
        ("acct_1", "evt_1", UPDATED),
        ("acct_2", "evt_2", "v2.core.account.closed"),
        ("acct_3", "evt_2", "v2.core.account.closed"),
    ]
    assert house.asked == []
    assert await hearing.hear({**thin, "related_object": {"id": "acct_2", "type": "v2.core.person"}}) == "ignored"


def watching(house: House, far: Far) -> Watching:
    return Watching(house, far, Hearing(house, live=False), house, "test")  # type: ignore[arg-type]


async def test_the_list_is_heard_from_where_it_was_left_and_everything_is_compared_once_a_day() -> None:
    house, far = House(), Far([event(), event(id="evt_2", data={})])
    watch = watching(house, far)
    await watch.look()
    assert (far.asked_after, far.compared, house.cursor) == (["evt_0"], 1, ("evt_2", NOW))
    assert [each[1].event_id for each in house.asked] == ["evt_1"]
    house.now_ += timedelta(days=1, seconds=-1)
    await watch.look()
    assert (far.asked_after[-1], far.compared) == ("evt_2", 1)
    house.now_ += timedelta(seconds=1)
    await watch.look()
    assert far.compared == 2


async def test_a_gap_in_the_list_is_compared_at_once_and_another_node_hears() -> None:
    house, far = House(), Far()
    watch = watching(house, far)
    await watch.look()
    for cursor, after, compared in (
        ((("evt_0"), NOW - timedelta(days=29)), "evt_0", 1),
        ((("evt_0"), NOW - timedelta(days=29, seconds=1)), None, 2),
        (None, None, 3),
    ):
        house.cursor = cursor  # type: ignore[assignment]
        await watch.look()
        assert (far.asked_after[-1], far.compared) == (after, compared)
    house.here_ = False
    await watch.look()
    assert (len(far.asked_after), far.compared) == (4, 3)


async def test_what_is_another_nodes_is_told_there_and_what_cannot_be_reached_holds_up_no_other() -> None:
    house, far = House(), Far([event()])
    house.refuses = Elsewhere(7, "b", "1")
    await watching(house, far).look()
    assert house.told == [(HOUSE, Nudge(event_id="evt_1", about=UPDATED))]
    house.refuses = Unavailable("It is closed.")
    house.unsummed = [{"tenant_id": 7, "invoice": "in_1"}]
    await watching(house, far).look()
    assert house.cursor == ("evt_1", NOW)
    house.refuses = None
    await watching(house, Far()).look()
    assert house.asked == [(HOUSE, WantSums(invoice="in_1"), None)]


def seen(**changes: Any) -> dict[str, Any]:
    price = {"id": "price_1", "currency": "brl", "unit_amount": 9_900, "recurring": {"interval": "month"}}
    item = {"price": price, "current_period_start": 1_770_000_000, "current_period_end": 1_772_600_000}
    told = {"id": "sub_1", "customer": "cus_1", "status": "active", "created": 1_770_000_000, "currency": "brl"}
    return {**told, "items": {"data": [item]}, "cancel_at": None, "trial_end": None, **changes}


KNOWN = Subscription(
    id="sub_1", status="active", price="price_1", plan="professional",
    period_end=datetime.fromtimestamp(1_772_600_000, UTC),
)  # fmt: skip


@pytest.mark.parametrize(
    ("known", "found", "differs"),
    [
        (KNOWN, seen(), False),
        (KNOWN, seen(status="past_due"), True),
        (KNOWN, seen(cancel_at=1_772_600_000), True),
        (KNOWN, seen(id="sub_2"), True),
        (KNOWN, seen(id="sub_2", status="canceled"), False),
        (None, seen(status="canceled"), True),
        (None, seen(), True),
        (None, seen(customer="cus_9"), False),
        (None, seen(customer="cus_8"), False),
    ],
)
async def test_only_what_differs_is_read_and_counted(known: Subscription | None, found: Any, differs: bool) -> None:
    house = House()
    house.workspaces[7] = workspace(id=7, name="Padaria", billing=Billing(customer="cus_1", subscription=known))
    assert await watching(house, Far(subscriptions=[found])).compare() == int(differs)
    assert (house.read_, house.repaired) == ([7] * differs, int(differs))


@pytest.mark.parametrize(
    ("cards", "ready", "detail"),
    [
        ({"status": "active"}, True, None),
        ({"status": "pending", "status_details": [{"code": "requirements_past_due"}]}, False, "requirements_past_due"),
        ({"status": "restricted", "status_details": [dict[str, str]()]}, False, "restricted"),
        (dict[str, str](), False, "not_started"),
    ],
)
async def test_an_account_is_ready_when_it_takes_cards_and_says_why_not(cards: Any, ready: bool, detail: Any) -> None:
    account = {"configuration": {"merchant": {"capabilities": {"card_payments": cards}}}}
    found = await V2(Far(account=account)).readiness("acct_1")  # type: ignore[arg-type]
    assert (found.ready, found.detail) == (ready, detail)


@pytest.mark.parametrize(
    ("account", "ready", "detail"),
    [
        ({"charges_enabled": True}, True, None),
        ({"charges_enabled": False, "requirements": {"disabled_reason": "listed"}}, False, "listed"),
        ({"requirements": {}}, False, "pending"),
        ({}, False, "pending"),
    ],
)
async def test_an_account_of_the_first_kind_says_it_in_its_own_words(account: Any, ready: bool, detail: Any) -> None:
    found = await V1(Far(account=account)).readiness("acct_1")  # type: ignore[arg-type]
    assert (found.ready, found.detail) == (ready, detail)


def test_what_is_listed_is_what_the_endpoint_is_sent() -> None:
    assert len(TYPES) == len(set(TYPES)) <= 20
