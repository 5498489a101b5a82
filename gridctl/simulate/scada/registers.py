"""The register tables of the outstations, in the vocabulary of Telegraf's Modbus plugin."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gridctl.simulate.scada.layout import OutstationKind

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
