"""The live view: the running demo as text, for a terminal that is redrawn and for a log that is not."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from gridctl.local.demo.run import Look

ROWS = 6


class Rates:
    """Readings a second, from one look to the next."""

    def __init__(self) -> None:
        self._before = (0.0, 0)

    def of(self, look: Look) -> float:
        """Return the rate since the look before."""
        then_s, counted = self._before
        done = sum(look.effects.values())
        self._before = (look.elapsed_s, done)
        return (done - counted) / max(look.elapsed_s - then_s, 0.001)


def line(look: Look, rate: float, letters: Mapping[str, Any]) -> str:
    """Return one line that says it all, for where nothing can be redrawn."""
    p50, p99 = _percentiles(look)
    return (
        f"{look.elapsed_s:5.1f} s  sent {_sent(look)}  applied {look.effects['applied']} ({rate:.0f}/s)  "
        f"lag {look.lag}  latency p50 {p50} p99 {p99}  dead letters {letters['total']}"
        + "".join(f"  {reason} {count}" for reason, count in list(letters["by_reason"].items())[:3])
    )


def screen(look: Look, rate: float, letters: Mapping[str, Any], circuits: Sequence[Mapping[str, Any]]) -> Group:
    """Return the view for a terminal."""
    p50, p99 = _percentiles(look)
    head = Text(
        f"{look.elapsed_s:.0f} s   sent {_sent(look)}   in Kafka {sum(look.records.values())}   "
        f"applied {look.effects['applied']} ({rate:.0f}/s)   lag {look.lag}   latency p50 {p50}, p99 {p99}",
        "bold",
    )
    beside = Table.grid(padding=(0, 3))
    beside.add_row(
        _counts("dead letters by reason", letters["by_reason"]),
        _counts("by firmware", letters["by_firmware"]),
        _state(circuits),
    )
    return Group(head, beside)


def _sent(look: Look) -> int:
    return sum(look.sent.values()) + look.unanswered


def _percentiles(look: Look) -> tuple[str, str]:
    values = (look.latency_ms.get(name) for name in ("p50", "p99"))
    p50, p99 = ("-" if value is None else f"{value:.0f} ms" for value in values)
    return p50, p99


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    table = Table(title, "letters", box=None)
    for name, count in list(counts.items())[:ROWS]:
        table.add_row(name, str(count))
    return table


def _state(circuits: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("circuit", "kW", "devices", box=None)
    for row in circuits[:ROWS]:
        table.add_row(row["circuit_id"], f"{row['power_w'] / 1000:.1f}", str(row["devices"]))
    return table
