"""Effects that may be done twice: how often, how far apart, and what does not count."""

from __future__ import annotations

from itertools import count

import pytest
from tests.actors.given import NOON

from plixa.engine.actor import EffectFailed, EffectUncertain, Moment
from plixa.engine.outside import EffectAgain, EffectOver, decide_harmless, marks
from plixa.engine.ports import EffectMark

NOW = Moment(NOON, count())


def again(command: EffectFailed | EffectUncertain) -> EffectAgain:
    [event] = decide_harmless(None, command, NOW)
    assert isinstance(event, EffectAgain)
    return event


def test_the_waits_between_two_tries_grow_up_to_a_limit() -> None:
    waits = [
        (again(EffectFailed(effect_id="x", reason="no", permanent=False, tries=tries)).at - NOON).total_seconds()
        for tries in (0, 1, 2, 3, 4, 5, 1000)
    ]
    assert waits == [2, 2, 8, 32, 128, 300, 300]


@pytest.mark.parametrize("away", [True, False])
def test_a_try_at_which_nobody_was_there_is_none(away: bool) -> None:
    event = again(EffectUncertain(effect_id="x", reason="no", away=away, tries=1))
    assert list(marks(event)) == [EffectMark("x", "queued", event.at, uncounted=away)]


def test_what_is_permanent_is_over() -> None:
    command = EffectFailed(effect_id="x", reason="no", permanent=True)
    assert decide_harmless(None, command, NOW) == [EffectOver(effect_id="x", reason="no")]
