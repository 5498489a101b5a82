"""What every fleet has in common: when it reports, blocks of devices, numbering, and the share with faulty firmware.

Ticks come at a fixed interval, closer together during a weather event.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

from gridctl.simulate.draws import octets
from gridctl.simulate.faults import FAULT_NAMES, SHARE_UNIT, Shape, faulty_devices, malformed
from gridctl.simulate.weather import Weather, WeatherEvent

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


BLOCK = 1024
# Devices do not report in the same millisecond; a prime spreads the numbers over the interval.
PHASE_STEP = 7919


@dataclass(frozen=True)
class FleetPlan:
    """What a fleet is made from. `faulty_ppm` is the share with faulty firmware, in millionths."""

    devices: int
    seed: int
    schedule: Schedule
    faulty_ppm: int = 0


@dataclass(frozen=True)
class Packet:
    """One packet of one device; `fault` is empty when the packet is well formed."""

    device_id: str
    payload: bytes
    fault: str


class Fleet(ABC):
    """A fleet whose state lies in compact arrays; `begin_tick` once, then `advance` over blocks of devices."""

    kind: str
    prefix: str
    about: str  # the first line of its command's help
    shape: Shape
    octets_each = 1

    def __init__(self, plan: FleetPlan) -> None:
        self.plan = plan
        self.weather = Weather(plan.seed, plan.schedule.event())
        self.tick = 0
        self._noise_of: tuple[int, int] = (-1, -1)
        self._noise = b""

    def begin_tick(self, tick: int, at_ms: int) -> None:
        """Prepare what all devices share at this tick: weather, prices of the hour, tables."""
        self.tick = tick
        self.prepare(at_ms, self.plan.schedule.interval_at(tick), burst=self.plan.schedule.in_burst(tick))

    @abstractmethod
    def prepare(self, at_ms: int, step_ms: int, *, burst: bool) -> None:
        """Compute what all devices share for a step of `step_ms` that ends at `at_ms`."""

    @abstractmethod
    def advance(self, first: int, last: int, base_ms: int, spread_ms: int) -> list[str]:
        """Move the devices [first, last), all of one block, and return their well-formed lines.

        Event times lie in [base_ms, base_ms + spread_ms), at a phase that is each device's own.
        """

    def device_id(self, index: int) -> str:
        """Return the id of the device at an index."""
        return f"{self.prefix}-{index + 1:07d}"

    def lines(self, first: int, last: int, base_ms: int, spread_ms: int) -> list[str]:
        """Return one line a device of [first, last), faults included; characters are bytes (Latin-1)."""
        lines = self.advance(first, last, base_ms, spread_ms)
        for index in faulty_devices(first, last, self.plan.faulty_ppm):
            lines[index - first] = malformed(lines[index - first], self.fault_of(index), self.shape)
        return lines

    def packets(self, first: int, last: int, base_ms: int) -> list[Packet]:
        """Return one packet a device of [first, last), all at one time."""
        faulty = set(faulty_devices(first, last, self.plan.faulty_ppm))
        return [
            Packet(self.device_id(index), line.encode("latin-1"), self.fault_of(index) if index in faulty else "")
            for index, line in enumerate(self.lines(first, last, base_ms, 1), start=first)
        ]

    def fault_of(self, index: int) -> str:
        """Return what a faulty device does wrong at this tick; it takes its faults in turn."""
        nth = index * self.plan.faulty_ppm // SHARE_UNIT
        return FAULT_NAMES[(nth + self.tick) % len(FAULT_NAMES)]

    def noise(self, first: int) -> bytes:
        """Return this tick's random bytes of the block that holds `first`, `octets_each` a device."""
        wanted = (self.tick, first // BLOCK)
        if wanted != self._noise_of:
            self._noise_of = wanted
            self._noise = octets(BLOCK * self.octets_each, self.plan.seed, self.kind, *wanted)
        return self._noise
