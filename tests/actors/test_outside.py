"""Effects that may be done twice, as their owners and the log see them."""

from __future__ import annotations

import json
from itertools import count

import pytest
from tests.actors.given import NOON

from plixa import features
from plixa.actors.whatsapp.number import NUMBER, Number
from plixa.engine.actor import EffectDone, EffectFailed, EffectStarting, EffectUncertain, Moment
from plixa.engine.events import Event
from plixa.engine.outside import EffectAgain, EffectBegun, EffectOver, decide_over
from plixa.features import kinds
from plixa.storage.eventlog.codec import decode_event, encode_event

NOW = Moment(NOON, count())


def test_the_waits_between_two_tries_grow_up_to_a_limit() -> None:
    spec = features.effects()["gateway.read"]
    assert [spec.rest(tries).total_seconds() for tries in (0, 1, 2, 3, 4, 5, 1000)] == [2, 2, 8, 32, 128, 300, 300]


def test_only_what_is_over_is_noted() -> None:
    done = EffectDone(effect_id="x", result={})
    lost = EffectFailed(effect_id="x", reason="no", permanent=True)
    assert decide_over(None, done, NOW) == [EffectOver(effect_id="x")]
    assert decide_over(None, lost, NOW) == [EffectOver(effect_id="x", reason="no")]
    starting, doubt = EffectStarting(effect_id="x"), EffectUncertain(effect_id="x", reason="cut off")
    again = EffectFailed(effect_id="x", reason="no", permanent=False)
    assert [decide_over(None, each, NOW) for each in (starting, doubt, again)] == [[], [], []]


EARLIER = [
    EffectBegun(effect_id="restart-1"),
    EffectAgain(effect_id="restart-1", at=NOON, reason="no", away=True),
    EffectOver(effect_id="restart-1"),
]


@pytest.mark.parametrize("event", EARLIER, ids=lambda event: event.type)
def test_what_earlier_releases_have_stored_is_read_and_folded(event: Event) -> None:
    stored = encode_event(event, None, "x")
    assert decode_event(event.type, event.schema, json.loads(stored), None, "x") == event
    for kind in kinds().values():
        kind.evolve(kind.initial(1), event)


def test_a_number_is_not_at_work_any_more_once_its_effect_is_over() -> None:
    number = Number(id=1, under_way="restart-1")
    assert NUMBER.evolve(number, EARLIER[-1]).under_way is None
    assert NUMBER.evolve(number, EffectOver(effect_id="restart-0")).under_way == "restart-1"
