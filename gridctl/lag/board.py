"""The last measurement, for those who ask while the next one is made."""

from collections.abc import Sequence
from typing import NamedTuple

from gridctl.lag.looks import Looks
from gridctl.lag.samples import Sample, samples
from gridctl.lag.source import Look, measurement_of


class _Taken(NamedTuple):
    """`taken_s` is monotonic time from before anything was asked: the measurement is at most so old."""

    samples: Sequence[Sample]
    taken_s: float


class Board:
    """Judges looks, and holds what the last one amounts to. One writes and many read: it is replaced as a whole.

    A measurement that is older than `max_age_s` is nothing: it says what was, and machines act on what is. A partition
    is STALLED where its commit has not moved for `stalled_after_s`.
    """

    def __init__(self, max_age_s: float, stalled_after_s: float) -> None:
        self._max_age_s = max_age_s
        self._looks = Looks(stalled_after_s * 1000)
        self._last: _Taken | None = None

    def take(self, look: Look, measured_ms: int, taken_s: float) -> None:
        """Replace the measurement; it is compared with the newest look that is old enough to show a stall."""
        measurement = measurement_of(look, self._looks.take(look, taken_s * 1000))
        # Made once, however often it is asked for.
        self._last = _Taken(tuple(samples(measurement, measured_ms)), taken_s)

    def problem(self, now_s: float) -> str | None:
        """Say why there is nothing to go by, or None."""
        if self._last is None:
            return "the lag was not measured yet"
        age_s = now_s - self._last.taken_s
        return f"the lag was last measured {age_s:.0f} s ago" if age_s > self._max_age_s else None

    def samples(self, now_s: float) -> Sequence[Sample]:
        """Return the samples to go by; of a measurement that is too old only when it was made."""
        if self._last is None:
            return ()
        return self._last.samples if self.problem(now_s) is None else self._last.samples[:1]
