"""When a fleet reports: ticks at a fixed interval, closer together during a weather event."""

from dataclasses import dataclass
from typing import Self

from gridctl.simulate.weather import WeatherEvent

BURST_SPEED = 4
ENDLESS_BURST = (10, 40)  # without an end there is no middle third: the event spans these ticks


@dataclass(frozen=True)
class Schedule:
    """Ticks of a run; `ticks` is None for a run without end. The burst is a range of ticks, empty without one."""

    start_ms: int
    interval_ms: int
    ticks: int | None
    burst: range = range(0)

    @classmethod
    def plan(cls, start_ms: int, interval_ms: int, ticks: int | None, *, burst: bool) -> Self:
        """Return the schedule; a burst takes the middle third of the run (at least one tick)."""
        ticks_of_burst = range(0)
        if burst and ticks is None:
            ticks_of_burst = range(*ENDLESS_BURST)
        elif burst and ticks is not None:
            ticks_of_burst = range(ticks // 3, max(ticks // 3 + 1, 2 * ticks // 3))
        return cls(start_ms, interval_ms, ticks, ticks_of_burst)

    def in_burst(self, tick: int) -> bool:
        """Say whether the devices report faster at this tick."""
        return tick in self.burst

    def interval_at(self, tick: int) -> int:
        """Return the milliseconds from this tick to the next."""
        return max(1, self.interval_ms // BURST_SPEED) if self.in_burst(tick) else self.interval_ms

    def time_ms(self, tick: int) -> int:
        """Return the time of a tick."""
        fast = max(0, min(tick, self.burst.stop) - self.burst.start) if self.burst else 0
        return self.start_ms + (tick - fast) * self.interval_ms + fast * max(1, self.interval_ms // BURST_SPEED)

    def event(self) -> WeatherEvent | None:
        """Return the weather event behind the burst."""
        return WeatherEvent(self.time_ms(self.burst.start), self.time_ms(self.burst.stop)) if self.burst else None
