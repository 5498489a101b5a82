"""What the grid state is: for each device two registers, and for each circuit a sum over its devices.

The registers are maxima over the set of a device's events, ordered by (event time, frame bytes): SEEN over all of
them, GOOD over the good ones. A maximum does not depend on order or repetition, so neither does the state. The
script of the Redis adapter does the same; property tests compare the two.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import NamedTuple
from zlib import crc32

SHARDS = 16
NO_CIRCUIT = "UNKNOWN"


class Register(NamedTuple):
    """One event as the state keeps it. Power is integer milliwatts; `frame` is the event as it came from Kafka."""

    event_time_ms: int
    power_mw: int
    good: bool
    kind: str
    circuit_id: str
    frame: bytes

    @property
    def rank(self) -> tuple[int, bytes]:
        """The order of a device's events: the newer one counts, at one time the one with the greater bytes."""
        return self.event_time_ms, self.frame


class DeviceState(NamedTuple):
    """The newest good event (None: none yet) and the newest event of any quality, often the same."""

    good: Register | None
    seen: Register

    @property
    def current(self) -> Register:
        """The event that counts in the circuit's total and that readers are shown."""
        return self.good or self.seen


class Outcome(Enum):
    """What became of an event; the value is the status byte of the script.

    CONTESTED: another event of the same device and time is there; the processor finds out whether one of the two is
    a dead letter.
    """

    APPLIED = ord("A")
    DUPLICATE = ord("D")
    STALE = ord("S")
    CONTESTED = ord("C")


EFFECTS = {Outcome.APPLIED: "applied", Outcome.STALE: "stale", Outcome.DUPLICATE: "duplicates"}
"""The outcomes that a store counts, each event once when it is decided; a contested one may end as a dead letter."""


class CircuitTotal(NamedTuple):
    """Power of a circuit's devices in milliwatts, and how many there are."""

    power_mw: int
    devices: int


def shard_of(device_id: bytes) -> int:
    """Return the shard of a device: CRC-32 of its id, the same on every machine."""
    return crc32(device_id) % SHARDS


def judge(stored: DeviceState | None, event: Register) -> Outcome:
    """Say what a store does with an event."""
    if stored is None:
        return Outcome.APPLIED
    rivals = same_time(stored, event)
    if any(rival == event for rival in rivals):
        return Outcome.DUPLICATE
    if rivals:
        return Outcome.CONTESTED
    return Outcome.STALE if merge(stored, event) == stored else Outcome.APPLIED


def merge(stored: DeviceState | None, event: Register) -> DeviceState:
    """Return the state with the event: each register is the greatest of its events, whatever came first."""
    if stored is None:
        return DeviceState(event if event.good else None, event)
    seen = max(stored.seen, event, key=lambda register: register.rank)
    if not event.good:
        return DeviceState(stored.good, seen)
    if stored.good is None:
        return DeviceState(event, seen)
    return DeviceState(max(stored.good, event, key=lambda register: register.rank), seen)


def same_time(stored: DeviceState, event: Register) -> list[Register]:
    """Return the registers that hold an event of the same time, SEEN first."""
    registers = (stored.seen, stored.good)
    return [held for held in registers if held is not None and held.event_time_ms == event.event_time_ms]


def totals(devices: Mapping[str, DeviceState]) -> dict[str, CircuitTotal]:
    """Return the total of every circuit that has a device."""
    return add_up((state.current.circuit_id, CircuitTotal(state.current.power_mw, 1)) for state in devices.values())


def add_up(parts: Iterable[tuple[str, CircuitTotal]]) -> dict[str, CircuitTotal]:
    """Return the sums of partial totals by circuit."""
    sums: dict[str, CircuitTotal] = {}
    for circuit_id, part in parts:
        sofar = sums.get(circuit_id, CircuitTotal(0, 0))
        sums[circuit_id] = CircuitTotal(sofar.power_mw + part.power_mw, sofar.devices + part.devices)
    return sums
