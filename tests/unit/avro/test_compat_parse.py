"""What is a schema, and where it says that it is none."""

import json
from typing import Any

import pytest

from gridctl.avro import SchemaInvalid, can_read, parse, parse_json
from gridctl.avro.model import PRIMITIVES, Record

Json = Any


def record(*fields: Json, **more: Json) -> Json:
    return {"type": "record", "name": "R", "fields": list(fields), **more}


def field(type_: Json, **more: Json) -> Json:
    return {"name": "f", "type": type_, **more}


VALID: list[Json] = [
    "int",
    {"type": "string"},
    {"type": "array", "items": {"type": "map", "values": ["null", "double"]}},
    record(namespace="a.b"),
    {"type": "error", "name": "R", "fields": []},
    record(field("R")),
    record(field(["null", "R"], default=None)),
    [{"type": "array", "items": "F"}, {"type": "fixed", "name": "F", "size": 2}],  # a name before its definition
    record(
        field({"type": "fixed", "name": "F", "size": 2}),
        {"name": "g", "type": {"type": "fixed", "name": "F", "size": 2}},
    ),
    record(field("double", default="NaN")),
    record(field(["null", "string"], default="any branch will do")),
    record(field({"type": "enum", "name": "E", "symbols": ["A"]}, default="B")),  # Java does not look closer
    record(field("long", default=2**62)),
    {"type": "bytes", "logicalType": "decimal", "precision": -1},
    {"type": "record", "name": "Zähler", "fields": []},
]

INVALID: list[tuple[Json, str, str]] = [
    ({"type": "nothing"}, "/type", "must be a primitive"),
    ({}, "/", "must be a primitive"),
    (5, "/", "is not a type"),
    ("Nothing", "/", "Nothing is not defined"),
    (record(field("Nothing")), "/fields/0/type", "Nothing is not defined"),
    (record(field(["null", "x.Nothing"])), "/fields/0/type/1", "x.Nothing is not defined"),
    ({"type": "record", "name": "R"}, "/", "needs a list of fields"),
    ({"type": "record", "fields": []}, "/name", "needs a name"),
    (record(5), "/fields/0", "must be an object"),
    (record({"name": "f"}), "/fields/0", "needs a type"),
    (record({"type": "int"}), "/fields/0/name", "field name"),
    (record({"name": "f-g", "type": "int"}), "/fields/0/name", "letters, digits"),
    (record(field("int"), field("int")), "/fields/1", "two fields f"),
    (record(field("int", order="sideways")), "/fields/0/order", "ascending"),
    (record(field("int", aliases="g")), "/fields/0/aliases", "must be a list"),
    (record(field("int", aliases=[1])), "/fields/0/aliases/0", "must be a string"),
    (record(aliases=["1"]), "/aliases", "an alias"),
    (record(namespace="a-b"), "/namespace", "namespace"),
    ({"type": "record", "name": "a..R", "fields": []}, "/name", "namespace"),
    ({"type": "fixed", "name": "int", "size": 1}, "/name", "as a primitive is"),
    ({"type": "fixed", "name": "F", "size": -1}, "/size", "whole number"),
    ({"type": "fixed", "name": "F", "size": True}, "/size", "whole number"),
    ({"type": "fixed", "name": "F", "size": 2**31}, "/size", "whole number"),
    ({"type": "fixed", "name": "F"}, "/", "whole number"),
    ({"type": "enum", "name": "E"}, "/", "list of symbols"),
    ({"type": "enum", "name": "E", "symbols": ["A", "A"]}, "/symbols/1", "twice"),
    ({"type": "enum", "name": "E", "symbols": ["A", "b c"]}, "/symbols/1", "letters, digits"),
    ({"type": "enum", "name": "E", "symbols": ["A"], "default": "B"}, "/default", "not one of its symbols"),
    ({"type": "array"}, "/", "needs items"),
    ({"type": "map", "values": None}, "/values", "is not a type"),
    (["int", "int"], "/1", "int twice"),
    (["null", ["int"]], "/1", "may not hold a union"),
    ([{"type": "fixed", "name": "F", "size": 1}, "F"], "/1", "F twice"),
    (record(field({"type": "fixed", "name": "R", "size": 1})), "/name", "a second time"),
    (record(field("int", default="1")), "/fields/0/default", "does not fit its type, int"),
    (record(field("int", default=True)), "/fields/0/default", "does not fit its type, int"),
    (record(field("int", default=2**31)), "/fields/0/default", "does not fit its type, int"),
    (record(field("long", default=1.0)), "/fields/0/default", "does not fit its type, long"),
    (record(field("double", default="much")), "/fields/0/default", "not a number"),
    (record(field(["null", "int"], default="a")), "/fields/0/default", "union of null, int"),
    (record(field("R", default={})), "/fields/0/default", "inside that record itself"),
    (record(field({"type": "array", "items": "int"}, default=[None])), "/fields/0/default", "array"),
    (record(field({"type": "record", "name": "In", "fields": [{"name": "x", "type": "int"}]}, default={})),
     "/fields/0/default", "record In"),
]  # fmt: skip


@pytest.mark.parametrize("schema", VALID, ids=json.dumps)
def test_a_valid_schema_reads_itself(schema: Json) -> None:
    assert can_read(parse_json(schema), parse(json.dumps(schema))) == []


@pytest.mark.parametrize(("schema", "path", "message"), INVALID, ids=[json.dumps(case[0]) for case in INVALID])
def test_an_invalid_schema_names_the_place(schema: Json, path: str, message: str) -> None:
    with pytest.raises(SchemaInvalid) as caught:
        parse_json(schema)
    assert caught.value.path == path
    assert message in caught.value.message
    assert str(caught.value) == caught.value.message


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, 1),
        ("int", 1, 1),
        ('{"type": "int",\n "x": }', 2, 7),
        ('"int"\n  x', 2, 3),
        ('"int" // not here', 1, 7),
    ],
)
def test_what_is_not_json_names_line_and_column(text: str, line: int, column: int) -> None:
    with pytest.raises(SchemaInvalid) as caught:
        parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_nan_is_not_json() -> None:
    with pytest.raises(SchemaInvalid, match="NaN"):
        parse('{"type": "int", "x": NaN}')


def test_comments_are_passed_over_and_strings_are_not() -> None:
    schema = parse('// first\n{"type": /* a\n"b */ "fixed", "name": "F", "size": 2, "see": "http://x"} ')
    assert schema.document["see"] == "http://x"


def test_too_deep_a_schema_is_refused_not_a_crash() -> None:
    for depth in (2_000, 100_000):
        text = '{"type":"array","items":' * depth + '"int"' + "}" * depth
        with pytest.raises(SchemaInvalid, match="too deeply"):
            parse(text)


def test_references_give_names_and_are_validated_in_order() -> None:
    enum = {"type": "enum", "name": "E", "namespace": "x", "symbols": ["A"]}
    user = {"type": "record", "name": "x.U", "fields": [{"name": "e", "type": "E"}]}
    schema = parse('["null", "x.U"]', [enum, json.dumps(user)])
    assert set(schema.names) == {"x.E", "x.U"}
    with pytest.raises(SchemaInvalid, match=r"reference 1: the type x\.E is not defined"):
        parse('"x.U"', [user, enum])
    with pytest.raises(SchemaInvalid, match="a second time"):
        parse(json.dumps({**enum, "symbols": ["B"]}), [enum])


@pytest.mark.parametrize(("branches", "is_valid"), [(["B", "C"], True), (["C", "B"], False)])
def test_java_completes_records_from_the_last_branch_of_a_union_on(branches: list[str], is_valid: bool) -> None:
    first = {"type": "record", "name": "A", "fields": [field(["null", *branches, "A"], default={})]}
    second = {"type": "record", "name": "B", "fields": [field(["null", "B", "C"], default=None)]}
    third = {"type": "record", "name": "C", "fields": [field(["null", "A", "B"], default={})]}
    text = json.dumps(record(*({**field(part), "name": part["name"]} for part in (first, second, third))))
    if is_valid:
        assert set(parse(text).names) == {"A", "B", "C", "R"}
    else:
        with pytest.raises(SchemaInvalid, match="inside that record itself"):
            parse(text)


@pytest.mark.parametrize(("default", "is_valid"), [(1, True), (1.0, False)])
def test_a_name_is_defined_twice_only_with_equal_content(default: float, is_valid: bool) -> None:
    def define(value: float) -> Json:
        return {"type": "record", "name": "A", "fields": [field("double", default=value)]}

    text = json.dumps(record({**field(define(1)), "name": "a"}, {**field(define(default)), "name": "b"}))
    if is_valid:
        assert set(parse(text).names) == {"A", "R"}
    else:
        with pytest.raises(SchemaInvalid, match="a second time"):
            parse(text)


def test_names_resolve_through_namespaces_to_one_node() -> None:
    enum = {"type": "enum", "name": "E", "symbols": ["A"], "aliases": ["Old", "x.Other"]}
    fields = [field(enum), {"name": "g", "type": ["null", "E"]}, {"name": "h", "type": "a.b.E"}]
    schema = parse_json({"type": "record", "name": "a.b.R", "fields": [*fields, {"name": "i", "type": "R"}]})
    assert set(schema.names) == {"a.b.R", "a.b.E"}
    root, named = schema.names["a.b.R"], schema.names["a.b.E"]
    assert isinstance(root, Record)
    assert list(named.aliases) == ["a.b.Old", "x.Other"]
    assert [node is named for node in root.children] == [True, False, True, False]
    assert root.children[1].children[1] is named
    assert root.children[3] is root is schema.root
    assert list(schema.types()) == [root, named, root.children[1], PRIMITIVES["null"]]


def test_names_are_looked_up_in_their_namespace_first() -> None:
    inner = {"type": "fixed", "name": "F", "namespace": "x", "size": 2}
    outer = {"type": "fixed", "name": "F", "namespace": "", "size": 3}
    document = {
        "type": "record",
        "name": "x.R",
        "fields": [
            {"name": "a", "type": inner},
            {"name": "b", "type": outer},
            {"name": "c", "type": "F"},
        ],
    }
    reader = parse_json({**document, "fields": [{"name": "c", "type": inner}]})
    assert can_read(reader, parse_json(document)) == []
