import json
from collections import UserDict
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from io import BytesIO
from types import MappingProxyType
from typing import Any
from uuid import UUID

import fastavro
import pytest

from gridctl.avro.codec import (
    MAX_DEPTH,
    MAX_EMPTY_ITEMS,
    AvroEncodeError,
    AvroSchemaError,
    encoder,
)
from gridctl.contracts.kinds.scada.model import Point, ScadaEvent
from gridctl.contracts.kinds.thermostat.model import ThermostatEvent
from gridctl.contracts.priority import PriorityLevel
from tests.support.paths import SCHEMAS
from tests.unit.avro.documents import compile_decoder, compile_encoder

THERMOSTAT = (SCHEMAS / "iot.thermostat-value" / "v1.avsc").read_text()
SCADA = (SCHEMAS / "scada.measurement-value" / "v1.avsc").read_text()
STAMPS = {"msg_id": "0123456789abcdef" * 2, "priority_level": PriorityLevel.ESSENTIAL, "circuit_id": "circuit-7"}
REPORT = {
    "kind": "thermostat",
    "device_id": "thermostat-000123",
    "event_time_ms": 1_764_000_000_123,
    "firmware": "2.4.1",
    "temperature_c": 21.5,
    "setpoint_c": 20.0,
    "humidity_pct": None,
    "mode": "HEAT",
    "action": "HEATING",
    "power_w": 1500.0,
}
POLL = {
    "kind": "scada",
    "device_id": "rtu-1",
    "event_time_ms": 1_764_000_000_123,
    "poll_seq": 123_456,
    "interval_ms": 2000,
    "points": (
        Point(name="p1", value=1.5, unit="kV", quality="GOOD"),
        Point(name="p2", value=None, unit="A", quality="MISSING"),
    ),
}


def peer(schema: Any, value: Any) -> bytes:
    out = BytesIO()
    fastavro.schemaless_writer(out, json.loads(schema) if str(schema)[:2] == "{\n" else schema, value)
    return out.getvalue()


def only_generated(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> bytes:
        raise AssertionError("the careful writer was called")

    monkeypatch.setattr(encoder, "write", never)


def test_events_take_the_generated_path(monkeypatch: pytest.MonkeyPatch) -> None:
    only_generated(monkeypatch)
    event = ThermostatEvent.model_validate(REPORT | STAMPS)
    assert compile_encoder(THERMOSTAT)(event.__dict__) == peer(THERMOSTAT, event.model_dump())
    poll = ScadaEvent.model_validate({**POLL, "points": list(POLL["points"]), **STAMPS})  # type: ignore[call-overload]
    assert compile_encoder(SCADA)(poll.__dict__) == peer(SCADA, poll.model_dump())
    assert compile_encoder(SCADA)(poll.model_dump()) == peer(SCADA, poll.model_dump())


def test_stamps_come_as_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = compile_encoder(THERMOSTAT)(REPORT | STAMPS)
    encode = compile_encoder(THERMOSTAT, ("msg_id", "priority_level", "circuit_id"))
    odd = {**REPORT, "power_w": 1500}
    assert encode(odd, *STAMPS.values()) == plain  # an int in a double: the careful writer takes the arguments too
    with pytest.raises(AvroEncodeError) as caught:
        encode(REPORT, STAMPS["msg_id"], "NONE", None)
    assert caught.value.field == "priority_level"
    only_generated(monkeypatch)
    assert encode(REPORT, *STAMPS.values()) == plain
    assert encode({**REPORT, "msg_id": "another"}, *STAMPS.values()) == plain  # the argument counts


@pytest.mark.parametrize("extra", [("nobody",), ("mode", "mode")])
def test_an_argument_that_is_no_field_is_refused(extra: tuple[str, ...]) -> None:
    with pytest.raises(AvroSchemaError):
        compile_encoder(THERMOSTAT, extra)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"device_id": 7}, "device_id"),
        ({"device_id": b"x"}, "device_id"),
        ({"device_id": None}, "device_id"),
        ({"device_id": "\ud800"}, "device_id"),
        ({"event_time_ms": 1.0}, "event_time_ms"),
        ({"event_time_ms": True}, "event_time_ms"),
        ({"event_time_ms": 2**63}, "event_time_ms"),
        ({"event_time_ms": datetime.now(UTC)}, "event_time_ms"),
        ({"temperature_c": True}, "temperature_c"),
        ({"temperature_c": "21"}, "temperature_c"),
        ({"temperature_c": None}, "temperature_c"),
        ({"temperature_c": Decimal(1)}, "temperature_c"),
        ({"temperature_c": 10**400}, "temperature_c"),
        ({"humidity_pct": "x"}, "humidity_pct"),
        ({"humidity_pct": True}, "humidity_pct"),
        ({"mode": "WARM"}, "mode"),
        ({"mode": 1}, "mode"),
        ({"mode": ["HEAT"]}, "mode"),
        ({"circuit_id": 5}, "circuit_id"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, Any], field: str) -> None:
    encode = compile_encoder(THERMOSTAT)
    with pytest.raises(AvroEncodeError) as caught:
        encode({**REPORT, **STAMPS, **change})
    assert caught.value.field == field
    assert field in str(caught.value)


@pytest.mark.parametrize("name", ["device_id", "power_w", "mode", "msg_id"])
def test_a_missing_field_is_named(name: str) -> None:
    record = {**REPORT, **STAMPS}
    del record[name]
    with pytest.raises(AvroEncodeError) as caught:
        compile_encoder(THERMOSTAT)(record)
    assert caught.value.field == name


def test_a_missing_field_takes_its_default_as_in_fastavro() -> None:
    record = {**REPORT, **STAMPS}
    del record["humidity_pct"], record["circuit_id"]
    assert compile_encoder(THERMOSTAT)(record) == peer(THERMOSTAT, record)


def test_nested_places_are_named() -> None:
    points = [{"name": "p", "value": 1.0, "unit": "V", "quality": "GOOD"}, {"name": "q", "value": "x", "unit": "V"}]
    with pytest.raises(AvroEncodeError) as caught:
        compile_encoder(SCADA)({**POLL, **STAMPS, "points": points})
    assert caught.value.field == "points[1].value"
    with pytest.raises(AvroEncodeError) as caught:
        compile_encoder({"type": "map", "values": "int"})({"a": 1, "b": "2"})
    assert caught.value.field == "['b']"


@pytest.mark.parametrize("value", [None, 7, "text", [], object(), [("device_id", "x")]])
def test_no_record_at_all_is_refused(value: Any) -> None:
    with pytest.raises(AvroEncodeError):
        compile_encoder(THERMOSTAT)(value)
    with pytest.raises(AvroEncodeError):
        compile_encoder(THERMOSTAT, ("msg_id",))(value, "x")


def test_any_mapping_and_any_sequence_of_items() -> None:
    record = {**POLL, **STAMPS}  # points are a tuple of models
    expected = compile_encoder(SCADA)({**record, "points": [p.model_dump() for p in record["points"]]})  # type: ignore[attr-defined]
    for mapping in (record, MappingProxyType(record), UserDict(record)):
        assert compile_encoder(SCADA)(mapping) == expected
    nested = [UserDict(p.__dict__) for p in record["points"]]  # type: ignore[attr-defined]
    assert compile_encoder(SCADA)({**record, "points": nested}) == expected


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("int", 2**31),
        ("int", -(2**31) - 1),
        ("int", False),
        ("long", -(2**63) - 1),
        ("long", "1"),
        ("float", 1e300),
        ("float", False),
        ("boolean", 1),
        ("boolean", None),
        ("null", 0),
        ("bytes", "text"),
        ("bytes", 3),
        ("string", b"x"),
        ({"type": "fixed", "name": "F", "size": 2}, b"abc"),
        ({"type": "fixed", "name": "F", "size": 2}, "ab"),
        ({"type": "array", "items": "int"}, {1: 2}),
        ({"type": "array", "items": "int"}, "12"),
        ({"type": "array", "items": "int"}, b"12"),
        ({"type": "array", "items": "int"}, iter([1])),
        ({"type": "map", "values": "int"}, [("a", 1)]),
        ({"type": "map", "values": "int"}, {1: 1}),
        (["null", "int"], "x"),
        (["int", "string"], 1.5),
        ({"type": "enum", "name": "E", "symbols": [f"S{i}" for i in range(90)]}, "S90"),
    ],
)
def test_types_are_not_coerced(schema: Any, value: Any) -> None:
    with pytest.raises(AvroEncodeError):
        compile_encoder(schema)(value)


def made_of(name: str, *fields: str) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": [{"name": f, "type": "int", "default": 0} for f in fields]}


@pytest.mark.parametrize(
    ("union", "value", "branch"),
    [
        (["float", "double"], 0.1, 1),
        (["float", "string", "double"], 0.1, 2),
        (["float", "string"], 0.5, 0),
        (["double", "float"], 0.1, 0),
        (["int", "long"], 2**40, 1),
        (["string", {"type": "enum", "name": "E", "symbols": ["A"]}], "A", 0),
        ([made_of("A", "x", "y"), made_of("B", "x", "y")], {"x": 1, "y": 2}, 0),
        ([made_of("A", "x"), made_of("B", "x", "y"), made_of("C", "y")], {"x": 1, "y": 2}, 1),
        (["null", {"type": "map", "values": "int"}, made_of("A", "x")], {"x": 1}, 1),
    ],
)
def test_the_branch_of_a_union_is_the_one_that_fastavro_takes(union: Any, value: Any, branch: int) -> None:
    body = compile_encoder(union)(value)
    assert body[0] == 2 * branch
    assert body == peer(union, value)


class Colour(StrEnum):
    RED = "red"


def test_a_str_enum_is_its_value() -> None:
    schema = {"type": "enum", "name": "E", "symbols": ["RED", "red"]}
    assert compile_encoder(schema)(Colour.RED) == b"\2"
    assert compile_encoder("string")(Colour.RED) == b"\6red"


@pytest.mark.parametrize("size", [0, 63, 64, 8191, 8192, 300_000])
@pytest.mark.parametrize("kind", ["string", "bytes"])
def test_long_texts_and_bytes(size: int, kind: str) -> None:
    value: Any = "x" * size if kind == "string" else b"x" * size
    body = compile_encoder(kind)(value)
    assert body == peer(kind, value)
    assert compile_decoder(kind)(body, 0) == value


@pytest.mark.parametrize("exponent", range(64))
def test_every_length_of_number(exponent: int) -> None:
    millis = {"type": "long", "logicalType": "timestamp-millis"}
    for value in {s * (1 << exponent) + d for s in (1, -1) for d in (-1, 0, 1)}:
        if -(2**63) <= value < 2**63:
            for schema in ("long", millis):
                body = compile_encoder(schema)(value)
                assert body == peer("long", value)
                assert compile_decoder(schema)(body, 0) == value


LIST = {"type": "record", "name": "L", "fields": [{"name": "next", "type": ["null", "L"]}]}


def chain(length: int) -> Any:
    value: Any = None
    for _ in range(length):
        value = {"next": value}
    return value


def test_depth_is_bounded_on_both_sides() -> None:
    encode, decode = compile_encoder(LIST), compile_decoder(LIST)
    body = encode(chain(MAX_DEPTH))
    assert decode(body, 0) == chain(MAX_DEPTH)
    with pytest.raises(AvroEncodeError, match="records within records"):
        encode(chain(MAX_DEPTH + 1))
    endless: dict[str, Any] = {}
    endless["next"] = endless
    with pytest.raises(AvroEncodeError):
        encode(endless)


def test_items_of_no_bytes_are_bounded_on_both_sides() -> None:
    schema = {"type": "array", "items": {"type": "array", "items": "null"}}
    value = [[None] * (MAX_EMPTY_ITEMS // 2)] * 2
    assert compile_decoder(schema)(compile_encoder(schema)(value), 0) == value
    with pytest.raises(AvroEncodeError):
        compile_encoder(schema)([*value, [None]])


@pytest.mark.parametrize(
    ("schema", "rich", "plain"),
    [
        ({"type": "int", "logicalType": "date"}, date(2026, 2, 3), 20_487),
        ({"type": "int", "logicalType": "time-millis"}, time(1, 2, 3, 4000), 3_723_004),
        ({"type": "long", "logicalType": "time-micros"}, time(1, 2, 3, 4), 3_723_000_004),
        (
            {"type": "long", "logicalType": "timestamp-millis"},
            datetime(2026, 2, 3, tzinfo=UTC),
            1_770_076_800_000,
        ),
        (
            {"type": "long", "logicalType": "timestamp-micros"},
            datetime(2026, 2, 3, tzinfo=UTC),
            1_770_076_800_000_000,
        ),
        (
            {"type": "long", "logicalType": "local-timestamp-millis"},
            datetime(2026, 2, 3),  # noqa: DTZ001 - a local timestamp has no zone
            1_770_076_800_000,
        ),
        (
            {"type": "long", "logicalType": "local-timestamp-micros"},
            datetime(2026, 2, 3),  # noqa: DTZ001 - a local timestamp has no zone
            1_770_076_800_000_000,
        ),
        ({"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}, Decimal("-12.34"), b"\xfb\x2e"),
        (
            {"type": "fixed", "name": "D", "size": 3, "logicalType": "decimal", "precision": 6, "scale": 2},
            Decimal("12.34"),
            b"\0\x04\xd2",
        ),
        (
            {"type": "string", "logicalType": "uuid"},
            UUID("12345678-1234-5678-1234-567812345678"),
            "12345678-1234-5678-1234-567812345678",
        ),
        ({"type": "string", "logicalType": "unknown-to-all"}, "x", "x"),
    ],
)
def test_logical_types_are_their_underlying_values(schema: Any, rich: Any, plain: Any) -> None:
    body = compile_encoder(schema)(plain)
    assert body == peer(schema, rich)
    assert compile_decoder(schema)(body, 0) == plain
    assert fastavro.schemaless_reader(BytesIO(body), schema, None) == rich
