"""Money: what a call costs, and that caps hold whatever the order of things."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from plixa.actors.ai import budget, prompts
from plixa.actors.ai.budget import OverCap, Price, Spend
from plixa.actors.ai.values import DialogueTurn, Faq, Knowledge, ReplyRequest

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CAP = 1000


def test_prices_are_those_of_the_models_family_and_rather_too_high() -> None:
    assert budget.price_of("gpt-4.1-mini-2025-04-14") == budget.price_of("gpt-4.1-mini") == Price(400_000, 1_600_000)
    assert budget.price_of("gpt-4.1-2025-04-14") == budget.price_of("gpt-4.1")
    assert budget.price_of("some-model-of-ones-own") == budget.UNKNOWN
    assert budget.price_of("embedded") == Price(0, 0)


def test_cost_is_rounded_up() -> None:
    assert budget.cost(Price(400_000, 1_600_000), 1000, 100) == 560
    assert budget.cost(Price(400_000, 1_600_000), 1, 0) == 1
    assert budget.cost(Price(0, 0), 10**9, 10**9) == 0


@given(st.text(max_size=300))
def test_an_estimate_grows_with_the_text_and_covers_the_longest_answer(text: str) -> None:
    def estimate(said: str) -> int:
        knowledge = Knowledge(description="x", faqs=(Faq(1, "q", "a"),))
        request = ReplyRequest(knowledge=knowledge, turns=(DialogueTurn("user", said),), now=NOW)
        return budget.estimate(prompts.reply(request), "gpt-4.1-mini")

    assert estimate("a" + text + "b" * 300) >= estimate("a") >= budget.cost(budget.price_of("gpt-4.1-mini"), 300, 700)


def test_a_reservation_is_refused_with_the_reason() -> None:
    spend = budget.reserve(Spend(), "a", 900, CAP, NOW)
    assert isinstance(spend, Spend)
    refused = budget.reserve(spend, "b", 200, CAP, NOW)
    assert isinstance(refused, OverCap)
    assert refused.note == (
        "The AI budget of this month is used up: $0.0009 of $0.001 are spent or reserved, "
        "and this call may cost $0.0002."
    )
    assert isinstance(budget.reserve(spend, "b", 200, 0, NOW), Spend)  # no cap


def test_doing_it_twice_changes_nothing() -> None:
    once = budget.reserve(Spend(), "a", 300, CAP, NOW)
    assert isinstance(once, Spend)
    assert budget.reserve(once, "a", 300, CAP, NOW) == once
    settled = budget.settle(once, "a", 200, NOW)
    assert (settled.spent, settled.committed) == (200, 200)
    assert budget.settle(settled, "a", 200, NOW) == budget.release(settled, "a", NOW) == settled
    assert budget.release(once, "a", NOW).committed == 0


def test_a_new_month_starts_at_nothing_and_pays_what_is_under_way() -> None:
    spend = budget.reserve(Spend("2026-11", 950), "a", 50, CAP, NOW)
    assert isinstance(spend, Spend)
    later = datetime(2026, 12, 1, tzinfo=UTC)
    assert budget.settle(spend, "a", 40, later) == Spend("2026-12", 40)
    assert budget.rolled(Spend("2026-12", 40), NOW) == Spend("2026-12", 40)  # a clock that runs backwards


@pytest.mark.parametrize("offset", [-3, 0, 9])
def test_the_month_is_utcs_whatever_the_zone(offset: int) -> None:
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC).astimezone(timezone(timedelta(hours=offset)))
    assert budget.rolled(Spend(), late).month == "2026-11"


class Spending(RuleBasedStateMachine):
    """Any order of steps: the books add up, and no reservation goes over the cap."""

    def __init__(self) -> None:
        super().__init__()
        self.spend = Spend()
        self.now = NOW
        self.open: dict[str, int] = {}
        self.paid = 0
        self.over = 0

    @rule(key=st.sampled_from("abcde"), micros=st.integers(0, 600))
    def reserve(self, key: str, micros: int) -> None:
        before = self.spend.committed if self.spend.month == f"{self.now:%Y-%m}" else sum(self.open.values())
        outcome = budget.reserve(self.spend, key, micros, CAP, self.now)
        if isinstance(outcome, OverCap):
            assert before + micros > CAP
        else:
            self._keep(outcome)
            self.open.setdefault(key, micros)

    @rule(key=st.sampled_from("abcde"), micros=st.integers(0, 900))
    def settle(self, key: str, micros: int) -> None:
        self._keep(budget.settle(self.spend, key, micros, self.now))
        if key in self.open:
            self.over += max(0, micros - self.open.pop(key))
            self.paid += micros

    @rule(key=st.sampled_from("abcde"))
    def release(self, key: str) -> None:
        self._keep(budget.release(self.spend, key, self.now))
        self.open.pop(key, None)

    @rule()
    def next_month(self) -> None:
        self.now += timedelta(days=31)

    def _keep(self, spend: Spend) -> None:
        if spend.month != self.spend.month:
            self.paid = 0
        self.spend = spend

    @invariant()
    def books_add_up(self) -> None:
        assert self.spend.reserved == self.open
        assert self.spend.spent == self.paid
        assert self.spend.committed <= CAP + self.over


TestSpending = Spending.TestCase
