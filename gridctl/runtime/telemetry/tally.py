"""Values added up by a histogram's bounds. The cost of a value is that of sorting it."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple, Self

from gridctl.runtime.telemetry.names import Metric


class Tally(NamedTuple):
    """How many values lie up to each bound and above the one before, the last beyond all; sum, least and greatest."""

    counts: tuple[int, ...]
    total: float
    low: float
    high: float

    def plus(self, other: Self) -> "Tally":
        """Return both together; they must have the same bounds."""
        counts = tuple(map(int.__add__, self.counts, other.counts))
        return Tally(counts, self.total + other.total, min(self.low, other.low), max(self.high, other.high))


def tally_of(metric: Metric, value_s: float) -> Tally:
    """Return one value."""
    counts = [0] * (len(metric.bounds_s) + 1)
    counts[bisect_left(metric.bounds_s, value_s)] = 1
    return Tally(tuple(counts), value_s, value_s, value_s)


def ages(metric: Metric, times_ms: list[int], now_ms: int) -> tuple[Tally | None, int]:
    """Return the ages in seconds of epoch times, and how many lie after `now_ms`: those have none. Sorts the list.

    None in place of the tally of no age at all.
    """
    times_ms.sort()
    end = bisect_right(times_ms, now_ms)
    ahead = len(times_ms) - end
    if ahead:
        times_ms = times_ms[:end]
    if not times_ms:
        return None, ahead
    counts, older = [], end
    for bound_ms in _bounds_ms(metric.bounds_s):
        younger, older = older, bisect_left(times_ms, now_ms - bound_ms, 0, older)
        counts.append(younger - older)
    total_ms = end * now_ms - sum(times_ms)
    tally = Tally((*counts, older), total_ms / 1000, (now_ms - times_ms[-1]) / 1000, (now_ms - times_ms[0]) / 1000)
    return tally, ahead


def _bounds_ms(bounds_s: Sequence[float]) -> list[int]:
    return [round(bound_s * 1000) for bound_s in bounds_s]
