"""Confluent framing: a zero byte, the schema id as four bytes big-endian, then the Avro body.

Source: Confluent Schema Registry documentation, "Wire format".
"""

import struct

MAGIC = 0
HEADER_BYTES = 5
_HEADER = struct.Struct(">bi")  # ids are signed: a registry cannot even be asked for one beyond 31 bits


class FramingError(ValueError):
    """The payload does not start with a frame; `rule` names what is wrong."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


def frame_header(schema_id: int) -> bytes:
    """Return the five bytes that precede every body written with that schema."""
    return _HEADER.pack(MAGIC, schema_id)


def schema_id_of(payload: bytes) -> int:
    """Return the schema id of a framed payload; raise FramingError when it is not framed."""
    if len(payload) < HEADER_BYTES:
        raise FramingError("frame_too_short", f"{len(payload)} bytes are shorter than the {HEADER_BYTES}-byte frame")
    magic, schema_id = _HEADER.unpack_from(payload)
    if magic != MAGIC:
        raise FramingError("frame_bad_magic", f"the first byte is {magic & 0xFF:#04x}, not 0x00")
    if schema_id < 0:
        raise FramingError("frame_bad_schema_id", f"{schema_id & 0xFFFFFFFF} is beyond the ids that a registry gives")
    return int(schema_id)
