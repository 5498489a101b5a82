"""What a run of the processor did: counts, and how old events were when they took effect."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

EXACT_BITS = 10  # values below 1024 ms are kept exactly, greater ones to one part in 512


class Latencies:
    """A histogram of milliseconds that takes the same memory however many values it has seen."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def add(self, values_ms: Iterable[int]) -> None:
        """Add latencies; one below zero (a device's clock is ahead of ours) counts as zero."""
        self._counts.update(map(_rounded, values_ms))

    def percentile(self, share: float) -> float | None:
        """Return the latency in ms that `share` (0 to 1) of the values do not exceed; None without values."""
        left = share * self._counts.total()
        for value in sorted(self._counts):
            left -= self._counts[value]
            if left <= 0:
                return float(value)
        return None


def _rounded(value_ms: int) -> int:
    if value_ms < 1 << EXACT_BITS:
        return max(value_ms, 0)
    shift = value_ms.bit_length() - EXACT_BITS
    return value_ms >> shift << shift


@dataclass
class Summary:
    """Counts of records by what became of them; `consumed` is the sum of the other four."""

    applied: int = 0
    duplicates: int = 0
    stale: int = 0
    dead_lettered: int = 0
    latencies: Latencies = field(default_factory=Latencies)

    @property
    def consumed(self) -> int:
        """Records whose effect is done and committed."""
        return self.applied + self.duplicates + self.stale + self.dead_lettered

    def as_json(self, duration_s: float) -> Mapping[str, Any]:
        """Return the stable JSON of `gridctl process`."""
        return {
            "consumed": self.consumed,
            "applied": self.applied,
            "duplicates": self.duplicates,
            "stale": self.stale,
            "dead_lettered": self.dead_lettered,
            "duration_s": round(duration_s, 3),
            "latency_ms": {"p50": self.latencies.percentile(0.5), "p99": self.latencies.percentile(0.99)},
        }
