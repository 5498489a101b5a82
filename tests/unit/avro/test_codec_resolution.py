import json
from io import BytesIO
from typing import Any

import fastavro
import pytest

from gridctl.avro.codec import AvroDecodeError
from tests.unit.avro.documents import compile_decoder, compile_encoder


def record(*fields: Any, name: str = "R", **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(name: str, schema: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": schema, **more}


def enum(*symbols: str, **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "E", "symbols": list(symbols), **more}


MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
INNER_1 = record(field("x", "int"), field("gone", {"type": "array", "items": "string"}), name="In")
INNER_2 = record(field("y", "long", default=9), field("x", "double"), name="In")
NODE_1 = record(field("v", "int"), field("next", ["null", "N"]), name="N")
NODE_2 = record(field("next", ["null", "N"]), field("w", "string", default="w"), field("v", "long"), name="N")


def raw(schema: Any) -> Any:
    """Return the schema without logical types, so that fastavro too gives the underlying values."""
    return json.loads(json.dumps(schema).replace('"logicalType"', '"unused"'))


RESOLVED: list[tuple[Any, Any, Any, Any]] = [
    ("int", "long", 5, 5),
    ("int", "float", 5, 5.0),
    ("int", "double", 5, 5.0),
    ("long", "double", 10**6, 1e6),
    ("float", "double", 0.5, 0.5),
    ("string", "bytes", "é", "é".encode()),
    ("bytes", "string", b"abc", "abc"),
    ("int", ["null", "long"], 5, 5),
    (["null", "int"], ["null", "double"], None, None),
    (["null", "int"], ["double", "null"], 4, 4.0),
    (["int", "string"], "string", "x", "x"),
    (["null", "double"], "double", 1.5, 1.5),
    ("string", ["bytes", "string"], "x", "x"),
    ({"type": "array", "items": "int"}, {"type": "array", "items": "double"}, [1, 2], [1.0, 2.0]),
    ({"type": "map", "values": "int"}, {"type": "map", "values": ["null", "long"]}, {"a": 1}, {"a": 1}),
    (enum("A", "B"), enum("B", "A"), "A", "A"),
    (enum("A", "B"), enum("Z", "B", default="Z"), "A", "Z"),
    (enum("A", "B"), enum("B"), "B", "B"),
    (record(field("a", "int"), field("b", "string")), record(field("b", "string")), {"a": 1, "b": "x"}, {"b": "x"}),
    (
        record(field("a", "int"), field("b", "string")),
        record(field("b", "string"), field("a", "long")),
        {"a": 1, "b": "x"},
        {"b": "x", "a": 1},
    ),
    (
        record(field("a", "int")),
        record(field("a", "int"), field("b", ["null", "string"], default=None), field("c", "string", default="d")),
        {"a": 1},
        {"a": 1, "b": None, "c": "d"},
    ),
    (record(field("old", "int")), record(field("new", "long", aliases=["old"])), {"old": 3}, {"new": 3}),
    (record(field("a", "int")), record(field("a", "int"), name="S", aliases=["R"]), {"a": 1}, {"a": 1}),
    (
        record(field("a", "int"), namespace="one"),
        record(field("a", "int"), namespace="two"),
        {"a": 1},
        {"a": 1},
    ),
    (
        record(field("i", INNER_1), field("t", MILLIS)),
        record(field("t", MILLIS), field("i", INNER_2)),
        {"i": {"x": 1, "gone": ["a", "b"]}, "t": 1_764_000_000_123},
        {"t": 1_764_000_000_123, "i": {"y": 9, "x": 1.0}},
    ),
    (MILLIS, "double", 1_764_000_000_123, 1_764_000_000_123.0),
    (
        NODE_1,
        NODE_2,
        {"v": 1, "next": {"v": 2, "next": None}},
        {"next": {"next": None, "w": "w", "v": 2}, "w": "w", "v": 1},
    ),
]


@pytest.mark.parametrize(("writer", "reader", "value", "expected"), RESOLVED)
def test_the_reader_gets_its_own_value(writer: Any, reader: Any, value: Any, expected: Any) -> None:
    body = compile_encoder(writer)(value)
    found = compile_decoder(writer, reader)(b"\0" + body, 1)
    assert found == expected
    assert type(found) is type(expected)
    if isinstance(found, dict):
        assert list(found) == list(expected)
    for end in range(len(body)):
        with pytest.raises(AvroDecodeError):
            compile_decoder(writer, reader)(body[:end], 0)
    if reader != ["bytes", "string"]:  # fastavro takes the first that matches; Java Avro and we the same type first
        peer = fastavro.schemaless_reader(BytesIO(body), raw(writer), raw(reader))
        assert peer == expected


@pytest.mark.parametrize("order", [("old", "new"), ("new", "old")])
def test_a_name_goes_before_an_alias(order: tuple[str, str]) -> None:
    writer = record(*(field(name, "int") for name in order))
    body = compile_encoder(writer)({"old": 3, "new": 4})
    assert compile_decoder(writer, record(field("new", "int", aliases=["old"])))(body, 0) == {"new": 4}
    both = record(field("new", "int", aliases=["old"]), field("old", "int"))
    assert compile_decoder(writer, both)(body, 0) == {"new": 4, "old": 3}


REFUSED: list[tuple[Any, Any, Any]] = [
    ("string", "int", "x"),
    ("long", "int", 1),
    ("double", "float", 1.0),
    ("null", "int", None),
    (["null", "int"], "int", None),
    ("int", ["null", "string"], 1),
    (enum("A", "B"), enum("B"), "A"),
    ({"type": "enum", "name": "X", "symbols": ["A"]}, enum("A"), "A"),
    ({"type": "fixed", "name": "F", "size": 1}, {"type": "fixed", "name": "F", "size": 2}, b"x"),
    ({"type": "array", "items": "string"}, {"type": "array", "items": "int"}, ["x"]),
    (record(field("a", "int")), record(field("a", "int"), field("b", "int")), {"a": 1}),
    (record(field("a", "int")), record(field("a", "int"), name="S"), {"a": 1}),
    (record(field("a", "int")), record(field("a", "string")), {"a": 1}),
]


@pytest.mark.parametrize(("writer", "reader", "value"), REFUSED)
def test_what_cannot_be_resolved_is_refused_with_its_rule(writer: Any, reader: Any, value: Any) -> None:
    with pytest.raises(AvroDecodeError) as caught:
        compile_decoder(writer, reader)(compile_encoder(writer)(value), 0)
    assert caught.value.rule == "resolution"


def test_a_branch_that_is_never_met_does_no_harm() -> None:
    decode = compile_decoder(["null", "int", "string"], ["null", "int"])
    encode = compile_encoder(["null", "int", "string"])
    assert decode(encode(7), 0) == 7
    with pytest.raises(AvroDecodeError) as caught:
        decode(encode("x"), 0)
    assert caught.value.rule == "resolution"


@pytest.mark.parametrize("body", [b"\0", b"\x80\0"])  # the second, longer than it needs, is for the careful reader
def test_each_value_has_defaults_of_its_own(body: bytes) -> None:
    known = field("e", enum("A"))
    reader = record(known, field("a", {"type": "map", "values": {"type": "array", "items": "int"}}, default={"k": [1]}))
    decode = compile_decoder(record(known), reader)
    first = decode(body, 0)
    first["a"]["k"].append(2)
    assert decode(body, 0) == {"e": "A", "a": {"k": [1]}}
