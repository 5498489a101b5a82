import json
from typing import Any

import pytest

from gridctl.avro.codec import AvroSchemaError, compile_decoder, compile_encoder, parse
from gridctl.avro.codec.nodes import Array, Enum, Record, Union


def record(*fields: Any, **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": list(fields), **more}


def field(schema: Any, **more: Any) -> dict[str, Any]:
    return {"name": "f", "type": schema, **more}


def test_names_resolve_through_namespaces() -> None:
    inner = {"type": "enum", "name": "E", "symbols": ["A"], "aliases": ["Old", "x.Other"]}
    schema = parse(
        json.dumps(
            record(field(inner), {"name": "g", "type": ["null", "E"]}, {"name": "h", "type": "a.b.E"}, namespace="a.b")
        )
    )
    root = schema.root
    assert isinstance(root, Record)
    assert root.name == "a.b.R"
    assert list(schema.named) == ["a.b.R", "a.b.E"]
    enum = root.fields[0].type
    assert isinstance(enum, Enum)
    assert enum.aliases == ("a.b.Old", "x.Other")
    union = root.fields[1].type
    assert isinstance(union, Union)
    assert union.branches[1] is enum
    assert root.fields[2].type is enum


def test_a_dotted_name_carries_its_namespace_to_what_is_within() -> None:
    inner = {"type": "fixed", "name": "F", "size": 2}
    assert list(parse({"type": "record", "name": "n.R", "fields": [field(inner)]}).named) == ["n.R", "n.F"]
    outside = {"type": "fixed", "name": "F", "namespace": "", "size": 2}
    assert list(parse({"type": "record", "name": "n.R", "fields": [field(outside)]}).named) == ["n.R", "F"]


def test_recursion_is_one_node() -> None:
    root = parse(record(field({"type": "array", "items": "R"}))).root
    assert isinstance(root, Record)
    items = root.fields[0].type
    assert isinstance(items, Array)
    assert items.items is root


def test_a_parsed_schema_is_taken_as_it_is() -> None:
    schema = parse("long")
    assert parse(schema) is schema
    assert compile_decoder(schema)(compile_encoder(schema)(7), 0) == 7


def test_other_attributes_are_kept() -> None:
    root = parse(record(field({"type": "long", "logicalType": "timestamp-millis"}, unit="ms"), doc="d")).root
    assert isinstance(root, Record)
    assert root.props == {"doc": "d"}
    assert root.fields[0].props == {"unit": "ms"}
    assert parse({"type": {"type": "int", "unit": "W"}}).root.kind == "int"


DEEP: Any = "int"
for _ in range(70):
    DEEP = {"type": "array", "items": DEEP}


@pytest.mark.parametrize(
    ("schema", "path", "word"),
    [
        ("{", "", "not JSON"),
        ("[" * 100_000, "", "not JSON"),
        (17, "", "a type is"),
        ({}, "/type", "a type is"),
        ({"type": "arrow"}, "/type", "not defined"),
        ("[]", "", "union of nothing"),
        (["int", ["null"]], "/1", "within a union"),
        (["int", {"type": "int"}], "/1", "twice"),
        ({"type": "array"}, "", "items is missing"),
        ({"type": "map", "values": 3}, "/values", "a type is"),
        (DEEP, "/items" * 65, "deeper"),
        ({"type": "fixed", "name": "F", "size": -1}, "/size", "no size"),
        ({"type": "fixed", "name": "F", "size": True}, "/size", "no size"),
        ({"type": "fixed", "size": 1}, "", "name is missing"),
        ({"type": "fixed", "name": "int", "size": 1}, "/name", "primitive"),
        ({"type": "fixed", "name": "a..b", "size": 1}, "/name", "not an Avro name"),
        ({"type": "fixed", "name": "F", "namespace": "1x", "size": 1}, "/namespace", "not an Avro name"),
        ({"type": "fixed", "name": "F", "size": 1, "aliases": "G"}, "/aliases", "not a list"),
        ({"type": "enum", "name": "E", "symbols": ["A", "A"]}, "/symbols/1", "twice"),
        ({"type": "enum", "name": "E", "symbols": ["a-b"]}, "/symbols/0", "not an Avro name"),
        ({"type": "enum", "name": "E", "symbols": "AB"}, "/symbols", "not a list"),
        ({"type": "enum", "name": "E", "symbols": ["A"], "default": "B"}, "/default", "none of the symbols"),
        ({"type": "record", "name": "R", "fields": {}}, "/fields", "not a list"),
        (record("f"), "/fields/0", "an object"),
        (record({"name": "f"}), "/fields/0", "type is missing"),
        (record(field("int"), field("int")), "/fields/1/name", "twice"),
        (record(field("R2")), "/fields/0/type", "not defined"),
        (record(field(record())), "/fields/0/type/name", "defined twice"),
        (record({"name": 'f"]; import os #', "type": "int"}), "/fields/0/name", "not an Avro name"),
        (record({"name": "f\n", "type": "int"}), "/fields/0/name", "not an Avro name"),
        (record(field("int", default="1")), "/fields/0/default", "no default for int"),
        (record(field("int", default=2**31)), "/fields/0/default", "no default for int"),
        (record(field("long", default=True)), "/fields/0/default", "no default for long"),
        (record(field("double", default=10**400)), "/fields/0/default", "beyond"),
        (record(field("bytes", default="\u0100")), "/fields/0/default", "no default for bytes"),
        (record(field(["null", "int"], default="x")), "/fields/0/default", "no branch"),
        (record(field({"type": "array", "items": "int"}, default=[1, "x"])), "/fields/0/default/1", "no default"),
        (
            record(field({"type": "record", "name": "S", "fields": [field("int")]}, default={})),
            "/fields/0/default/f",
            "leaves out",
        ),
    ],
)
def test_a_broken_schema_names_its_place(schema: Any, path: str, word: str) -> None:
    with pytest.raises(AvroSchemaError) as caught:
        parse(schema)
    assert caught.value.path == path
    assert word in caught.value.message


@pytest.mark.parametrize(
    ("schema", "raw", "value"),
    [
        ("bytes", "\u00ff\u0000", b"\xff\0"),
        ({"type": "fixed", "name": "F", "size": 1}, "\u00fe", b"\xfe"),
        ("double", 1, 1.0),
        (["null", "string"], "x", "x"),
        ({"type": "map", "values": "float"}, {"a": 2}, {"a": 2.0}),
        (record(field("int"), {"name": "g", "type": "int", "default": 4}, name="S"), {"f": 1}, {"f": 1, "g": 4}),
    ],
)
def test_defaults_become_values(schema: Any, raw: Any, value: Any) -> None:
    root = parse(record(field(schema, default=raw))).root
    assert isinstance(root, Record)
    assert root.fields[0].has_default
    assert root.fields[0].default == value
    assert type(root.fields[0].default) is type(value)


def test_names_that_python_reserves_are_data() -> None:
    names = ["class", "def", "b", "o", "e", "d", "start", "join", "careful", "Bail", "__class__", "_", "None", "v1"]
    fields = [{"name": name, "type": "string"} for name in names]
    schema = {"type": "record", "name": "import", "fields": fields}
    value = dict(zip(names, reversed(names), strict=True))
    assert compile_decoder(schema)(compile_encoder(schema)(value), 0) == value
