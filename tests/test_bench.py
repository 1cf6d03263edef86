"""What the bench makes of what it saw."""

from __future__ import annotations

import pytest

from tests.bench.neighbours import waits
from tests.bench.options import PARTS
from tests.bench.processes import Failed
from tests.bench.report import TITLES


@pytest.mark.parametrize(
    ("dues", "arrived", "expected"),
    [
        ([0, 15], [1, 17], [1, 2]),
        ([0, 15], [16, 18], [16, 3]),  # late, each by itself
        ([0, 15], [17], [17, 2]),  # one burst, one answer
        ([0, 15, 30], [16, 31], [16, 1, 1]),
        ([0, 15, 30], [1, 32], [1, 17, 2]),
    ],
)
def test_each_message_waits_until_its_own_answer_or_its_bursts(
    dues: list[float], arrived: list[float], expected: list[float]
) -> None:
    assert waits(dues, arrived) == expected


@pytest.mark.parametrize("arrived", [[], [1.0]])
def test_a_last_message_without_an_answer_is_a_failure(arrived: list[float]) -> None:
    with pytest.raises(Failed):
        waits([0, 15], arrived)


def test_each_part_has_a_title() -> None:
    assert set(TITLES) == set(PARTS)
