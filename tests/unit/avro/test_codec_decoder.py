import tracemalloc
from typing import Any

import pytest

from gridctl.avro.codec import (
    DECODE_RULES,
    MAX_DEPTH,
    AvroDecodeError,
    decoder,
)
from tests.support.paths import SCHEMAS
from tests.unit.avro.documents import compile_decoder, compile_encoder

INTS = {"type": "array", "items": "int"}
NULLS = {"type": "array", "items": "null"}
LIST = {"type": "record", "name": "L", "fields": [{"name": "next", "type": ["null", "L"]}]}
ENUM = {"type": "enum", "name": "E", "symbols": ["A", "B"]}
BIG_ENUM = {"type": "enum", "name": "E", "symbols": [f"S{i}" for i in range(70)]}
HUGE = b"\xfe" + b"\xff" * 8 + b"\x01"  # 2**63 - 1


@pytest.mark.parametrize(
    ("schema", "body", "rule"),
    [
        ("int", b"", "truncated"),
        ("long", b"\x80", "truncated"),
        ("double", b"\0" * 7, "truncated"),
        ("float", b"\0" * 3, "truncated"),
        ("boolean", b"", "truncated"),
        ({"type": "fixed", "name": "F", "size": 3}, b"ab", "truncated"),
        ({"type": "long", "logicalType": "timestamp-millis"}, b"\x80" * 5, "truncated"),
        ("null", b"\0", "trailing_bytes"),
        ("int", b"\2\0", "trailing_bytes"),
        ("string", b"\6ab", "length_out_of_bounds"),
        ("string", b"\1", "length_out_of_bounds"),
        ("string", HUGE, "length_out_of_bounds"),
        ("bytes", HUGE + b"x", "length_out_of_bounds"),
        ("bytes", b"\3abc", "length_out_of_bounds"),
        (INTS, HUGE, "length_out_of_bounds"),
        (INTS, b"\xff" * 9 + b"\x01" + b"\0", "length_out_of_bounds"),
        ({"type": "map", "values": "null"}, HUGE + b"\0", "length_out_of_bounds"),
        (INTS, b"\3\x10\2\4\0", "length_out_of_bounds"),
        (INTS, b"\3\x06\2\4\0\0", "block_size_mismatch"),
        (NULLS, HUGE + b"\0", "too_many_empty_items"),
        (NULLS, (b"\xfe\xff\x07" * 9) + b"\0", "too_many_empty_items"),
        ("string", b"\2\xff", "bad_utf8"),
        ("string", b"\6\xed\xa0\x80", "bad_utf8"),
        ({"type": "map", "values": "null"}, b"\2\2\xff\0", "bad_utf8"),
        (["null", "int"], b"\4", "bad_union_index"),
        (["null", "int"], b"\1", "bad_union_index"),
        (["null", "double"], b"\3", "bad_union_index"),
        (["int", "string", "null"], b"\6", "bad_union_index"),
        (ENUM, b"\4", "bad_enum_index"),
        (ENUM, b"\1", "bad_enum_index"),
        (BIG_ENUM, b"\x8c\x01", "bad_enum_index"),
        (BIG_ENUM, b"\1", "bad_enum_index"),
        ("boolean", b"\2", "bad_boolean"),
        ("int", b"\x80\x80\x80\x80\x10", "int_out_of_range"),
        ("long", b"\xff" * 10, "varint_too_long"),
        ("long", b"\xff" * 9 + b"\2", "varint_too_long"),
        ("long", b"\x80" * 10 + b"\0", "varint_too_long"),
        (LIST, b"\2" * (MAX_DEPTH + 3), "depth_exceeded"),
        (LIST, b"\2" * 100_000, "depth_exceeded"),
    ],
)
def test_malformed_bytes_are_refused_with_their_rule(schema: Any, body: bytes, rule: str) -> None:
    assert rule in DECODE_RULES
    with pytest.raises(AvroDecodeError) as caught:
        compile_decoder(schema)(body, 0)
    assert caught.value.rule == rule


@pytest.mark.parametrize("offset", [-1, -3, 4, 2**70])
def test_an_offset_outside_is_refused(offset: int) -> None:
    with pytest.raises(AvroDecodeError) as caught:
        compile_decoder("int")(b"\2\2\2", offset)
    assert caught.value.rule == "offset_out_of_bounds"


def test_a_negative_offset_never_wraps_around() -> None:
    pair = {"type": "record", "name": "P", "fields": [{"name": n, "type": "int"} for n in "ab"]}
    with pytest.raises(AvroDecodeError):
        compile_decoder(pair)(b"\2", -1)


@pytest.mark.parametrize(
    ("schema", "body", "value"),
    [
        (INTS, b"\2\2\4\4\6\0", [1, 2, 3]),  # blocks of one and of two
        (INTS, b"\3\4\2\4\0", [1, 2]),  # a negative count with its size
        ({"type": "map", "values": "int"}, b"\1\6\2a\2\2\2b\4\0", {"a": 1, "b": 2}),
        ({"type": "map", "values": "int"}, b"\4\2a\2\2a\4\0", {"a": 2}),  # the last one counts
        ("string", b"\x82\x00a", "a"),  # a length in more bytes than it needs
        (ENUM, b"\x82\x00", "B"),
        (["null", "double"], b"\x80\x00", None),
        (["null", "string"], b"\x82\x00\2x", "x"),
        ("long", b"\xff" * 9 + b"\1", -(2**63)),
    ],
)
def test_unusual_but_sound_bytes_are_read(schema: Any, body: bytes, value: Any) -> None:
    assert compile_decoder(schema)(body, 0) == value


def test_other_buffers_give_plain_values() -> None:
    decode = compile_decoder({"type": "array", "items": "bytes"})
    for buffer in (bytearray(b"?\2\2x\0"), memoryview(b"?\2\2x\0")):
        found = decode(buffer, 1)  # type: ignore[arg-type]
        assert found == [b"x"]
        assert type(found[0]) is bytes


HOSTILE = [
    (INTS, HUGE + b"\2" * 20),
    (NULLS, b"\xfe\xff\xff\xff\x0f" + b"\0"),
    ("bytes", HUGE + b"x" * 20),
    ("string", b"\xfe\xff\xff\xff\x0f" + b"x" * 20),
    ({"type": "map", "values": {"type": "map", "values": "int"}}, b"\x14\0\xfe\xff\xff\xff\x0f" * 10),
    ({"type": "array", "items": {"type": "fixed", "name": "F", "size": 2**31 - 9}}, HUGE + b"x" * 20),
    ({"type": "array", "items": {"type": "fixed", "name": "F", "size": 2**31 - 9}}, b"\2" + b"x" * 20),
]


@pytest.mark.parametrize(("schema", "body"), HOSTILE)
def test_nothing_is_allocated_by_a_claimed_length(schema: Any, body: bytes) -> None:
    decode = compile_decoder(schema)
    tracemalloc.start()
    try:
        with pytest.raises(AvroDecodeError):
            decode(body, 0)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 1_000_000


EVENT: dict[str, Any] = {
    "device_id": "d-1",
    "event_time_ms": 1_764_000_000_123,
    "firmware": "2.4.1",
    "temperature_c": 21.5,
    "setpoint_c": 20.0,
    "humidity_pct": 40.5,
    "mode": "HEAT",
    "action": "IDLE",
    "power_w": -1.5,
    "msg_id": "ab" * 16,
    "priority_level": "UNKNOWN",
    "circuit_id": None,
}


def test_events_take_the_generated_path(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("the careful reader was called")

    monkeypatch.setattr(decoder, "read", never)
    schema = (SCHEMAS / "iot.thermostat-value" / "v1.avsc").read_text()
    decode, encode = compile_decoder(schema), compile_encoder(schema)
    for event in (EVENT, EVENT | {"humidity_pct": None, "circuit_id": "c-" + "9" * 100}):
        assert decode(b"\0\0\0\0\1" + encode(event), 5) == event
        assert list(decode(encode(event), 0)) == list(event)
    schema = (SCHEMAS / "scada.measurement-value" / "v1.avsc").read_text()
    point = {"name": "p", "value": 1.5, "unit": "kV", "quality": "GOOD"}
    points = [point, point | {"value": None, "quality": "MISSING"}] * 40
    stamps = {name: EVENT[name] for name in ("msg_id", "priority_level", "circuit_id")}
    poll = {"device_id": "r", "event_time_ms": 1_764_000_000_123, "poll_seq": 10**9, "interval_ms": 60_000}
    event = {**poll, "points": points, **stamps}
    assert compile_decoder(schema)(compile_encoder(schema)(event), 0) == event


def test_deep_and_wide_schemas_compile() -> None:
    deep: Any = ["null", "double"]
    value: Any = 1.5
    for level in range(30):
        deep = {"type": "array", "items": deep} if level % 2 else {"type": "map", "values": deep}
        value = [value] if level % 2 else {"k": value}
    assert compile_decoder(deep)(compile_encoder(deep)(value), 0) == value
    # Each record twice in the next: inlined everywhere this would be 2**40 lines.
    wide: Any = "int"
    for level in range(20):
        twice = [{"name": "a", "type": wide}, {"name": "b", "type": wide if level == 0 else f"R{level - 1}"}]
        wide = {"type": "record", "name": f"R{level}", "fields": twice}
    shallow = {"type": "array", "items": wide}
    assert compile_decoder(shallow)(compile_encoder(shallow)([]), 0) == []
