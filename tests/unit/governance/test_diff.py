"""Every kind of change is told, in words and at its place, and nothing else is."""

import json
from itertools import islice
from typing import Any

import pytest

from gridctl.avro import SchemaInvalid, parse, parse_json
from gridctl.governance.diff import diff
from tests.real.schema_pairs import pairs

Json = Any


def record(*fields: Json, **more: Json) -> Json:
    return {"type": "record", "name": "R", "fields": list(fields), **more}


def field(name: str, kind: Json, **more: Json) -> Json:
    return {"name": name, "type": kind, **more}


def enum(*symbols: str, **more: Json) -> Json:
    return {"type": "enum", "name": "E", "symbols": list(symbols), **more}


def of(kind: Json, **more: Json) -> Json:
    return record(field("a", kind, **more))


def decimal(scale: int) -> Json:
    return {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": scale}


MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
FIXED = {"type": "fixed", "name": "F", "size": 4}
POINT = {"type": "record", "name": "P", "fields": [field("v", "int")]}
WIDE_POINT = {"type": "record", "name": "P", "fields": [field("v", "long")]}

# From, to, and what is told: kind, path and a piece of the words.
CHANGES: list[tuple[Json, Json, list[tuple[str, str, str]]]] = [
    (of("int"), record(field("a", "int"), field("b", "string")), [("field-added", "b", "string, without default")]),
    (of("int"), record(field("a", "int"), field("b", "int", default=3)), [("field-added", "b", "int, default 3")]),
    (record(field("a", "int"), field("b", MILLIS)), of("int"), [("field-removed", "b", "long (timestamp-millis)")]),
    (of("int"), record(field("b", "int", aliases=["a"])), [("field-renamed", "b", "it was a; its alias finds")]),
    (
        of("int"),
        record(field("b", "long", aliases=["a"])),
        [("field-renamed", "b", "it was a"), ("type-widened", "b", "from int to long")],
    ),
    (
        record(field("a", "int"), field("b", "int")),
        record(field("b", "int", aliases=["a"])),
        [("field-removed", "a", "int"), ("aliases-changed", "b", "from none to a")],
    ),
    (
        record(field("a", "int"), field("b", "int")),
        record(field("b", "int"), field("a", "int")),
        [("fields-reordered", "", "another order")],
    ),
    (of("int"), of("double"), [("type-widened", "a", "from int to double")]),
    (of("long"), of("int"), [("type-narrowed", "a", "from long to int")]),
    (of("int"), of("string"), [("type-changed", "a", "from int to string")]),
    (of("int"), of({"type": "array", "items": "int"}), [("type-changed", "a", "from int to array of int")]),
    (of("int"), of(["null", "int"], default=None),
     [("null-allowed", "a", "may be null now"), ("default-added", "a", "null")]),
    (of(["null", "int"]), of("long"), [("null-refused", "a", "may not be null"), ("type-widened", "a", "to long")]),
    (of(["int", "string"]), of(["int", "bytes"]),
     [("branch-removed", "a", "may not be string"), ("branch-added", "a", "may be bytes")]),
    (of("int"), of({"type": "map", "values": "int"}), [("type-changed", "a", "from int to map of int")]),
    (of("int"), record(field("a", "int"), field("b", ["null", "int"], default=None)),
     [("field-added", "b", "null or int, default null")]),
    (of("int"), of(["int"]), [("union-changed", "a", "is a union now")]),
    (of(["int"]), of("long"), [("union-changed", "a", "not a union now"), ("type-widened", "a", "from int to long")]),
    (of([]), of("null"), [("null-allowed", "a", "may be null now")]),
    (of("int"), of("int", default=1), [("default-added", "a", "default added: 1")]),
    (of("int", default=1), of("int"), [("default-removed", "a", "it was 1")]),
    (of("int", default=1), of("int", default=2), [("default-changed", "a", "from 1 to 2")]),
    (of("boolean", default=True), of("boolean", default=False), [("default-changed", "a", "from true to false")]),
    (of("int"), of("int", doc="What."), [("doc-added", "a", '"What."')]),
    (of("int", doc="Old."), of("int", doc="New."), [("doc-changed", "a", 'from "Old." to "New."')]),
    (record(doc="Old."), record(doc="New."), [("doc-changed", "", "(record R)")]),
    (of("int", unit="W"), of("int", unit="kW"), [("unit-changed", "a", 'from "W" to "kW"')]),
    (of("int", unit="W"), of("int"), [("unit-removed", "a", 'it was "W"')]),
    (of({"type": "int", "unit": "W"}), of({"type": "int", "unit": "V"}), [("unit-changed", "a", 'to "V"')]),
    (of(enum("A")), of(enum("A", "B")), [("symbols-added", "a", "to enum E: B")]),
    (of(enum("A", "B")), of(enum("B")), [("symbols-removed", "a", "from enum E: A")]),
    (of(enum("A", "B")), of(enum("B", "A")), [("symbols-reordered", "a", "another order")]),
    (of(enum("A")), of(enum("A", default="A")), [("enum-default-changed", "a", "from none to A")]),
    (of("long"), of(MILLIS), [("logical-type-changed", "a", "from none to timestamp-millis")]),
    (of(decimal(2)), of(decimal(3)), [("logical-type-changed", "a", "from decimal(9, 2) to decimal(9, 3)")]),
    (of(FIXED), of({**FIXED, "size": 8}), [("size-changed", "a", "from 4 to 8 bytes")]),
    (record(), record(namespace="x"), [("type-renamed", "", "record R is called x.R now")]),
    (record(), {**record(), "name": "S", "aliases": ["R"]}, [("type-renamed", "", "its alias finds the old data")]),
    (record(), record(aliases=["Q"]), [("aliases-changed", "", "from none to Q")]),
    (of({"type": "array", "items": POINT}), of({"type": "array", "items": WIDE_POINT}),
     [("type-widened", "a[].v", "from int to long")]),
    (of({"type": "map", "values": ["null", "int"]}), of({"type": "map", "values": ["null", "long"]}),
     [("type-widened", "a{}", "from int to long")]),
    ("int", "long", [("type-widened", "", "from int to long")]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), CHANGES)
def test_a_change_is_told_in_words(old: Json, new: Json, told: list[tuple[str, str, str]]) -> None:
    found = diff(parse_json(old), parse_json(new)).changes
    assert [(change.kind, change.path) for change in found] == [(kind, path) for kind, path, _ in told]
    for change, (_, _, words) in zip(found, told, strict=True):
        assert words in change.message


SAME: list[Json] = [old for old, *_ in CHANGES]


@pytest.mark.parametrize("schema", SAME)
def test_the_same_schema_has_no_changes(schema: Json) -> None:
    copy = json.loads(json.dumps(schema))
    found = diff(parse_json(schema), parse_json(copy))
    assert found.changes == ()
    assert found.new_reads_old == found.old_reads_new == ()


def test_where_only_the_writing_differs_nothing_changed() -> None:
    old = of({"type": "array", "items": {"type": "int"}})
    new = {**of({"items": "int", "type": "array"}), "namespace": ""}
    assert diff(parse_json(old), parse_json(new)).changes == ()
    assert diff(parse_json(of(decimal(0))), parse_json(of({**decimal(0), "scale": 0}))).changes == ()


def test_a_recursive_type_ends_and_a_shared_one_is_told_once() -> None:
    old = record(field("p", POINT), field("q", "P"), field("next", ["null", "R"], default=None))
    new = record(field("p", WIDE_POINT), field("q", "P"), field("next", ["null", "R"], default=None))
    assert [change.path for change in diff(parse_json(old), parse_json(new)).changes] == ["p.v"]


def test_who_can_read_whom_is_said_both_ways() -> None:
    grown = diff(parse_json(of("int")), parse_json(record(field("a", "long"), field("b", "int", default=0))))
    assert grown.new_reads_old == ()
    assert [reason.rule.value for reason in grown.old_reads_new] == ["type_mismatch"]
    document = grown.as_json()
    assert document["new_reads_old"] == {"compatible": True, "reasons": []}
    assert document["old_reads_new"]["compatible"] is False
    assert document["old_reads_new"]["reasons"][0].keys() == {"rule", "path", "message"}
    assert document["changes"][0].keys() == {"kind", "path", "message"}


def test_no_change_told_is_no_change_for_readers() -> None:
    """Drawn pairs that differ in a few places: what breaks a reader is always told as a change, too."""
    compared = 0
    for pair in islice(pairs(3), 400):
        try:
            old, new = parse(pair.writer), parse(pair.reader)
        except SchemaInvalid:
            continue
        compared += 1
        found = diff(old, new)
        assert diff(old, parse(pair.writer)).changes == ()
        if not found.changes:
            # Java finds an alias that also names another field ambiguous, in a schema beside itself too.
            assert {reason.rule.value for reason in found.new_reads_old} <= {"ambiguous_field_alias"}
            assert {reason.rule.value for reason in found.old_reads_new} <= {"ambiguous_field_alias"}
    assert compared > 200
