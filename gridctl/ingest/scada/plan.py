"""What one poll of a device asks, and what it makes of the answers: blocks of registers, decoded to points.

Fields are merged into few requests, address blocks, as Telegraf's `optimization` names them. SunSpec marks a point that
a device does not implement by a value at the end of its type's range, NaN for floats: it becomes MISSING. Modbus TCP
has no checksum, so a value outside the map's min..max is carried, as SUSPECT.
"""

import json
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from gridctl.contracts.events import Quality
from gridctl.ingest.scada.model import BITS_MAX, ByteOrder, DeviceSpec, FieldSpec, RegisterKind, ValueType

KINDS: tuple[RegisterKind, ...] = ("coil", "discrete", "holding", "input")


@dataclass(frozen=True)
class Block:
    """One read request: `count` registers, or bits, from `address` on."""

    register: RegisterKind
    address: int
    count: int

    def offset_of(self, field: FieldSpec) -> int | None:
        """Return where in the answer a field begins; None when this block does not hold it."""
        offset = field.address - self.address
        inside = field.kind == self.register and offset >= 0 and offset + field.length <= self.count
        return offset if inside else None


def blocks_of(device: DeviceSpec) -> list[Block]:
    """Return the requests of one poll.

    `none` merges neighbours, omitted fields among them; `shrink` asks for no omitted field at the end or the beginning
    of a request; `max_insert` leaves omitted fields aside and bridges gaps of up to `optimization_max_register_fill`.
    """
    blocks = []
    for kind in KINDS:
        fields = [field for field in device.field if field.kind == kind]
        bridged = device.optimization == "max_insert"
        if bridged:
            fields = [field for field in fields if not field.omit]
        fill = device.optimization_max_register_fill if bridged else 0
        limit = BITS_MAX if kind in ("coil", "discrete") else device.max_word_registers_per_request
        for group in _groups(sorted(fields, key=lambda field: (field.address, -field.length)), fill, limit):
            wanted = [field for field in group if not field.omit]
            if wanted:
                asked = group if device.optimization == "none" else wanted
                first = min(field.address for field in asked)
                blocks.append(Block(kind, first, max(field.address + field.length for field in asked) - first))
    return blocks


def _groups(fields: Sequence[FieldSpec], fill: int, limit: int) -> list[list[FieldSpec]]:
    """Return the fields, which are sorted by address, in groups that one request can read."""
    groups: list[list[FieldSpec]] = []
    start = end = 0
    for field in fields:
        after = max(end, field.address + field.length)
        if groups and field.address - end <= fill and after - start <= limit:
            groups[-1].append(field)
            end = after
        else:
            groups.append([field])
            start, end = field.address, field.address + field.length
    return groups


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


Answers = Mapping[Block, Sequence[int]]


@dataclass(frozen=True)
class _PointPlan:
    name: str
    unit: str
    block: Block
    offset: int
    decode: Decode


@dataclass(frozen=True)
class PollPlan:
    """A device, its interval, and how its requests become points; `timeout_ms` bounds a poll as a whole."""

    device: DeviceSpec
    interval_ms: int
    timeout_ms: int
    blocks: Sequence[Block]
    points: Sequence[_PointPlan]

    def reading(self, answers: Answers, event_time_ms: int, poll_seq: int) -> bytes:
        """Return the reading of one poll as JSON; points of a block without an answer are MISSING."""
        points: list[dict[str, Any]] = []
        for point in self.points:
            words = answers.get(point.block)
            value, quality = MISSING if words is None else point.decode(words[point.offset :])
            points.append({"name": point.name, "value": value, "unit": point.unit, "quality": quality})
        reading = {
            "kind": "scada",
            "device_id": self.device.device_id,
            "event_time_ms": event_time_ms,
            "poll_seq": poll_seq,
            "interval_ms": self.interval_ms,
            "points": points,
        }
        return json.dumps(reading, ensure_ascii=False, separators=(",", ":")).encode()


def plan_of(device: DeviceSpec, interval_ms: int, timeout_ms: int) -> PollPlan:
    """Return how a device is polled."""
    blocks = blocks_of(device)
    points = [_point_plan(device, field, blocks) for field in device.points]
    return PollPlan(device, interval_ms, timeout_ms, blocks, points)


def _point_plan(device: DeviceSpec, field: FieldSpec, blocks: Sequence[Block]) -> _PointPlan:
    block, offset = next(
        (block, offset) for block in blocks if (offset := block.offset_of(field)) is not None
    )  # blocks_of covers every field that is not omitted
    return _PointPlan(field.name or "", field.unit, block, offset, decoder_of(field, device.byte_order))
