"""Rows of the table, and the little statistics behind them."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from msgspec import Struct

__all__ = ["Row", "median", "noise", "percentile", "spread"]


class Row(Struct, frozen=True, kw_only=True):
    """One line of the table.

    met: None where no aim is set. value: None where nothing could be measured; `note` then says why.
    rounds: what `value` is the median of. more: further numbers of the same measurement, by name. Both are for the
    JSON file.
    """

    part: str
    what: str
    value: float | None
    unit: str
    aim: str = ""
    met: bool | None = None
    note: str = ""
    rounds: list[float] = []
    more: dict[str, float] = {}  # msgspec copies an empty default


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies (nearest rank); 0 when there is none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def noise(values: Sequence[float]) -> str:
    """How noisy the rounds were, in words; nothing to say of a single one."""
    return f"; rounds ±{spread(values):.0%}" if len(values) > 1 else ""


def spread(values: Sequence[float]) -> float:
    """How far the rounds lie apart: half the range, as a share of the median."""
    middle = median(values)
    return (max(values) - min(values)) / 2 / middle if middle else 0.0
