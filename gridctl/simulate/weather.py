"""Synthetic weather of a temperate place on the northern half: a pure function of time, seed and event."""

from dataclasses import dataclass
from typing import NamedTuple

from gridctl.simulate.draws import TURN, between, number, sine

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
YEAR_MS = 31_556_952_000  # the Gregorian mean; the seasons stay where they are for centuries

MEAN_MC = 11_000
SEASON_MC = 11_000
DAILY_MC = 4_500
NOISE_MC = 3_000
NOISE_STEP_MS = 6 * HOUR_MS
COLDEST_MS = 20 * DAY_MS  # 20 January
WARMEST_OF_DAY_MS = 15 * HOUR_MS
EVENT_BELOW_MC = 12_000  # an event in a season colder than this is a cold snap, else a heat wave
COLD_SNAP_MC = -15_000
HEAT_WAVE_MC = 13_000


class Outdoor(NamedTuple):
    """Outdoor air: thousandths of a degree Celsius, and thousandths of relative humidity."""

    temperature_mc: int
    humidity_permille: int


@dataclass(frozen=True)
class WeatherEvent:
    """A cold snap or a heat wave: from a time to before a time, UTC epoch milliseconds."""

    from_ms: int
    to_ms: int

    def strength_permille(self, at_ms: int) -> int:
        """Return how much of the event is felt: it comes and goes over an eighth of its length."""
        ramp_ms = max(1, (self.to_ms - self.from_ms) // 8)
        return max(0, min(1000, (at_ms - self.from_ms) * 1000 // ramp_ms, (self.to_ms - at_ms) * 1000 // ramp_ms))


@dataclass(frozen=True)
class Weather:
    """The weather of one seed."""

    seed: int
    event: WeatherEvent | None = None

    def at(self, at_ms: int) -> Outdoor:
        """Return the outdoor air at a time (UTC epoch milliseconds)."""
        daily = DAILY_MC * sine((at_ms - WARMEST_OF_DAY_MS) * TURN // DAY_MS + TURN // 4) // 1000
        temperature = _season_mc(at_ms) + daily + self._noise(at_ms, NOISE_MC, "temperature")
        humidity = 700 - daily * 35 // 1000 + self._noise(at_ms, 120, "humidity")
        if self.event is not None:
            temperature += self.event_shift_mc() * self.event.strength_permille(at_ms) // 1000
        return Outdoor(temperature, max(150, min(1000, humidity)))

    def event_shift_mc(self) -> int:
        """Return by how much the event moves the temperature at its height; 0 without an event."""
        if self.event is None:
            return 0
        return COLD_SNAP_MC if _season_mc(self.event.from_ms) < EVENT_BELOW_MC else HEAT_WAVE_MC

    def _noise(self, at_ms: int, height: int, what: str) -> int:
        step, rest = divmod(at_ms, NOISE_STEP_MS)
        nodes = [number(2 * height + 1, self.seed, what, at) - height for at in (step, step + 1)]
        return between(nodes, rest, NOISE_STEP_MS)


def _season_mc(at_ms: int) -> int:
    return MEAN_MC - SEASON_MC * sine((at_ms - COLDEST_MS) * TURN // YEAR_MS + TURN // 4) // 1000
