"""The table as a picture: one chart a part, ours in colour beside the others in grey, with the aims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.figures import Row
from tests.bench.report import TITLES

OURS, OTHERS = "#0f766e", "#a8a29e"


class NoMatplotlib(Exception):
    """The picture cannot be drawn; the message says what to do."""


def draw(path: Path, machine: Mapping[str, str], rows: Sequence[Row]) -> None:
    """Write the picture. Raises `NoMatplotlib`."""
    try:
        import matplotlib
    except ImportError:
        raise NoMatplotlib("matplotlib is not installed: pip install --group bench") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    charts = _charts(rows)
    heights = [_height(chart) for chart in charts]
    figure, axes = pyplot.subplots(
        len(charts),
        1,
        figsize=(11, 0.5 + sum(heights)),
        squeeze=False,
        layout="constrained",
        gridspec_kw={"height_ratios": heights},
    )
    for axis, chart in zip(axes.flat, charts, strict=True):
        _chart(axis, chart)
    figure.suptitle(f"Plixa {machine['revision']} on {machine['cores']} x {machine['processor']}", fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)


def _charts(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows that share part and unit share a scale, and so a chart."""
    charts: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.value is not None:
            charts.setdefault((row.part, row.unit), []).append(row)
    return list(charts.values())


def _height(chart: Sequence[Row]) -> float:
    """In inches: title and scale, and a bar each."""
    return 0.6 + 0.24 * len(chart)


def _chart(axis: Any, chart: Sequence[Row]) -> None:
    labels = [row.what for row in chart]
    colours = [OURS if _ours(row) else OTHERS for row in chart]
    bars = axis.barh(labels, [row.value for row in chart], color=colours)
    axis.bar_label(bars, [_label(row) for row in chart], padding=4, fontsize=7)
    axis.invert_yaxis()
    axis.margins(x=0.6)
    axis.set_title(f"({chart[0].part}) {TITLES[chart[0].part]}, {chart[0].unit}", fontsize=9, loc="left")
    axis.tick_params(labelsize=7)
    axis.spines[["top", "right"]].set_visible(False)


def _ours(row: Row) -> bool:
    return row.part in "de" or row.what.startswith("Plixa")


def _label(row: Row) -> str:
    value = f"{row.value:,.0f}" if row.value is not None and row.value >= 100 else f"{row.value:.2f}"
    verdict = {None: "", True: f"   {row.aim}  (met)", False: f"   {row.aim}  (NOT met)"}[row.met]
    return value + verdict
