"""The picture of a recorded lag: offsets above, the age of the oldest record below, over the same time."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from gridctl.adapters.figure import require_suffix, save
from gridctl.lag.model import LagClass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from gridctl.lag.recorded import Point

COLOURS = ("#1b5e8c", "#b3442f", "#1b7f5c", "#8a5fa8", "#b08a2e", "#4d4d4d")
# Behind the lines, where something is wrong with a group; what is not known is also a gap in its line.
SHADES = {LagClass.UNKNOWN: "#d9d9d9", LagClass.RETENTION_LOST: "#f2c4bb", LagClass.STALLED: "#f6e3b4"}


def draw(series: Mapping[str, Sequence[Point]], title: str, path: Path) -> None:
    """Write the picture as PNG or HTML; UsageProblem for another name, or where it cannot be written."""
    require_suffix(path)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    begin_ms, nan = next(iter(series.values()))[0].at_ms, float("nan")
    for (name, points), colour in zip(series.items(), COLOURS * len(series), strict=False):
        times = [_minutes(point, begin_ms) for point in points]
        lags = [nan if point.lag is None else point.lag for point in points]
        ages = [nan if point.time_lag_s is None else point.time_lag_s for point in points]
        above.plot(times, lags, color=colour, label=name, marker=".", markersize=3)
        below.plot(times, ages, color=colour, marker=".", markersize=3)
        least = [(time, point.lag_is_at_least) for time, point in zip(times, points, strict=True) if point.lag is None]
        if known := [each for each in least if each[1] is not None]:
            above.plot(
                *zip(*known, strict=True),
                color=colour,
                linestyle="",
                marker="^",
                markersize=4,
                label=f"{name}: at least",
            )
    _shade(series, (above, below), begin_ms)
    above.set_ylabel("lag, offsets")
    above.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    below.set_ylabel("age of the oldest record, s")
    below.set_xlabel(f"minutes since {datetime.fromtimestamp(begin_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}")
    for axes in (above, below):
        axes.set_ylim(bottom=0)
        axes.spines[["top", "right"]].set_visible(False)
    above.set_title(title, loc="left")
    above.legend(loc="best", frameon=False, fontsize=9)
    save(figure, path, title)


def _minutes(point: Point, begin_ms: int) -> float:
    return (point.at_ms - begin_ms) / 60_000


def _shade(series: Mapping[str, Sequence[Point]], panels: Sequence[Axes], begin_ms: int) -> None:
    """Shade from each measurement to the next the worst that is wrong with one of the groups."""
    labelled: set[LagClass] = set()
    points = list(zip(*series.values(), strict=True))
    worst = [min((point.worst for point in each), key=list(LagClass).index) for each in points]
    start = 0
    for found, run in groupby(worst):
        end = start + len(list(run))
        if found in SHADES:
            last = _minutes(points[min(end, len(points) - 1)][0], begin_ms)
            for axes in panels:
                label = found.value if axes is panels[0] and found not in labelled else None
                axes.axvspan(_minutes(points[start][0], begin_ms), last, color=SHADES[found], linewidth=0, label=label)
            labelled.add(found)
        start = end
