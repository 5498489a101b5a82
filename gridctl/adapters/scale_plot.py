"""The picture of a simulation: lag above, pods below, over the same minutes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from gridctl.adapters.figure import require_suffix, save

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from gridctl.scaling.simulation import Outcome

_LAG, _PODS, _READY, _MISSING = "#b3442f", "#1b5e8c", "#7fb2d6", "#d9d9d9"


def draw(outcome: Outcome, title: str, partitions: int, path: Path) -> None:
    """Write the picture as PNG or HTML; UsageProblem for another name, or where it cannot be written."""
    require_suffix(path)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    moments = outcome.timeline
    minutes = [moment.t_s / 60 for moment in moments]
    above.plot(minutes, [moment.lag for moment in moments], color=_LAG)
    above.set_ylabel("lag, records")
    above.set_ylim(bottom=0)
    above.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    below.step(minutes, [moment.desired for moment in moments], where="post", color=_PODS, label="pods asked for")
    below.step(minutes, [moment.ready for moment in moments], where="post", color=_READY, label="pods ready")
    below.axhline(partitions, color="#555555", linewidth=0.8, linestyle=":", label=f"{partitions} partitions")
    below.set_ylabel("pods")
    below.set_xlabel("minutes")
    below.yaxis.get_major_locator().set_params(integer=True)
    below.set_ylim(0, 1.35 * max(partitions, outcome.max_replicas))  # the legend stands above
    for axes in (above, below):
        _shade_missing(axes, outcome)
        axes.spines[["top", "right"]].set_visible(False)
    below.legend(loc="upper right", frameon=False, ncols=4, fontsize=9)
    drained = "never drains" if outcome.drained_s is None else f"drained in {outcome.drained_s} s"
    above.set_title(f"{title}: {drained}, {outcome.max_replicas} pods at most, {outcome.flaps} flaps", loc="left")
    save(figure, path, title)


def _shade_missing(axes: Axes, outcome: Outcome) -> None:
    """Shade the time in which the autoscaler could not read the lag."""
    label: str | None = "lag not readable"
    for moment, after in pairwise(outcome.timeline):
        if moment.metric_missing:
            axes.axvspan(moment.t_s / 60, after.t_s / 60, color=_MISSING, linewidth=0, label=label)
            label = None
