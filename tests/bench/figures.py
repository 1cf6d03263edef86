"""Rows of the table, and the little statistics behind them."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from msgspec import Struct

__all__ = ["Row", "median", "percentile", "spread"]


class Row(Struct, frozen=True, kw_only=True):
    """One line of the table.

    met: None where no aim is set. value: None where nothing could be measured; `note` then says why.
    more: further numbers of the same measurement, by name, for the JSON file.
    """

    part: str
    what: str
    value: float | None
    unit: str
    aim: str = ""
    met: bool | None = None
    note: str = ""
    more: dict[str, float] = {}  # noqa: RUF012  # msgspec copies an empty default


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies (nearest rank); 0 when there is none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float]) -> float:
    """How far the rounds lie apart: half the range, as a share of the median."""
    middle = median(values)
    return (max(values) - min(values)) / 2 / middle if middle else 0.0
