"""Whatever three nodes and their database go through, a workspace has one owner: see `tests/engine/schedules.py`."""

from __future__ import annotations

import pytest
from tests.engine.schedules import play


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_in_no_schedule_is_a_promise_broken(first: int) -> None:
    reads = answers = 0
    for seed in range(first, first + 20):
        played = play(seed)
        reads, answers = reads + played.reads, answers + played.answers
    assert min(reads, answers) > 20  # somebody was served
