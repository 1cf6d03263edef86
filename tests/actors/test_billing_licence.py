"""Licences, and the plan that follows from licence, subscription and trial."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given, strategies as st
from tests.kinds import WORKSPACE, workspace

from plixa.actors.billing import licences
from plixa.actors.billing.commands import BeginCheckout, GrantLicence, RevokeLicence, SeeSubscriptions, until_of
from plixa.actors.billing.events import LicenceEnding, LimitsCompared
from plixa.actors.billing.state import BILLING, Billing, Plan, Subscription
from plixa.actors.notifications.mail import MailRequested
from plixa.actors.workspace.plans import PLANS, limits_of, plan_of
from plixa.actors.workspace.state import Member, NumberRef, Regional, Workspace
from plixa.engine.actor import Moment, TimerFired
from plixa.engine.errors import Invalid

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAN_NAMES: tuple[Plan, ...] = ("starter", "professional", "business")


def at(when: datetime = NOW) -> Moment:
    return Moment(at=when, ids=count(1000))


def turn(house: Workspace, command: Any, now: Moment | None = None) -> tuple[Workspace, list[Any]]:
    """The workspace after a command, and what happened."""
    events = list(WORKSPACE.decide(house, command, now or at()))
    for event in events:
        house = WORKSPACE.evolve(house, event)
    return house, events


def house(**fields: Any) -> Workspace:
    owner = Member(1, "Ana", "ana@plixa.example", "owner")
    return workspace(**{"id": 7, "name": "Padaria", "members": {1: owner}, **fields})


def subscribed(plan: Plan | None, status: str = "active") -> Billing:
    return Billing(customer="cus_1", subscription=Subscription(id="sub_1", status=status, price="price_x", plan=plan))


@pytest.mark.spec(59, 61)
def test_a_licence_unlocks_features_and_seats_at_once_whatever_stripe_says() -> None:
    poor = house(billing=subscribed("starter"))
    rich, _ = turn(poor, GrantLicence(plan="business", by=9, reason="a partner"))
    assert limits_of(rich, NOW) == PLANS["business"]
    assert BILLING.of(rich).subscription == BILLING.of(poor).subscription


@pytest.mark.spec(60)
def test_a_licence_without_an_end_is_for_life_and_one_with_an_end_ends() -> None:
    forever, _ = turn(house(), GrantLicence(plan="professional", by=9))
    assert plan_of(forever, NOW + timedelta(days=40_000)) == "professional"
    until = NOW + timedelta(days=31)
    brief, _ = turn(house(), GrantLicence(plan="professional", until=until, by=9))
    assert plan_of(brief, until - timedelta(seconds=1)) == "professional"
    assert plan_of(brief, until) == "starter"


@pytest.mark.parametrize(
    ("granted", "months", "until"),
    [
        (datetime(2027, 1, 31, 15, tzinfo=UTC), 1, datetime(2027, 2, 28, 15, tzinfo=UTC)),
        (datetime(2028, 1, 31, 15, tzinfo=UTC), 1, datetime(2028, 2, 29, 15, tzinfo=UTC)),
        # 23:30 of 31 January in São Paulo is February in UTC: the month is counted where the workspace is
        (datetime(2027, 2, 1, 2, 30, tzinfo=UTC), 1, datetime(2027, 3, 1, 2, 30, tzinfo=UTC)),
        (datetime(2027, 3, 10, 12, tzinfo=UTC), 120, datetime(2037, 3, 10, 12, tzinfo=UTC)),
    ],
)
def test_months_are_counted_in_the_workspaces_zone(granted: datetime, months: int, until: datetime) -> None:
    brazil = house(regional=Regional(timezone="America/Sao_Paulo"))
    assert until_of(brazil, granted, months) == until
    assert until_of(brazil, granted, None) is None


@pytest.mark.spec(62)
def test_revoking_falls_back_to_what_is_paid_for_at_stripe() -> None:
    licensed, _ = turn(house(billing=subscribed("professional")), GrantLicence(plan="business", by=9))
    back, _ = turn(licensed, RevokeLicence(by=9))
    assert plan_of(back, NOW) == "professional"
    assert turn(back, RevokeLicence(by=9))[1] == []


def test_granting_replaces() -> None:
    first, _ = turn(house(), GrantLicence(plan="business", by=9))
    second, _ = turn(first, GrantLicence(plan="professional", until=NOW + timedelta(days=90), by=9))
    assert plan_of(second, NOW) == "professional"


def test_a_licence_that_is_over_already_is_refused() -> None:
    with pytest.raises(Invalid):
        turn(house(), GrantLicence(plan="business", until=NOW, by=9))


def test_the_owners_are_told_30_and_7_days_before_its_end_and_not_again() -> None:
    until = NOW + timedelta(days=60)
    state, _ = turn(house(), GrantLicence(plan="business", until=until, by=9))
    told: list[datetime] = []
    while (due := licences.due(state)) is not None:
        state, events = turn(state, TimerFired(name="licence", due=due), at(due))
        assert [type(each) for each in events] == [LicenceEnding, MailRequested]
        told.append(due)
    assert told == [until - timedelta(days=30), until - timedelta(days=7)]


def test_of_a_licence_that_is_short_only_what_is_ahead_is_told() -> None:
    state, _ = turn(house(), GrantLicence(plan="business", until=NOW + timedelta(days=10), by=9))
    assert licences.due(state) == NOW + timedelta(days=3)


CASES = st.tuples(st.none() | st.sampled_from(PLAN_NAMES), st.none() | st.sampled_from(PLAN_NAMES), st.booleans())


@given(CASES, st.sampled_from(["trialing", "active", "past_due", "unpaid", "paused", "canceled", "incomplete", "new"]))
def test_the_plan_is_the_licences_else_the_better_of_stripes_and_the_trials(
    case: tuple[Plan | None, Plan | None, bool], status: str
) -> None:
    licensed, paid, on_trial = case
    state = house(
        billing=subscribed(paid, status), trial_ends_at=NOW + timedelta(days=1) if on_trial else NOW - timedelta(days=1)
    )
    if licensed is not None:
        state, _ = turn(state, GrantLicence(plan=licensed, by=9))
    counted = [paid] if paid is not None and status in ("trialing", "active", "past_due") else []
    best = max([*counted, "professional" if on_trial else "starter"], key=PLAN_NAMES.index)
    assert plan_of(state, NOW) == (licensed or best)


def test_over_the_limits_nothing_goes_and_the_owner_is_told_once() -> None:
    numbers = {id_: NumberRef(id_, f"n{id_}") for id_ in range(8)}
    big = house(billing=subscribed("business"), numbers=numbers)
    smaller = Subscription(id="sub_1", status="active", price="price_y", plan="starter")
    after, events = turn(big, SeeSubscriptions(customer="cus_1", subscriptions=(smaller,)))
    assert [each.over for each in events if isinstance(each, LimitsCompared)] == [("numbers",)]
    assert [each.template for each in events if isinstance(each, MailRequested)] == ["over_limits"]
    assert after.numbers == numbers
    assert turn(after, SeeSubscriptions(customer="cus_1", subscriptions=(smaller,)))[1] == []


def test_the_end_of_the_trial_is_compared_with_once() -> None:
    ends = NOW + timedelta(days=14)
    state = house(trial_ends_at=ends, numbers={id_: NumberRef(id_, f"n{id_}") for id_ in range(2)})
    assert WORKSPACE.timers(state)["limits"] == ends
    after, events = turn(state, TimerFired(name="limits", due=ends), at(ends))
    assert [each.over for each in events if isinstance(each, LimitsCompared)] == [("numbers",)]
    assert "limits" not in WORKSPACE.timers(after)


def test_what_the_owners_know_is_over_already_is_not_told_again_when_the_trial_ends_too() -> None:
    ends = NOW + timedelta(days=14)
    numbers = {id_: NumberRef(id_, f"n{id_}") for id_ in range(8)}
    big = house(billing=subscribed("business"), numbers=numbers, trial_ends_at=ends)
    smaller = Subscription(id="sub_1", status="active", price="price_y", plan="professional")
    after, events = turn(big, SeeSubscriptions(customer="cus_1", subscriptions=(smaller,)))
    assert "over_limits" in [each.template for each in events if isinstance(each, MailRequested)]
    later, events = turn(after, TimerFired(name="limits", due=ends), at(ends))
    assert not [each for each in events if isinstance(each, MailRequested)]
    smallest = Subscription(id="sub_1", status="active", price="price_z", plan="starter")
    _, events = turn(later, SeeSubscriptions(customer="cus_1", subscriptions=(smallest,)), at(ends))
    assert "over_limits" in [each.template for each in events if isinstance(each, MailRequested)]


@pytest.mark.parametrize(
    ("status", "free"), [("canceled", False), ("active", False), ("incomplete_expired", True), ("incomplete", True)]
)
def test_the_free_days_are_used_up_by_a_subscription_that_ever_ran(status: str, free: bool) -> None:
    state = house(billing=Billing(customer="cus_1"))
    for each in (status, "incomplete_expired"):
        seen = Subscription(id="sub_1", status=each, price="price_x", plan="starter")
        state, _ = turn(state, SeeSubscriptions(customer="cus_1", subscriptions=(seen,)))
    wanted = BeginCheckout(plan="starter", interval="month", price="price_x", locale="en", back="https://x.example")
    begun, _ = turn(state, wanted)
    attempt = BILLING.of(begun).attempt
    assert attempt is not None
    assert attempt.trial is free
