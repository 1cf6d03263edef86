"""Whatever happens at Stripe and whatever is lost of it: after a read, the plan is the one of Stripe's final state.

Webhooks go through the part that hears them (`http/billing/hearing.py`): once, twice or never, late and in any order,
also of the other mode, of another account, and of a customer who is nobody's. What is heard leads to a read at some
time: none of them is believed.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.kinds import WORKSPACE, workspace

from plixa.actors.billing import events as ev
from plixa.actors.billing.commands import (
    BeginCheckout,
    GrantLicence,
    KeepCustomer,
    KeepSession,
    RevokeLicence,
    SeeSubscriptions,
)
from plixa.actors.billing.state import BILLING, Plan
from plixa.actors.workspace.plans import plan_of
from plixa.engine.actor import Moment
from plixa.engine.errors import Conflict, Duplicate
from plixa.engine.ports import Address
from plixa.http.billing.hearing import Hearing
from plixa.http.clients.stripe import objects
from plixa.http.stripe_simulator import StripeApp, StripeSettings, life
from plixa.http.stripe_simulator.world import visible

START = datetime(2026, 3, 1, tzinfo=UTC)
PLANS: tuple[Plan, ...] = ("starter", "professional", "business")
COUNTS = ("trialing", "active", "past_due")


class Node:
    """What hearing needs of a node: whose a customer is, and the workspace's actor. Nothing of it waits."""

    def __init__(self, machine: Truth) -> None:
        self._machine = machine
        self._taken = set[Any]()
        self.database = self.bus = self.clock = self

    def now(self) -> datetime:
        return self._machine.at

    async def run(self, _query: Any, _kind: str, id_: str) -> int | None:
        return 7 if id_ == "cus_1" else None

    async def ask(self, _address: Address, command: Any, *, attach: Any, **_: Any) -> None:
        [(_, row)] = attach
        if row[:2] in self._taken:
            raise Duplicate("taken already")
        self._taken.add(row[:2])
        self._machine.do(command)


class Truth(RuleBasedStateMachine):
    """Sessions are made of what the workspace's attempts say; reads come at any time, or never until the end."""

    def __init__(self) -> None:
        super().__init__()
        self.at = START
        self.far = StripeApp(StripeSettings(clock=lambda: self.at.timestamp(), deliver=False))
        self.own, self.world = self.far.world.own, self.far.world
        self.own.of("customer")["cus_1"] = {"id": "cus_1", "object": "customer", "currency": None}
        self.workspace: Any = workspace(id=7, name="Padaria", trial_ends_at=START + timedelta(days=14))
        self.ids = count(1)
        self.reads = 0
        self.hearing = Hearing(Node(self), live=False)  # type: ignore[arg-type]
        self.do(KeepCustomer(customer="cus_1", generation=0))

    def do(self, command: Any) -> None:
        for event in WORKSPACE.decide(self.workspace, command, Moment(at=self.at, ids=self.ids)):
            self.workspace = WORKSPACE.evolve(self.workspace, event)
            self.reads += isinstance(event, ev.Nudged)  # the effect `stripe.sync`, which outlives every crash

    def subscriptions(self) -> list[dict[str, Any]]:
        return [visible(each) for each in self.own.of("subscription").values()]

    def read(self) -> None:
        def plan(found: dict[str, Any]) -> Plan:
            return PLANS[[f"prod_{each}" for each in PLANS].index(objects.price_of(found)["product"])]

        attempt = BILLING.of(self.workspace).attempt
        session = None if attempt is None else self.own.of("checkout_session").get(attempt.session or "")
        closed = (session["id"],) if session is not None and session["status"] != "open" else ()
        seen = tuple(objects.subscription(each, plan(each)) for each in self.subscriptions())
        self.do(SeeSubscriptions(customer="cus_1", subscriptions=seen, closed=closed))

    @rule(
        plan=st.sampled_from(PLANS), interval=st.sampled_from(("month", "year")), again=st.booleans(), cut=st.booleans()
    )
    def checkout(self, plan: Plan, interval: Any, again: bool, cut: bool) -> None:
        """As `http/billing/checkout.py` does it: read, begin, expire what is open, make. cut: it dies before making."""
        self.read()
        price = f"price_{plan}_{interval}"
        wanted = BeginCheckout(
            plan=plan, interval=interval, price=price, locale="en", back="https://x.example", again=again
        )
        try:
            self.do(wanted)
        except Conflict:
            return
        attempt = BILLING.of(self.workspace).attempt
        if cut or attempt is None or attempt.session is not None:
            return
        for session in self.own.of("checkout_session").values():
            if session["status"] == "open":
                life.expire(self.world, self.own, session)
        made = self._session(price, attempt.trial, int(attempt.expires_at.timestamp()))
        self.do(KeepSession(attempt=attempt.number, session=made["id"]))

    def _session(self, price: str, trial: bool, ends: int) -> dict[str, Any]:
        id_ = self.world.id("cs_test")
        made = {
            "id": id_, "mode": "subscription", "status": "open", "url": "x", "customer": "cus_1", "expires_at": ends,
            "_price": price, "_trial_days": 7 if trial else 0, "_subscription_metadata": {}, "payment_status": "unpaid",
            "currency": "brl", "amount_total": 0 if trial else self.own.get("price", price)["unit_amount"],
        }  # fmt: skip
        self.own.of("checkout_session")[id_] = made
        return made

    @rule(old=st.booleans())
    def pay(self, old: bool) -> None:
        """In the newest tab, or in the oldest that is open."""
        tabs = [each for each in self.own.of("checkout_session").values() if each["status"] == "open"]
        if tabs:
            life.pay(self.world, self.own, tabs[0 if old else -1])

    @rule(days=st.integers(0, 40))
    def wait(self, days: int) -> None:
        self.at += timedelta(days=days, minutes=7)
        life.pass_time(self.world)

    @rule(how=st.sampled_from(("now", "later", "starter", "business")))
    def portal(self, how: str) -> None:
        alive = [each for each in self.own.of("subscription").values() if each["status"] in COUNTS]
        if not alive:
            return
        if how == "now":
            life.cancel(self.world, self.own, alive[-1])
        elif how == "later":
            life.cancel_at_period_end(self.world, self.own, alive[-1])
        else:
            life.change_price(self.world, self.own, alive[-1], self.own.get("price", f"price_{how}_month"))

    @rule(declines=st.booleans())
    def card(self, declines: bool) -> None:
        self.own.of("customer")["cus_1"]["_declines"] = declines

    @rule(plan=st.sampled_from(PLANS), days=st.none() | st.integers(1, 60))
    def grant(self, plan: Plan, days: int | None) -> None:
        until = None if days is None else self.at + timedelta(days=days)
        self.do(GrantLicence(plan=plan, until=until, by=9))

    @rule()
    def revoke(self) -> None:
        self.do(RevokeLicence(by=9))

    @rule()
    def sync(self) -> None:
        """What was heard is read, once for all of it: reads of a workspace come one after the other."""
        if self.reads:
            self.reads = 0
            self.read()

    def hear(self, event: dict[str, Any]) -> str:
        coroutine = self.hearing.hear(event)
        try:
            coroutine.send(None)
        except StopIteration as done:
            return str(done.value)
        raise AssertionError("hearing waited for something")

    @precondition(lambda self: self.world.events)
    @rule(place=st.integers(0, 10_000), times=st.integers(1, 3))
    def webhook(self, place: int, times: int) -> None:
        """Any of all that ever happened, so late and so often."""
        for time in range(times):
            said = self.hear(self.world.events[place % len(self.world.events)])
            assert said in (("taken", "known", "ignored") if not time else ("known", "ignored"))

    @precondition(lambda self: self.world.events)
    @rule(place=st.integers(0, 10_000), how=st.sampled_from(("mode", "account", "nobody")))
    def webhook_of_another(self, place: int, how: str) -> None:
        """It is not ours, whatever it says: nothing is read for it."""
        event = deepcopy(self.world.events[place % len(self.world.events)])
        event["id"] += how
        if how == "mode":
            event["livemode"] = True
        elif how == "account":
            event["account"] = "acct_stranger"
        else:
            event["data"]["object"]["customer"] = "cus_stranger"
        before = self.reads
        assert self.hear(event) in ("ignored", "unknown")
        assert self.reads == before

    @invariant()
    def there_are_never_two(self) -> None:
        assert sum(each["status"] in COUNTS for each in self.subscriptions()) <= 1

    @invariant()
    def the_free_days_are_given_once(self) -> None:
        assert sum(each["trial_end"] is not None for each in self.subscriptions()) <= 1

    @precondition(lambda self: self.own.of("subscription"))
    @rule(order=st.randoms(use_true_random=False), lost=st.booleans())
    def all_is_told_in_the_end(self, order: Any, lost: bool) -> None:
        """By webhooks in any order, of which the last one leads to a read; or, all lost, by the night's comparison."""
        events = list(self.world.events)
        order.shuffle(events)
        for event in [] if lost else events:
            self.hear(event)
        if lost or self.reads:
            self.reads = 0
            self.read()
        licence = BILLING.of(self.workspace).licence
        paid = [
            each["items"]["data"][0]["price"]["product"][5:]
            for each in self.subscriptions()
            if each["status"] in COUNTS
        ]
        trial = ["professional"] if self.at < START + timedelta(days=14) else []
        expected = max([*paid, *trial, "starter"], key=PLANS.index)
        if licence is not None and (licence.until is None or self.at < licence.until):
            expected = licence.plan
        assert plan_of(self.workspace, self.at) == expected


TestTruth = Truth.TestCase
TestTruth.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
