"""Rates: how often who may do what."""

from __future__ import annotations

import threading
import time

import pytest

from plixa.engine.errors import RateLimited
from plixa.http.api.limits import Limits


class Hands:
    """A clock's hands, to be moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.at)


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    """The clock by which rates are counted."""
    return Hands(monkeypatch)


def refused(limits: Limits, rate: str, *subject: str) -> int | None:
    """The seconds to wait; None where there is room."""
    try:
        limits.spend(rate, *subject)
    except RateLimited as error:
        return error.retry_after
    return None


def test_a_window_moves(hands: Hands) -> None:
    limits, taken = Limits(), list[int | None]()
    for _ in range(4):
        taken.append(refused(limits, "3/minute", "a"))
        hands.at += 10
    assert taken == [None, None, None, 30]
    hands.at = 1060.0  # the first is a minute ago, and what was refused does not count
    assert [refused(limits, "3/minute", "a") for _ in range(2)] == [None, 10]


def test_each_subject_and_each_rate_has_its_own(hands: Hands) -> None:
    limits = Limits()
    assert [refused(limits, rate, *subject) for rate in ("1/minute", "1/hour") for subject in (("a",), ("a", "b"))] == [
        None
    ] * 4
    assert [refused(limits, rate, "a") for rate in ("1/minute", "1/hour")] == [60, 3600]


def test_what_is_counted_anyway_is_counted_where_nothing_is_refused(hands: Hands) -> None:
    limits = Limits(enabled=False)
    assert [limits.first("1/minute", "a"), limits.first("1/minute", "a")] == [True, False]
    assert [refused(limits, "1/minute", "b") for _ in range(2)] == [None, None]


def test_who_came_once_is_not_kept_for_ever(hands: Hands) -> None:
    limits = Limits()
    for number in range(1000):
        limits.spend("60/minute", str(number))
    assert len(limits) == 1000
    for _ in range(600):
        hands.at += 1
        refused(limits, "60/minute", "a")
    assert len(limits) == 1


def test_a_use_starts_no_thread() -> None:
    limits, threads = Limits(), threading.active_count()
    limits.spend("60/minute", "a")
    assert threading.active_count() == threads
