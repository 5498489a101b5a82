"""The outstations: which there are, what their registers hold, and the register map that tells a poller of it.

A device's id and kind depend on its number alone, not on ports and units. Registers are described in the vocabulary of
Telegraf's Modbus plugin; `gridctl ingest scada --map` reads the map.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

OutstationKind = Literal["feeder", "breaker", "transformer"]

# A bay: two feeders, each with the breaker that follows it, and the transformer that supplies both.
BAY: tuple[OutstationKind, ...] = ("feeder", "breaker", "feeder", "breaker", "transformer")


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


RegisterType = Literal["INT16", "UINT16", "INT32", "UINT32", "FLOAT32"]
PACKING: dict[RegisterType, str] = {"INT16": "h", "UINT16": "H", "INT32": "i", "UINT32": "I", "FLOAT32": "f"}
# SunSpec: an INT16 point that is not implemented reads 0x8000.
NOT_IMPLEMENTED_INT16 = -0x8000


@dataclass(frozen=True)
class Register:
    """One value: raw value x scale = value in `unit`; a value outside low..high is not plausible."""

    name: str
    address: int
    type: RegisterType
    scale: str
    unit: str
    low: float
    high: float


REGISTERS: dict[OutstationKind, tuple[Register, ...]] = {
    "feeder": (
        Register("voltage", 0, "UINT16", "0.001", "kV", 0.0, 15.0),
        Register("current", 1, "UINT16", "0.1", "A", 0.0, 800.0),
        Register("power_factor", 2, "INT16", "0.001", "", -1.0, 1.0),
        Register("active_power", 4, "INT32", "0.001", "kW", -12000.0, 12000.0),
        Register("frequency", 6, "UINT16", "0.001", "Hz", 45.0, 55.0),
        Register("breaker_closed", 7, "UINT16", "1.0", "", 0.0, 1.0),
        Register("energy", 8, "UINT32", "0.001", "kWh", 0.0, 4294967.295),
    ),
    "breaker": (
        Register("closed", 0, "UINT16", "1.0", "", 0.0, 1.0),
        Register("operations", 1, "UINT16", "1.0", "", 0.0, 65535.0),
        Register("voltage", 2, "UINT16", "0.001", "kV", 0.0, 15.0),
        Register("current", 3, "UINT16", "0.1", "A", 0.0, 800.0),
    ),
    "transformer": (
        Register("primary_voltage", 0, "UINT16", "0.01", "kV", 0.0, 40.0),
        Register("voltage", 1, "UINT16", "0.001", "kV", 0.0, 15.0),
        Register("current", 2, "UINT16", "0.1", "A", 0.0, 1600.0),
        Register("power_factor", 3, "INT16", "0.001", "", -1.0, 1.0),
        Register("active_power", 4, "FLOAT32", "1.0", "kW", -24000.0, 24000.0),
        Register("oil_temperature", 6, "INT16", "0.1", "degC", -40.0, 140.0),
        Register("tap", 7, "INT16", "1.0", "", -16.0, 16.0),
    ),
}
# Transformers put the low word first, as many meters do; the others do not.
BYTE_ORDERS: dict[OutstationKind, Literal["ABCD", "CDAB"]] = {
    "feeder": "ABCD",
    "breaker": "ABCD",
    "transformer": "CDAB",
}


def words_of(kind: OutstationKind, values: Mapping[str, float]) -> list[int]:
    """Return the registers from address 0 that hold these raw values; registers between the tables' are 0."""
    words: list[int] = []
    for register in REGISTERS[kind]:
        words += [0] * (register.address - len(words))
        packing = PACKING[register.type]
        value = values[register.name]
        packed = struct.pack(f">{packing}", value if packing == "f" else int(value))
        pair = [int.from_bytes(packed[at : at + 2], "big") for at in range(0, len(packed), 2)]
        words += pair[::-1] if BYTE_ORDERS[kind] == "CDAB" else pair
    return words


# Wide enough that each device is read by one request: then requests, polls and events can be counted as one.
REGISTER_FILL = 8


def map_text(fleet: Iterable[Outstation], addresses: Sequence[str], *, interval_ms: int) -> str:
    """Return the map as TOML; `addresses` are the ports' `host:port`."""
    rows = [
        "# Written by `gridctl simulate scada`; read by `gridctl ingest scada --map`.",
        f"interval_ms = {interval_ms}",
        # A poller that waits longer than this for one unit would miss the interval of the next.
        f"timeout_ms = {interval_ms * 2 // 5}",
    ]
    for device in fleet:
        rows += [
            "",
            "[[device]]",
            f'device_id = "{device.device_id}"',
            f'address = "{addresses[device.port_index]}"',
            f"unit_id = {device.unit_id}",
            f'byte_order = "{BYTE_ORDERS[device.kind]}"',
            'optimization = "max_insert"',
            f"optimization_max_register_fill = {REGISTER_FILL}",
        ]
        for register in REGISTERS[device.kind]:
            rows += [
                "[[device.field]]",
                f'name = "{register.name}"',
                'register = "holding"',
                f"address = {register.address}",
                f'type = "{register.type}"',
                f"scale = {register.scale}",
                f'unit = "{register.unit}"',
                f"min = {register.low}",
                f"max = {register.high}",
            ]
    return "\n".join(rows) + "\n"
