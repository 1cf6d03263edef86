"""What the collector of cycles is told when a server has started."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from plixa.collector import keep_out_of_the_way


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    thresholds, frozen = gc.get_threshold(), gc.get_freeze_count()
    yield
    gc.unfreeze()
    if frozen:
        gc.freeze()
    gc.set_threshold(*thresholds)


def test_what_is_there_at_the_start_is_not_walked_again() -> None:
    keep_out_of_the_way()
    walked = len(gc.get_objects())
    assert gc.get_freeze_count() > 50 * walked


def test_cycles_that_come_later_are_still_found() -> None:
    keep_out_of_the_way()
    cycle: list[object] = []
    cycle.append(cycle)
    del cycle
    assert gc.isenabled()
    assert gc.collect() >= 1
