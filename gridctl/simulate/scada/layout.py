"""Which outstations there are. A device's id and kind depend on its number alone, not on ports and units."""

from dataclasses import dataclass
from typing import Literal

OutstationKind = Literal["feeder", "breaker", "transformer"]

# A bay: two feeders, each with the breaker that follows it, and the transformer that supplies both.
BAY: tuple[OutstationKind, ...] = ("feeder", "breaker", "feeder", "breaker", "transformer")
UNITS_MAX = 247  # what a Modbus address can name


@dataclass(frozen=True)
class Outstation:
    """One device; `number` counts from 1 through all ports, `unit_id` from 1 on each port."""

    number: int
    port_index: int
    unit_id: int

    @property
    def kind(self) -> OutstationKind:
        """What it is."""
        return kind_of(self.number)

    @property
    def device_id(self) -> str:
        """Its id, for example `feeder-001`."""
        return device_id_of(self.number)

    @property
    def bay(self) -> int:
        """The bay it stands in."""
        return (self.number - 1) // len(BAY)


def kind_of(number: int) -> OutstationKind:
    """Return what the outstation of a number is."""
    return BAY[(number - 1) % len(BAY)]


def device_id_of(number: int) -> str:
    """Return the id of the outstation of a number."""
    return f"{kind_of(number)}-{number:03d}"


def feeder_of(number: int) -> int:
    """Return the number of the feeder that an outstation belongs to; a transformer counts to the bay's first."""
    at = (number - 1) % len(BAY)
    return number - (at if kind_of(number) == "transformer" else at % 2)


def outstations(ports: int, units: int) -> list[Outstation]:
    """Return the outstations of `ports` TCP ports with `units` each."""
    return [Outstation(port * units + unit, port, unit) for port in range(ports) for unit in range(1, units + 1)]
