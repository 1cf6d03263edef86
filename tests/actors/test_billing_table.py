"""What a workspace decides about its customer, its checkouts and what a read found, case by case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from msgspec.structs import replace
from tests.kinds import WORKSPACE, workspace

from plixa.actors.billing import events as ev
from plixa.actors.billing.commands import (
    BeginCheckout,
    ForgetCustomer,
    KeepCustomer,
    KeepSession,
    KeepSums,
    Nudge,
    RaiseAlarm,
    SeeSubscriptions,
    WantSums,
)
from plixa.actors.billing.deciding import effects
from plixa.actors.billing.state import BILLING, Attempt, Billing, Invoice, Subscription, in_effect, next_look
from plixa.actors.notifications.mail import MailRequested
from plixa.actors.payments.account import ACCOUNT, Account, KeepAccount, LoseAccount, SeeAccount
from plixa.actors.workspace.state import Member, Workspace
from plixa.engine.actor import Moment
from plixa.engine.errors import Conflict
from plixa.engine.ports import Effect

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WANTED = BeginCheckout(plan="professional", interval="month", price="price_1", locale="pt-BR", back="https://x.example")
ENDS = NOW + timedelta(minutes=60)
ACTIVE = Subscription(id="sub_1", status="active", price="price_1", plan="professional")


def house(billing: Billing | None = None, **fields: Any) -> Workspace:
    people = {1: Member(1, "Ana", "ana@plixa.example", "owner"), 2: Member(2, "Bia", "bia@plixa.example", "agent")}
    return workspace(**{"id": 7, "name": "Padaria", "members": people, "billing": billing or Billing(), **fields})


def after(state: Workspace, *commands: Any, at: datetime = NOW) -> Workspace:
    for command in commands:
        for event in decided(state, command, at):
            state = WORKSPACE.evolve(state, event)
    return state


def decided(state: Workspace, command: Any, at: datetime = NOW) -> list[Any]:
    return list(WORKSPACE.decide(state, command, Moment(at=at, ids=count(1000))))


KNOWN = house(Billing(customer="cus_1"))
BEGUN = after(KNOWN, WANTED)
OPENED = after(BEGUN, KeepSession(attempt=1, session="cs_1"))


def test_a_customer_is_kept_once_and_forgotten_with_what_was_theirs() -> None:
    keep = KeepCustomer(customer="cus_1", generation=0)
    assert decided(house(), keep) == [ev.CustomerKept(customer="cus_1", generation=0)]
    assert decided(KNOWN, KeepCustomer(customer="cus_2", generation=0)) == []
    assert decided(house(Billing(generation=1)), keep) == []
    full = after(OPENED, SeeSubscriptions(customer="cus_1", subscriptions=(ACTIVE,)))
    assert decided(full, ForgetCustomer(customer="cus_2")) == []
    left = BILLING.of(after(full, ForgetCustomer(customer="cus_1")))
    assert (left.customer, left.generation, left.attempt, left.subscription) == (None, 1, None, None)
    assert (left.attempts, left.had_subscription) == (1, True)


def test_an_attempt_holds_all_that_its_call_sends() -> None:
    wanted = replace(WANTED, currency="eur")
    (begun,) = decided(
        house(Billing(customer="cus_1", attempts=4, had_subscription=True)), wanted, NOW.replace(microsecond=9)
    )
    assert begun.attempt == Attempt(
        number=5, plan="professional", interval="month", price="price_1", trial=False, customer="cus_1", currency="eur",
        locale="pt-BR", back="https://x.example", begun_at=NOW.replace(microsecond=9), expires_at=ENDS,
    )  # fmt: skip
    kept = BILLING.of(BEGUN)
    assert (kept.attempts, kept.attempt and kept.attempt.trial) == (1, True)


@pytest.mark.parametrize(
    "other",
    [
        {"plan": "business"}, {"interval": "year"}, {"price": "price_2"}, {"currency": "eur"}, {"again": True},
    ],
    ids=str,
)  # fmt: skip
def test_another_wish_is_another_attempt(other: dict[str, Any]) -> None:
    assert decided(OPENED, WANTED) == decided(BEGUN, WANTED) == []
    (begun,) = decided(OPENED, replace(WANTED, **other))
    assert (begun.attempt.number, begun.attempt.session) == (2, None)


def test_an_attempt_is_good_while_it_may_be_sent_and_a_page_until_its_end() -> None:
    for state, until in ((BEGUN, NOW + timedelta(minutes=20)), (OPENED, ENDS)):
        assert decided(state, WANTED, until - timedelta(seconds=1)) == []
        assert [type(each) for each in decided(state, WANTED, until)] == [ev.CheckoutBegun]
    assert [
        type(each)
        for each in decided(
            after(OPENED, ForgetCustomer(customer="cus_1"), KeepCustomer(customer="cus_2", generation=1)), WANTED
        )
    ] == [ev.CheckoutBegun]


@pytest.mark.parametrize(
    ("status", "refused"),
    [
        ("active", True),
        ("past_due", True),
        ("unpaid", True),
        ("new", True),
        ("canceled", False),
        ("incomplete_expired", False),
    ],
)
def test_nobody_is_sold_a_second_one_beside_what_is_alive(status: str, refused: bool) -> None:  # a parameter
    state = house(Billing(customer="cus_1", subscription=replace(ACTIVE, status=status)))
    if not refused:
        assert len(decided(state, WANTED)) == 1
        return
    with pytest.raises(Conflict) as error:
        decided(state, WANTED)
    assert error.value.code == "SUBSCRIPTION_EXISTS"


def test_without_a_customer_no_checkout_begins() -> None:
    with pytest.raises(Conflict):
        decided(house(), WANTED)


def test_a_session_is_the_newest_attempts_and_is_kept_once() -> None:
    keep = KeepSession(attempt=1, session="cs_1")
    assert decided(BEGUN, keep) == [ev.CheckoutOpened(attempt=1, session="cs_1")]
    assert decided(OPENED, keep) == decided(KNOWN, keep) == decided(BEGUN, KeepSession(attempt=2, session="cs_2")) == []
    closed = SeeSubscriptions(customer="cus_1", subscriptions=(), closed=("cs_1",))
    assert decided(OPENED, closed) == [ev.CheckoutClosed(attempt=1)]
    assert BILLING.of(after(OPENED, closed)).attempt is None
    assert decided(OPENED, replace(closed, closed=("cs_0",))) == decided(BEGUN, closed) == decided(KNOWN, closed) == []


def test_what_a_read_found_is_noted_where_it_is_news() -> None:
    see = SeeSubscriptions(customer="cus_1", subscriptions=(ACTIVE,))
    seen = after(KNOWN, see)
    assert (BILLING.of(seen).subscription, BILLING.of(seen).had_subscription) == (ACTIVE, True)
    assert decided(seen, see) == decided(house(Billing(customer="cus_2")), see) == []
    assert decided(house(Billing(customer="cus_1"), status="erased"), see) == []
    unknown = replace(ACTIVE, price="price_9", plan=None)
    strange = after(seen, replace(see, subscriptions=(unknown,)))
    assert BILLING.of(strange).subscription == replace(unknown, plan="professional")
    assert BILLING.of(strange).alarms == ("unknown_price:price_9",)
    assert (
        BILLING.of(after(KNOWN, replace(see, subscriptions=(replace(ACTIVE, status="incomplete"),)))).had_subscription
        is False
    )


def test_a_decline_is_told_the_owners_once_a_failure() -> None:
    def letters(state: Workspace, status: str) -> list[tuple[str, int | None]]:
        found = decided(state, SeeSubscriptions(customer="cus_1", subscriptions=(replace(ACTIVE, status=status),)))
        return [(each.template, each.user_id) for each in found if isinstance(each, MailRequested)]

    late = house(Billing(customer="cus_1", subscription=replace(ACTIVE, status="past_due", amount=1)))
    paid = house(Billing(customer="cus_1", subscription=replace(ACTIVE, amount=1)))
    assert letters(KNOWN, "past_due") == letters(paid, "past_due") == [("payment_failed", 1)]
    assert letters(late, "past_due") == letters(paid, "active") == letters(late, "active") == []


def test_alarms_are_raised_once_each_for_what_counts() -> None:
    def told(state: Workspace, *found: Subscription) -> list[str]:
        events = decided(state, SeeSubscriptions(customer="cus_1", subscriptions=found))
        return [f"{each.what}:{each.ref}" for each in events if isinstance(each, ev.Alarmed)]

    two, gone = replace(ACTIVE, id="sub_2"), replace(ACTIVE, id="sub_3", status="canceled", plan=None)
    assert told(KNOWN, two, ACTIVE) == ["two_subscriptions:sub_1,sub_2"]
    assert told(KNOWN, ACTIVE, gone) == told(KNOWN, replace(two, status="unpaid"), ACTIVE) == []
    assert told(KNOWN, replace(ACTIVE, plan=None), replace(gone, status="unpaid")) == ["unknown_price:price_1"]
    known = after(KNOWN, RaiseAlarm(what="two_subscriptions", ref="sub_1,sub_2"))
    assert told(known, two, ACTIVE) == decided(known, RaiseAlarm(what="two_subscriptions", ref="sub_1,sub_2")) == []


def test_a_bill_is_counted_once_and_anew_where_it_was_never_written_down() -> None:
    bill = Invoice(id="in_1", status="paid", amount=1, currency="brl", period_start=NOW, period_end=ENDS)
    see = SeeSubscriptions(customer="cus_1", subscriptions=(), invoices=(bill,))
    assert decided(KNOWN, see) == [ev.PeriodClosed(invoice=bill)]
    seen = after(KNOWN, see)
    assert decided(seen, see) == []
    keep, want = KeepSums(invoice="in_1", after=3, upto=9, sums=()), WantSums(invoice="in_1")
    assert decided(seen, keep) == [ev.PeriodSummed(invoice="in_1", after=3, upto=9, sums=())]
    assert decided(seen, want) == [ev.SumsWanted(invoice="in_1", at=NOW)]
    summed, erased = after(seen, keep), house(Billing(customer="cus_1"), status="erased")
    assert [decided(state, command) for state in (summed, erased) for command in (keep, want)] == [[]] * 4
    assert decided(erased, Nudge(event_id="evt_1", about="x")) == []
    assert decided(KNOWN, Nudge(event_id="evt_1", about="x")) == [ev.Nudged(event_id="evt_1", about="x")]
    counting = Effect("stripe-sums-in_1", "stripe.sums", "stripe-sums", "stripe", {"invoice": "in_1"})
    assert list(effects(seen, ev.PeriodClosed(invoice=bill))) == [counting]
    (anew,) = effects(seen, ev.SumsWanted(invoice="in_1", at=NOW))
    assert (anew.id, anew.request) == (f"stripe-sums-in_1-{NOW.timestamp():.0f}", {"invoice": "in_1"})
    sync = Effect("stripe-sync-evt_1", "stripe.sync", "stripe", "stripe", {})
    assert list(effects(seen, ev.Nudged(event_id="evt_1", about="x"))) == [sync]


def test_of_several_the_newest_that_counts_is_the_workspaces() -> None:
    old, new = replace(ACTIVE, id="old", created=NOW), replace(ACTIVE, id="new", created=ENDS)
    assert in_effect([old, new]) == in_effect([new, old]) == new
    assert in_effect([old, replace(new, status="unpaid")]) == old
    assert in_effect([replace(old, status="unpaid"), replace(new, status="canceled")]) == replace(old, status="unpaid")
    assert in_effect([replace(old, status="canceled"), replace(new, status="canceled")]) == replace(
        new, status="canceled"
    )
    assert (in_effect([]), in_effect([replace(ACTIVE, created=None), old])) == (None, old)


def test_the_truth_is_looked_at_an_hour_after_what_should_happen_next() -> None:
    hour, six = timedelta(hours=1), timedelta(hours=6)
    dated = replace(ACTIVE, period_end=ENDS, trial_end=NOW, cancel_at=ENDS + hour)
    assert next_look(Billing()) is None
    assert next_look(Billing(subscription=dated)) == NOW + hour
    assert next_look(Billing(subscription=replace(dated, status="canceled"))) is None
    assert next_look(Billing(subscription=dated, looked_at=NOW + hour)) == ENDS + hour
    assert next_look(Billing(subscription=replace(ACTIVE, period_end=ENDS), looked_at=ENDS + hour)) == ENDS + hour + six
    assert next_look(Billing(subscription=replace(ACTIVE, period_end=ENDS), looked_at=NOW)) == ENDS + hour
    attempt = BILLING.of(OPENED).attempt
    assert next_look(Billing(attempt=attempt)) == ENDS + timedelta(minutes=5)
    assert next_look(Billing(attempt=attempt, looked_at=ENDS + hour)) == ENDS + hour + six


def test_a_payments_account_is_one_at_a_time_and_each_new_one_has_a_number() -> None:
    keep = KeepAccount(account="acct_1", generation=0)
    kept = after(house(), keep)
    assert ACCOUNT.of(kept) == Account(id="acct_1", generation=0)
    assert decided(kept, KeepAccount(account="acct_2", generation=0)) == []
    see = SeeAccount(account="acct_1", ready=False, detail="requirements.past_due")
    seen = after(kept, see)
    assert ACCOUNT.of(seen) == Account(id="acct_1", ready=False, detail="requirements.past_due", seen_at=NOW)
    assert decided(seen, see) == decided(seen, replace(see, account="acct_2", ready=True)) == []
    assert [len(decided(seen, replace(see, **each))) for each in ({"ready": True}, {"detail": None})] == [1, 1]
    assert len(decided(kept, SeeAccount(account="acct_1", ready=False))) == 1  # the first look is news in any case
    assert decided(seen, LoseAccount(account="acct_2")) == []
    lost = after(seen, LoseAccount(account="acct_1"))
    assert ACCOUNT.of(lost) == Account(generation=1)
    assert decided(lost, keep) == []
    assert ACCOUNT.of(after(lost, KeepAccount(account="acct_2", generation=1))) == Account(id="acct_2", generation=1)
