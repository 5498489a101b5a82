"""Values added up by a histogram's bounds. The cost of a value is that of sorting it."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import add
from typing import NamedTuple

from gridctl.runtime.telemetry.names import Metric


class Tally(NamedTuple):
    """How many values lie up to each bound and above the one before, the last beyond all; sum, least and greatest."""

    counts: Sequence[int]
    total: float
    low: float
    high: float

    def plus(self, other: "Tally") -> "Tally":
        """Return both together; they must have the same bounds."""
        counts = list(map(add, self[0], other[0]))
        return Tally(counts, self[1] + other[1], min(self[2], other[2]), max(self[3], other[3]))


def tally_of(metric: Metric, value_s: float) -> Tally:
    """Return one value."""
    counts = [0] * (len(metric.bounds_s) + 1)
    counts[bisect_left(metric.bounds_s, value_s)] = 1
    return Tally(counts, value_s, value_s, value_s)


def ages(metric: Metric, times_ms: list[int], now_ms: int) -> tuple[Tally | None, int]:
    """Return the ages in seconds of epoch times, and how many lie after `now_ms`: those have none. Sorts the list.

    None in place of the tally of no age at all.
    """
    times_ms.sort()  # nearly in order, as they come
    end = bisect_right(times_ms, now_ms)
    ahead = len(times_ms) - end
    if not end:
        return None, ahead
    if ahead:
        times_ms = times_ms[:end]
    counts, older = [0] * (len(metric.bounds_ms) + 1), end
    for place, bound_ms in enumerate(metric.bounds_ms):
        younger, older = older, bisect_left(times_ms, now_ms - bound_ms, 0, older)
        counts[place] = younger - older
        if not older:
            break
    counts[-1] = older
    total_ms = end * now_ms - sum(times_ms)
    return Tally(counts, total_ms / 1000, (now_ms - times_ms[-1]) / 1000, (now_ms - times_ms[0]) / 1000), ahead
