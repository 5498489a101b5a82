"""Each rule: one pair that must pass, one that must fail, and what the finding says of it."""

import json
from typing import Any

import pytest

from gridctl.avro import Incompatibility, Rule, can_read, parse, parse_json

Json = Any


def record(*fields: Json, name: str = "R", **more: Json) -> Json:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(type_: Json, name: str = "f", **more: Json) -> Json:
    return {"name": name, "type": type_, **more}


def enum(*symbols: str, **more: Json) -> Json:
    return {"type": "enum", "name": "E", "symbols": list(symbols), **more}


def fixed(size_bytes: int, name: str = "F", **more: Json) -> Json:
    return {"type": "fixed", "name": name, "size": size_bytes, **more}


def ask(reader: Json, writer: Json) -> list[Incompatibility]:
    return can_read(parse_json(reader), parse_json(writer))


INT, LONG = "int", "long"

PASSES: list[tuple[str, Json, Json]] = [
    # name_mismatch
    ("same name in another namespace", record(namespace="x"), record(namespace="y")),
    ("enum of the same name in another namespace", enum("A", namespace="x"), enum("A")),
    ("fixed of the same name in another namespace", fixed(1), fixed(1, namespace="y")),
    ("record alias", record(name="New", aliases=["Old"]), record(name="Old")),
    ("record alias in a namespace", record(name="x.New", aliases=["Old"]), record(name="x.Old")),
    ("enum alias", {**enum("A"), "name": "G", "aliases": ["E"]}, enum("A")),
    ("fixed alias", fixed(2, "G", aliases=["F"]), fixed(2)),
    ("error reads record", {**record(), "type": "error"}, record()),
    # fixed_size_mismatch
    ("same size", fixed(4), fixed(4)),
    # missing_enum_symbols
    ("reader has more symbols", enum("A", "B"), enum("A")),
    ("reader has a default symbol", enum("A", default="A"), enum("A", "B")),
    # reader_field_missing_default_value
    ("new field with default", record(field(INT, default=1)), record()),
    ("new field, default null", record(field(["null", INT], default=None)), record()),
    ("dropped field", record(), record(field(INT))),
    ("renamed field with alias", record(field(INT, "g", aliases=["f"])), record(field(INT))),
    # type_mismatch
    *((f"{wide} reads {narrow}", wide, narrow) for wide, narrow in [
        ("long", "int"), ("float", "int"), ("float", "long"), ("double", "int"), ("double", "long"),
        ("double", "float"), ("bytes", "string"), ("string", "bytes"),
    ]),
    ("promotion in an array", {"type": "array", "items": LONG}, {"type": "array", "items": INT}),
    ("promotion in a map", {"type": "map", "values": LONG}, {"type": "map", "values": INT}),
    ("union of one writes what the reader takes", LONG, [INT]),
    (
        "decimals of other scale: logical types do not count",
        {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
        {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 0},
    ),
    # missing_union_branch
    ("nullable reads plain", ["null", INT], INT),
    ("branch by promotion", ["null", LONG], INT),
    ("other order, more branches", ["string", INT, "null"], ["null", INT]),
    ("union reads each branch of a union", ["null", LONG], ["null", INT]),
    # ambiguous_field_alias
    ("alias that names one field", record(field(INT, "g", aliases=["f", "e"])), record(field(INT, "e"))),
]  # fmt: skip

FAILS: list[tuple[Rule, str, Json, Json, str, str]] = [
    (Rule.NAME_MISMATCH, "/name", record(name="New"), record(name="Old"), "Old", 'add "Old" to the aliases'),
    (Rule.NAME_MISMATCH, "/name", record(name="x.New", aliases=["y.Old"]), record(name="x.Old"), "x.Old", "x.Old"),
    (Rule.NAME_MISMATCH, "/name", record(name="x.New", aliases=[".Old"]), record(name="Old"), "Old",
     "keep the name Old"),
    (Rule.NAME_MISMATCH, "/items/name", {"type": "array", "items": fixed(1, "G")}, {"type": "array", "items": fixed(1)},
     "F", "keep the name F"),
    (Rule.FIXED_SIZE_MISMATCH, "/fields/0/type/size", record(field(fixed(4))), record(field(fixed(8))), "8",
     "the size 8"),
    (Rule.MISSING_ENUM_SYMBOLS, "/symbols", enum("A"), enum("A", "B", "C"), "B, C", "a default symbol"),
    (Rule.READER_FIELD_MISSING_DEFAULT_VALUE, "/fields/1", record(field(INT), field(LONG, "g")), record(field(INT)),
     "no field g", "give field g a default"),
    (Rule.READER_FIELD_MISSING_DEFAULT_VALUE, "/fields/0", record(field(enum("A", default="A"))), record(),
     "no field f", "give field f a default"),
    (Rule.TYPE_MISMATCH, "/fields/0/type", record(field(INT)), record(field(LONG)), "long",
     "widen it to float or double"),
    (Rule.TYPE_MISMATCH, "/values", {"type": "map", "values": "null"}, {"type": "map", "values": INT}, "int", "long"),
    (Rule.TYPE_MISMATCH, "/", INT, ["null", INT], "null", "keep the type null"),
    (Rule.TYPE_MISMATCH, "/", enum("A"), "string", "string", "keep the type string"),
    (Rule.MISSING_UNION_BRANCH, "/fields/0/type", record(field(["null", INT])), record(field(["null", "string"])),
     "string", "add string to the union"),
    (Rule.MISSING_UNION_BRANCH, "/", [], INT, "int", "add int to the union"),
    (Rule.AMBIGUOUS_FIELD_ALIAS, "/fields/0", record(field(INT, aliases=["g"])), record(field(INT), field(INT, "g")),
     "f, g", "that name one field"),
]  # fmt: skip


@pytest.mark.parametrize(("reader", "writer"), [case[1:] for case in PASSES], ids=[case[0] for case in PASSES])
def test_a_compatible_pair_has_no_finding(reader: Json, writer: Json) -> None:
    assert ask(reader, writer) == []


@pytest.mark.parametrize(("rule", "path", "reader", "writer", "has", "fix"), FAILS)
def test_an_incompatible_pair_names_rule_place_and_fix(
    rule: Rule, path: str, reader: Json, writer: Json, has: str, fix: str
) -> None:
    (found,) = ask(reader, writer)
    assert (found.rule, found.path) == (rule, path)
    assert has in found.writer
    assert fix in found.fix
    assert found.reader
    assert found.message


def test_every_rule_has_both_fixtures() -> None:
    assert {case[0] for case in FAILS} == set(Rule)


def test_the_nearest_branch_says_why_it_does_not_fit() -> None:
    reader = record(field(["null", record(field(INT, "x"), field(INT, "new"), name="In")]))
    writer = record(field(["null", record(field(INT, "x"), name="In")]))
    branch, cause = ask(reader, writer)
    assert (branch.rule, branch.path) == (Rule.MISSING_UNION_BRANCH, "/fields/0/type")
    assert (cause.rule, cause.path) == (Rule.READER_FIELD_MISSING_DEFAULT_VALUE, "/fields/0/type/1/fields/1")


def test_each_place_is_found_even_where_the_same_types_meet_again() -> None:
    reader = record(field(["null", "string"], "a"), field(["null", "string"], "b"), field(record(name="In"), "c"),
                    field("In", "d"))  # fmt: skip
    writer = record(field(["null", INT], "a"), field(["null", INT], "b"), field(INT, "c"), field(INT, "d"))
    assert [found.path for found in ask(reader, writer)] == [f"/fields/{at}/type" for at in range(4)]


def test_a_finding_inside_a_named_type_points_to_its_definition_once() -> None:
    inner = record(field(INT, "x"), name="In")
    reader = record(field(inner, "a"), field("In", "b"), field({"type": "array", "items": "In"}, "c"))
    written = record(field("string", "x"), name="In")
    writer = record(field(written, "a"), field("In", "b"), field({"type": "array", "items": "In"}, "c"))
    assert [found.path for found in ask(reader, writer)] == ["/fields/0/type/fields/0/type"]


def test_a_path_escapes_nothing_it_need_not_and_leads_into_the_document() -> None:
    reader = record(field({"type": "map", "values": ["null", {"type": "array", "items": fixed(2)}]}))
    writer = record(field({"type": "map", "values": {"type": "array", "items": fixed(3)}}))
    found = ask(reader, writer)[-1]
    place: Json = reader
    for token in found.path.strip("/").split("/"):
        place = place[int(token) if isinstance(place, list) else token]
    assert (found.rule, place) == (Rule.FIXED_SIZE_MISMATCH, 2)


def test_recursion_ends_and_finds_what_lies_inside() -> None:
    def tree(*more: Json) -> Json:
        return record(field(["null", "R"], "left", default=None), field({"type": "array", "items": "R"}, "kids"), *more)

    assert ask(tree(), tree()) == []
    assert ask(tree(), tree(field(INT, "old"))) == []
    (found,) = ask(tree(field(INT, "new")), tree())
    assert (found.rule, found.path) == (Rule.READER_FIELD_MISSING_DEFAULT_VALUE, "/fields/2")


def test_mutual_recursion_through_a_union_and_other_shape() -> None:
    def pair(type_: str) -> Json:
        inner = record(field(["null", "A"], "back", default=None), field(type_, "n"), name="B")
        return record(field(inner, "b"), name="A")

    assert ask(pair(LONG), pair(INT)) == []
    assert [found.path for found in ask(pair(INT), pair(LONG))] == ["/fields/0/type/fields/1/type"]


def test_a_type_used_twice_on_each_of_many_levels_costs_no_more_than_its_size() -> None:
    def levels(leaf: str) -> Json:
        inner: Json = record(field(leaf), name="L0")
        for at in range(1, 40):
            inner = record(field(inner, "a", default={"f": 0} if at == 1 else {}), field(f"L{at - 1}", "b",
                           default={"f": 0} if at == 1 else {}), name=f"L{at}")  # fmt: skip
        return inner

    assert ask(levels(LONG), levels(INT)) == []
    (found,) = ask(levels(INT), levels(LONG))
    assert found.path == "/fields/0/type" * 40


def test_text_json_and_parsed_schemas_are_taken_alike() -> None:
    reader, writer = record(field(INT)), record(field(LONG))
    expected = ask(reader, writer)
    assert expected
    assert can_read(json.dumps(reader), json.dumps(writer)) == expected
    assert can_read(reader, writer) == expected
    assert can_read(parse('"long"'), '"int"') == []


def test_the_fix_is_about_the_side_that_can_still_change() -> None:
    reader, writer = record(field(INT)), record()
    assert "give field f a default" in can_read(reader, writer)[0].fix
    assert "keep field f" in can_read(reader, writer, change="writer")[0].fix
