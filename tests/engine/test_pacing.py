"""Rates, pauses, doubts, turns: the small parts that say when. On a clock that jumps."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
import trio
from tests.engine.talker import TrioClock
from trio.testing import MockClock, wait_all_tasks_blocked

from plixa.engine import backoff as pauses
from plixa.engine.actor import EffectDone, EffectFailed, EffectUncertain
from plixa.engine.backoff import Backoff
from plixa.engine.fair import FairLimiter, FairPool, Turns
from plixa.engine.pace import DOUBT_AT_MOST, DOUBT_LASTS, PAUSE_LONGEST, Doubt, Pace

AWAY = EffectFailed(effect_id="1", reason="nobody there", permanent=False, away=True)
REFUSED = EffectFailed(effect_id="1", reason="no", permanent=False)
DONE = EffectDone(effect_id="1", result={})


# -- a rate -----------------------------------------------------------------------------------------------------------


async def test_a_rate_spaces_those_who_come_together_and_not_those_who_come_late(mock_clock: MockClock) -> None:
    pace, went = Pace(2.0), list[float]()

    async def go() -> None:
        await pace.wait()
        went.append(trio.current_time())

    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(go)
    await trio.sleep(100)
    await go()
    assert [round(at - began, 6) for at in went] == [0, 2, 4, 104]


async def test_a_far_end_that_is_away_is_asked_after_doubling_pauses_up_to_the_longest(mock_clock: MockClock) -> None:
    pace, waits = Pace(0.0), list[float]()
    for _ in range(9):
        pace.heard(AWAY)
        began = trio.current_time()
        await pace.wait()
        waits.append(round(trio.current_time() - began, 6))
    assert waits == [0.5, 1, 2, 4, 8, 16, PAUSE_LONGEST, PAUSE_LONGEST, PAUSE_LONGEST]


@pytest.mark.parametrize("word", [DONE, REFUSED], ids=["done", "refused"])
async def test_any_word_from_the_far_end_ends_the_growing(
    mock_clock: MockClock, word: EffectDone | EffectFailed
) -> None:
    pace = Pace(0.0)
    for report in (AWAY, AWAY, word):
        pace.heard(report)
    await trio.sleep(10)
    pace.heard(AWAY)
    began = trio.current_time()
    await pace.wait()
    assert trio.current_time() - began == pytest.approx(0.5)


async def test_a_shorter_pause_does_not_end_a_longer_one(mock_clock: MockClock) -> None:
    pace = Pace(0.0)
    for report in (AWAY, AWAY, AWAY, DONE, AWAY):  # two seconds, and then half a second
        pace.heard(report)
    began = trio.current_time()
    await pace.wait()
    assert trio.current_time() - began == pytest.approx(2)


async def test_whoever_waits_goes_at_once_when_the_far_end_is_back(mock_clock: MockClock) -> None:
    pace = Pace(0.0)
    for _ in range(8):
        pace.heard(AWAY)
    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pace.wait)
        await trio.sleep(1)
        pace.resume()
    assert trio.current_time() - began == pytest.approx(1)
    pace.heard(AWAY)
    began = trio.current_time()
    await pace.wait()
    assert trio.current_time() - began == pytest.approx(0.5)


async def test_a_doubt_is_looked_at_less_and_less_often_and_ends(mock_clock: MockClock) -> None:
    doubt, waits = Doubt(), list[float]()
    unsure = EffectUncertain(effect_id="1", reason="not there")
    began = trio.current_time()
    while not doubt.is_over(20):
        waits.append(doubt.wait())
        since = trio.current_time()
        await trio.sleep(doubt.wait())
        doubt.looked(since, unsure)
    assert waits[:6] == [1, 2, 4, 8, 15, 15]
    assert DOUBT_LASTS + 20 < trio.current_time() - began <= DOUBT_LASTS + 20 + 15


async def test_looks_at_which_nobody_is_there_do_not_count_but_for_the_last_limit(mock_clock: MockClock) -> None:
    doubt, away = Doubt(), EffectUncertain(effect_id="1", reason="nobody there", away=True)
    since = trio.current_time()
    await trio.sleep(DOUBT_AT_MOST)
    doubt.looked(since, away)
    assert not doubt.is_over(20)
    await trio.sleep(0.1)
    assert doubt.is_over(20)


# -- pauses -----------------------------------------------------------------------------------------------------------


async def test_trouble_rests_for_longer_each_time_and_up_to_the_longest(
    mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "uniform", lambda _least, most: most)
    backoff: Backoff[str] = Backoff(TrioClock())
    rests = [backoff.trouble("a").total_seconds() for _ in range(8)]
    assert rests == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff.trouble("b") == timedelta(seconds=1)
    assert (backoff.rests("a"), backoff.rests("c"), backoff.resting()) == (True, False, {"a", "b"})
    await trio.sleep(1)
    assert (backoff.rests("b"), backoff.resting()) == (False, {"a"})
    assert backoff.trouble("b") == timedelta(seconds=2)  # it has not been well meanwhile
    backoff.well("b")
    backoff.well("never seen")
    assert not backoff.rests("b")
    assert backoff.trouble("b") == timedelta(seconds=1)


async def test_pauses_are_spread_so_that_not_all_come_back_together(mock_clock: MockClock) -> None:
    backoff: Backoff[int] = Backoff(TrioClock())
    rests = [backoff.trouble(key).total_seconds() for key in range(200)]
    assert 0.5 <= min(rests) < 0.7 < 0.8 < max(rests) <= 1


async def test_the_rest_that_is_over_first_is_forgotten_first(
    mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the oldest trouble: it would be asked without any pause for as long as there are so many."""
    monkeypatch.setattr(pauses, "AT_MOST", 3)
    backoff: Backoff[str] = Backoff(TrioClock())
    for key in ("a", "a", "a", "a", "b", "b", "c", "d"):
        backoff.trouble(key)
    assert backoff.resting() == {"a", "b", "d"}
    await trio.sleep(3)
    assert backoff.trouble("e") < timedelta(seconds=2)
    assert backoff.resting() == {"a", "e"}
    assert backoff.trouble("a") > timedelta(seconds=7), "its count is kept"


# -- turns ------------------------------------------------------------------------------------------------------------


def test_keys_take_turns_within_their_share_and_the_whole() -> None:
    turns: Turns[str, int] = Turns(at_once=3, share=2)
    for item in range(4):
        turns.put("a", item)
    turns.put("b", 10)
    assert (turns.waiting("a"), turns.waiting("c"), turns.busy(3), turns.busy(4)) == (4, 0, {"a"}, set())
    assert [turns.take() for _ in range(4)] == [("a", 0), ("b", 10), ("a", 1), None]
    turns.over("b")
    assert turns.take() is None  # two of a: its share
    turns.over("a")
    assert turns.take() == ("a", 2)
    assert (turns.under_way, turns.waiting("a")) == (2, 1)


def test_whoever_is_over_its_share_keeps_nobody_from_going() -> None:
    turns: Turns[str, int] = Turns(at_once=5, share=1)
    for key in ("a", "a", "b"):
        turns.put(key, 0)
    assert [turns.take() for _ in range(3)] == [("a", 0), ("b", 0), None]


def test_whoever_withdraws_waits_no_longer() -> None:
    turns: Turns[str, int] = Turns(at_once=1, share=1)
    turns.put("a", 1)
    turns.put("a", 2)
    turns.put("b", 3)
    turns.withdraw("a", 1)
    turns.withdraw("b", 3)
    assert turns.take() == ("a", 2)
    turns.over("a")
    assert turns.take() is None


async def test_a_pool_runs_what_came_before_it_was_started_and_what_comes_after(mock_clock: MockClock) -> None:
    done: list[int] = []
    gate = trio.Event()

    async def work(item: int) -> None:
        await gate.wait()
        done.append(item)

    pool: FairPool[str, int] = FairPool(work, at_once=2, share=2)
    for item in range(3):
        pool.put("a", item)
    assert pool.waiting("a") == 3
    async with trio.open_nursery() as nursery:
        pool.start(nursery)
        await wait_all_tasks_blocked()
        assert (pool.waiting("a"), pool.busy(0), done) == (1, {"a"}, [])
        gate.set()
    assert sorted(done) == [0, 1, 2]


async def test_a_place_is_given_back_whatever_happens_to_its_holder(mock_clock: MockClock) -> None:
    limiter: FairLimiter[str] = FairLimiter(at_once=1, share=1)
    with pytest.raises(ZeroDivisionError):
        async with limiter.turn("a"):
            raise ZeroDivisionError
    async with limiter.turn("a"):
        assert limiter.under_way == 1
        with trio.move_on_after(1) as waited:
            async with limiter.turn("b"):
                pass
        assert waited.cancelled_caught
    assert limiter.under_way == 0
    with trio.fail_after(1):
        async with limiter.turn("b"):
            pass
