"""Registers to points: byte order, type and scale; what the device marks as not there becomes MISSING.

SunSpec marks a point that a device does not implement by a value at the end of its type's range, NaN for floats.
Modbus TCP has no checksum, so a value outside the map's min..max is carried, as SUSPECT.
"""

import math
import struct
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from gridctl.contracts.events import Quality
from gridctl.ingest.scada.model import ByteOrder, FieldSpec, ValueType

VALUE_MAX = 1e15
PACKING: dict[ValueType, str] = {
    "INT16": "h", "UINT16": "H", "INT32": "i", "UINT32": "I", "INT64": "q", "UINT64": "Q",
    "FLOAT16": "e", "FLOAT32": "f", "FLOAT64": "d",
}  # fmt: skip
SENTINELS: dict[ValueType, int] = {
    "INT16": -(2**15), "UINT16": 2**16 - 1, "INT32": -(2**31), "UINT32": 2**32 - 1,
    "INT64": -(2**63), "UINT64": 2**64 - 1,
}  # fmt: skip
Decode = Callable[[Sequence[int]], "Value"]


class Value(NamedTuple):
    """A decoded value and how far it can be trusted."""

    value: float | None
    quality: Quality


MISSING = Value(None, "MISSING")


def decoder_of(field: FieldSpec, byte_order: ByteOrder) -> Decode:
    """Return what turns the field's registers, or its bit, into a value."""
    raw_of = _raw_of(field, byte_order)
    missing = SENTINELS.get(field.type) if field.type and field.sentinel else None
    scale = field.scale
    # Integer times decimal scale has no more digits than the scale: 11012 x 0.001 is 11.012, not 11.012000000000001.
    exponent = Decimal(repr(scale)).as_tuple().exponent
    digits = max(0, -exponent) if isinstance(exponent, int) else 0
    low = -VALUE_MAX if field.min is None else field.min
    high = VALUE_MAX if field.max is None else field.max

    def decode(words: Sequence[int]) -> Value:
        raw = raw_of(words)
        if raw == missing:
            return MISSING
        value = round(raw * scale, digits) if isinstance(raw, int) else raw * scale
        if not math.isfinite(value) or abs(value) > VALUE_MAX:
            return MISSING
        return Value(float(value), "GOOD" if low <= value <= high else "SUSPECT")

    return decode


def _raw_of(field: FieldSpec, byte_order: ByteOrder) -> Callable[[Sequence[int]], int | float]:
    """Return what reads the unscaled value."""
    if field.of_bits or field.type is None:
        return lambda bits: int(bool(bits[0]))
    swapped, reversed_ = byte_order in ("DCBA", "BADC"), byte_order in ("DCBA", "CDAB")
    length = field.length
    packed, unpack = struct.Struct(f"{'<' if swapped else '>'}{length}H"), _unpacked(field)

    def raw(words: Sequence[int]) -> int | float:
        ordered = words[length - 1 :: -1] if reversed_ else words[:length]
        return unpack(packed.pack(*ordered))

    return raw


def _unpacked(field: FieldSpec) -> Callable[[bytes], int | float]:
    """Return what reads the value from bytes that are in order."""
    kind = field.type
    if kind == "BIT":
        bit = field.bit or 0
        return lambda data: int.from_bytes(data, "big") >> bit & 1
    if kind in ("INT8L", "UINT8L", "INT8H", "UINT8H"):
        at, signed = int(kind.endswith("L")), kind.startswith("INT")
        return lambda data: int.from_bytes(data[at : at + 1], "big", signed=signed)
    unpack = struct.Struct(f">{PACKING[kind or 'UINT16']}").unpack
    return lambda data: unpack(data)[0]
