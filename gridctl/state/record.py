"""How a device's registers are stored: packed, so that the script compares them without parsing text.

A record is event time and power as doubles (both are integers below 2**53, the range in which Lua's only number type
is exact), a byte with the quality in bit 0 and the kind above it, the lengths of circuit and frame, then circuit and
frame. A device's value is one record, or two where the newest event is not good: GOOD, then SEEN.
"""

import struct

from gridctl.contracts.kinds import KIND_OF_CODE, KINDS
from gridctl.errors import Unavailable
from gridctl.state.model import DeviceState, Register

HEADER = struct.Struct(">ddBBI")
_pack_header = HEADER.pack


def pack_register(event_time_ms: int, power_mw: int, good: bool, kind_code: int, circuit: bytes, frame: bytes) -> bytes:
    """Return the record of an event; `circuit` is the circuit's id in UTF-8, at most 255 bytes."""
    flags = kind_code << 1 | good
    return _pack_header(event_time_ms, power_mw, flags, len(circuit), len(frame)) + circuit + frame


def pack(register: Register) -> bytes:
    """Return the record of a register."""
    code, circuit = KINDS[register.kind].code, register.circuit_id.encode()
    return pack_register(register.event_time_ms, register.power_mw, register.good, code, circuit, register.frame)


def pack_state(state: DeviceState) -> bytes:
    """Return the value of a device; what counts comes first."""
    first = pack(state.current)
    return first if state.current == state.seen else first + pack(state.seen)


def unpack_state(value: bytes) -> DeviceState:
    """Return the registers of a device's value; raise Unavailable for a kind that this version does not know."""
    first, end = _unpack(value, 0)
    seen = first if end == len(value) else _unpack(value, end)[0]
    return DeviceState(first if first.good else None, seen)


def unpack(record: bytes) -> Register:
    """Return the register of one record; raise Unavailable for a kind that this version does not know."""
    return _unpack(record, 0)[0]


def _unpack(value: bytes, start: int) -> tuple[Register, int]:
    event_time_ms, power_mw, flags, circuit_length, frame_length = HEADER.unpack_from(value, start)
    kind = KIND_OF_CODE.get(flags >> 1)
    if kind is None:
        raise Unavailable(
            f"the grid state holds a device of kind code {flags >> 1}, which this version does not know",
            next_step="upgrade gridctl to the version that wrote it",
        )
    frame_start = start + HEADER.size + circuit_length
    end = frame_start + frame_length
    circuit_id = value[start + HEADER.size : frame_start].decode()
    frame = value[frame_start:end]
    return Register(int(event_time_ms), int(power_mw), bool(flags & 1), kind.name, circuit_id, frame), end
