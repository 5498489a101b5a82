"""The wiring of scaling: pictures."""

from pathlib import Path

from gridctl.cli.extras import extra
from gridctl.scaling.simulation import Outcome


def draw(outcome: Outcome, title: str, partitions: int, path: Path) -> None:
    """Write the picture of a simulation; UsageProblem where the extra `plot` is not installed."""
    with extra("plot", "--plot"):
        from gridctl.adapters import scale_plot

        scale_plot.draw(outcome, title, partitions, path)
