"""The plot of the comparison: client CPU per event, a panel a case."""

from pathlib import Path
from typing import Any

COLOURS = {"gridstream": "#1b7f5c", "with telemetry": "#1b7f5c", "raw client": "#9aa5b1", "raw + Pydantic": "#9aa5b1"}
PEER_COLOUR = "#4a78b0"


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Write the plot as PNG; smaller is better."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(11, 3.8), constrained_layout=True)
    for panel, case in zip(panels, ("ingest", "process"), strict=True):
        chosen = sorted((row for row in rows if row["case"] == case), key=lambda row: -row["cpu_us_per_event"])
        names = [row["system"] for row in chosen]
        values = [row["cpu_us_per_event"] for row in chosen]
        bars = panel.barh(names, values, color=[COLOURS.get(name, PEER_COLOUR) for name in names])
        panel.bar_label(bars, labels=[f"{value:.1f}" for value in values], padding=3)
        panel.set_title(f"{case}: client CPU, µs per event (smaller is better)", fontsize=10)
        panel.set_xlim(0, max(values) * 1.15)
        panel.spines[["top", "right"]].set_visible(False)
    run = rows[0]["run"]
    figure.supxlabel(
        f"{run['date']}, {run['cores']} cores, Python {run['python']}, broker {run['broker']}, "
        f"{run['events']:,} events, median of {run['rounds']} interleaved rounds",
        fontsize=8,
        color="#555555",
    )
    figure.savefig(path, dpi=120)
    plt.close(figure)
