"""When a device is polled: at whole multiples of its interval on the wall clock, shifted by its phase.

Due times come from the clock and not from the end of the poll before, so nothing drifts, and a restart goes on with
the same grid of times. Waiting is on the monotonic clock. Times never repeat and never go back.
"""


class Slots:
    """The due times of one device; times come in as arguments."""

    def __init__(self, interval_ms: int, phase_ms: int, wall_ms: float, monotonic_s: float) -> None:
        self._interval_ms = interval_ms
        self._phase_ms = phase_ms
        self._offset_ms = wall_ms - monotonic_s * 1000
        self._slot = self._slot_at(monotonic_s) + 1

    @property
    def due_ms(self) -> int:
        """When the poll is due, on the wall clock."""
        return self._slot * self._interval_ms + self._phase_ms

    @property
    def due_s(self) -> float:
        """When the poll is due, on the monotonic clock."""
        return (self.due_ms - self._offset_ms) / 1000

    def advance(self, wall_ms: float, monotonic_s: float) -> int:
        """Go on to the next poll that is not yet due; return how many between were missed.

        A wall clock that was set forward (or a machine that slept) moves the due times along. One that was set back
        does not: event times would repeat.
        """
        ahead_ms = wall_ms - monotonic_s * 1000 - self._offset_ms
        if ahead_ms > self._interval_ms:
            self._offset_ms += ahead_ms
        expected = self._slot + 1
        self._slot = max(expected, self._slot_at(monotonic_s) + 1)
        return self._slot - expected

    def _slot_at(self, monotonic_s: float) -> int:
        return int((monotonic_s * 1000 + self._offset_ms - self._phase_ms) // self._interval_ms)
