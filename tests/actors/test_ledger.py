"""The ledger of AI calls: what is set aside is settled, by whoever made the call or, where nobody is left, in time."""

from __future__ import annotations

from datetime import timedelta

from tests.actors.given import NOON, Given

from plixa.actors.ai.ledger import ABANDONED_AFTER, LEDGER, Reserve, Settle, SpendSettled
from plixa.engine.actor import TimerFired


def ledger() -> Given:
    return Given(LEDGER, LEDGER.initial(1))


def reserve(key: str, conversation_id: int | None = 5) -> Reserve:
    return Reserve(key=key, micros=300, workspace_cap=1000, conversation_cap=1000, conversation_id=conversation_id)


def due(books: Given) -> TimerFired:
    (timer,) = LEDGER.timers(books.state).items()
    return TimerFired(*timer)


def test_a_call_that_nobody_settles_is_settled_with_its_estimate() -> None:
    books = ledger()
    books.when(reserve("a"))
    timer = due(books)
    assert timer.due == NOON + ABANDONED_AFTER
    assert books.when(timer, after=ABANDONED_AFTER.total_seconds()) == [
        SpendSettled(key="a", micros=300, at=timer.due, conversation_id=5)
    ]
    assert books.state.workspace.reserved == {}
    assert books.state.workspace.spent == books.state.conversations[5].spent == 300
    assert LEDGER.timers(books.state) == {}
    assert books.when(Settle(key="a", micros=10, conversation_id=5)) == []  # its caller was only slow


def test_only_what_is_long_over_counts_as_abandoned() -> None:
    books = ledger()
    books.when(reserve("a"))
    books.when(reserve("b", conversation_id=None), after=60)
    books.when(reserve("c"), after=60)
    books.when(Settle(key="a", micros=10, conversation_id=5))
    timer = due(books)
    assert timer.due == NOON + timedelta(seconds=60) + ABANDONED_AFTER
    assert [event.key for event in books.when(timer, after=(timer.due - books.at).total_seconds())] == ["b"]  # type: ignore[attr-defined]
    assert set(books.state.under_way) == {"c"}


def test_a_timer_that_comes_early_settles_nothing() -> None:
    books = ledger()
    books.when(reserve("a"))
    assert books.when(due(books), after=60) == []
