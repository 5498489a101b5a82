"""What measures the lag of a profile's broker, and what draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridctl.cli.extras import extra

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gridctl.cli.config import Settings
    from gridctl.lag.recorded import Point
    from gridctl.lag.source import LagSource


def lag_source(settings: Settings) -> LagSource:
    """Return what reads the offsets of consumer groups."""
    from gridctl.adapters.kafka.lag import KafkaLag

    return KafkaLag(settings.endpoint("bootstrap"), settings.kafka)


def draw_lag(series: Mapping[str, Sequence[Point]], title: str, path: Path) -> None:
    """Write the picture of a recorded window; UsageProblem where the extra `plot` is not installed."""
    with extra("plot", "`lag plot`"):
        from gridctl.adapters import lag_plot

        lag_plot.draw(series, title, path)
