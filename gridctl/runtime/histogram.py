"""One histogram of whole numbers, such as milliseconds: the same memory however many values it has seen."""

from collections import Counter
from collections.abc import Iterable


class Histogram:
    """Values below 2 to the power of `exact_bits` are kept exactly, greater ones to that many leading bits."""

    def __init__(self, exact_bits: int = 10) -> None:
        self._exact_bits = exact_bits
        self.counts: Counter[int] = Counter()

    def add(self, values: Iterable[int]) -> None:
        """Add values; one below zero counts as zero."""
        bits, limit = self._exact_bits, 1 << self._exact_bits
        self.counts.update(
            [
                max(value, 0) if value < limit else value >> (shift := value.bit_length() - bits) << shift
                for value in values
            ]
        )

    def merge(self, other: "Histogram") -> None:
        """Add all values of another one."""
        self.counts.update(other.counts)

    def percentile(self, share: float) -> float | None:
        """Return the value that `share` (0 to 1) of the values do not exceed; None without values."""
        left = share * self.counts.total()
        for value in sorted(self.counts):
            left -= self.counts[value]
            if left <= 0:
                return float(value)
        return None
