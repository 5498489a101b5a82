"""What the codec can use of the schemas that are valid, and where it says that it cannot."""

import json
from typing import Any

import pytest

from gridctl.avro import Schema, parse, parse_json
from gridctl.avro.codec import AvroDecodeError, AvroSchemaError
from gridctl.avro.model import Record
from gridctl.avro.usable import default_value, problems
from tests.unit.avro.documents import compile_decoder, compile_encoder

ENUM = {"type": "enum", "name": "E", "symbols": ["A", "B"]}
FIXED = {"type": "fixed", "name": "F", "size": 2}


def record(*fields: Any, **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": list(fields), **more}


def field(schema: Any, **more: Any) -> dict[str, Any]:
    return {"name": "f", "type": schema, **more}


def chain(length: int, last: Any) -> list[Any]:
    """Return records in a union, each with a field of the next one's type, which is defined after it."""
    return [
        {"type": "record", "name": f"C{at}", "fields": [field(f"C{at + 1}" if at + 1 < length else last)]}
        for at in range(length)
    ]


IN_A_LIST = {"type": "array", "items": FIXED}
INNER = record(field("string", default="\ud800"), name="S")
# Each record's default takes in two of the next one's: 2**20 values from some 20 lines.
DOUBLING = chain(20, "int")
for made in DOUBLING:
    made["fields"][0]["default"] = {} if made["fields"][0]["type"] != "int" else 1
    made["fields"].append({**made["fields"][0], "name": "g"})

NESTED: Any = "int"
for at in range(65):
    NESTED = record(field(NESTED), name=f"N{at}")

UNUSABLE: list[tuple[Any, str, str]] = [
    (record(field(ENUM, default="C")), "/fields/0/default", "'C' is not a symbol of enum E"),
    (record(field(FIXED, default="abc")), "/fields/0/default", "has 3 bytes, fixed F has 2"),
    (record(field(FIXED, default="a\u0100")), "/fields/0/default", "beyond U+00FF"),
    (record(field(IN_A_LIST, default=["ab", "a"])), "/fields/0/default/1", "has 1 bytes"),
    (record(field({"type": "map", "values": "bytes"}, default={"k": "\u0100"})), "/fields/0/default/k", "U+00FF"),
    (record(field("double", default=10**400)), "/fields/0/default", "beyond a double"),
    (record(field(["null", "float"], default=1e300)), "/fields/0/default", "beyond a float"),
    (record(field("string", default="\ud800")), "/fields/0/default", "lone surrogate"),
    (record(field({"type": "map", "values": "int"}, default={"\ud800": 1})), "/fields/0/default", "lone surrogate"),
    (record(field(["null", ENUM], default="C")), "/fields/0/default", "not a symbol"),
    (record({"name": "g", "type": INNER, "default": {}}), "/fields/0/default", "field f, which it leaves out"),
    (record(field([{"type": "map", "values": ENUM}, "R"], default={"x": "C"})), "/fields/0/default/x", "not a symbol"),
    (DOUBLING, "/0/fields/0/default", "more than"),
    ([], "/", "it has no value"),
    ({**ENUM, "symbols": []}, "/", "it has no value"),
    (record(field("R")), "/", "it has no value"),
    (NESTED, "/", "more than 64 records within records"),
]


@pytest.mark.parametrize(("schema", "path", "words"), UNUSABLE)
def test_a_valid_schema_that_the_codec_cannot_use_names_the_place(schema: Any, path: str, words: str) -> None:
    parsed = parse_json(schema)
    first = next(problems(parsed))
    assert first.path == path
    assert words in first.message
    for compile_with in (compile_encoder, lambda reader: compile_decoder("int", reader)):
        with pytest.raises(AvroSchemaError) as caught:
            compile_with(parsed)
        assert (caught.value.path, words in caught.value.message) == (path, True)
    # What was written with it is still read: the writer's defaults say nothing about its bytes.
    with pytest.raises(AvroDecodeError):
        compile_decoder(parsed)(b"\xff", 0)


def test_what_was_written_with_an_unusable_schema_is_still_read() -> None:
    writer = record(field(ENUM, default="C"), {"name": "g", "type": FIXED, "default": "x"})
    assert compile_decoder(writer)(b"\2ab", 0) == {"f": "B", "g": b"ab"}
    assert compile_decoder(writer, record(field(ENUM)))(b"\2ab", 0) == {"f": "B"}


def test_every_problem_is_named() -> None:
    schema = parse_json(record(field(ENUM, default="C"), {"name": "g", "type": FIXED, "default": ""}))
    assert [problem.path for problem in problems(schema)] == ["/fields/0/default", "/fields/1/default"]


def test_what_a_reference_brings_in_is_said_of_the_root() -> None:
    schema = parse('["null", "S"]', [INNER])
    assert [(problem.path, problem.message[:22]) for problem in problems(schema)] == [("/", "in record S, field f: ")]


@pytest.mark.parametrize(
    ("schema", "path", "word"),
    [
        ("{", "", "not JSON"),
        ("[" * 100_000, "", "too deeply"),
        (17, "/", "is not a type"),
        (["int", "int"], "/1", "twice"),
    ],
)
def test_what_is_not_a_schema_is_refused_with_its_place(schema: Any, path: str, word: str) -> None:
    for compile_it in (compile_encoder, compile_decoder):
        with pytest.raises(AvroSchemaError) as caught:
            compile_it(schema)
        assert caught.value.path == path
        assert word in caught.value.message


def of_field(schema: Schema) -> Any:
    assert isinstance(schema.root, Record)
    return default_value(schema.root.fields[0])


@pytest.mark.parametrize(
    ("schema", "raw", "value"),
    [
        ("bytes", "\u00ff\u0000", b"\xff\0"),
        ({"type": "fixed", "name": "F", "size": 1}, "\u00fe", b"\xfe"),
        ("double", 1, 1.0),
        ("double", "1.5f", 1.5),
        ("float", " 0x1p3 ", 8.0),
        ("double", "-Infinity", float("-inf")),
        (["null", "string"], "x", "x"),
        ([ENUM, "string"], "x", "x"),
        ({"type": "map", "values": "float"}, {"a": 2}, {"a": 2.0}),
        (record(field("int"), {"name": "g", "type": "int", "default": 4}, name="S"), {"f": 1}, {"f": 1, "g": 4}),
    ],
)
def test_defaults_become_values(schema: Any, raw: Any, value: Any) -> None:
    parsed = parse_json(record(field(schema, default=raw)))
    assert of_field(parsed) == value
    assert type(of_field(parsed)) is type(value)
    body = compile_encoder(parsed)({})
    assert compile_decoder(record(), parsed)(b"", 0) == {"f": value} == compile_decoder(parsed)(body, 0)


def test_a_name_may_be_used_before_it_is_defined_and_defined_twice() -> None:
    late = record(field(["null", "S"]), {"name": "g", "type": record(field("int"), name="S")})
    twice = record(
        field(["null", record(field("int"), name="S")]), {"name": "g", "type": record(field("int"), name="S")}
    )
    value = {"f": {"f": 1}, "g": {"f": 2}}
    for writer, reader in ((late, late), (late, twice), (twice, late), (twice, twice)):
        assert compile_decoder(writer, reader)(compile_encoder(writer)(value), 0) == value


def test_what_the_parser_takes_is_not_too_deep() -> None:
    deep: Any = "int"
    value: Any = 7
    for _ in range(100):
        deep, value = {"type": "array", "items": deep}, [value]
    assert compile_decoder(deep)(compile_encoder(deep)(value), 0) == value
    names = [*chain(1_000, "int")[::-1], "int"]  # each needs the one before: a chain longer than Python's stack
    assert compile_decoder(names, names)(compile_encoder(names)(7), 0) == 7


def test_a_parsed_schema_is_taken_as_it_is() -> None:
    schema = parse_json("long")
    assert compile_decoder(schema)(compile_encoder(schema)(7), 0) == 7


def test_names_that_python_reserves_are_data() -> None:
    names = [
        "class",
        "def",
        "b",
        "o",
        "e",
        "d",
        "start",
        "join",
        "careful",
        "Bail",
        "__class__",
        "_",
        "None",
        "v1",
        "Zähler",
    ]
    fields = [{"name": name, "type": "string"} for name in names]
    schema = {"type": "record", "name": "import", "fields": fields}
    value = dict(zip(names, reversed(names), strict=True))
    assert compile_decoder(schema)(compile_encoder(schema)(value), 0) == value
    assert compile_decoder(json.dumps(schema))(compile_encoder(json.dumps(schema))(value), 0) == value
