"""Positions: every pointer into a document leads to the place where an editor shows it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridctl.avro.positions import Position, Positions

TEXT = """{
  // comments are allowed, "quoted": ones too
  "type": "record", "name": "R",
  "fields": [
    {"name": "a", "type": ["null", {"type": "enum", "symbols": ["A", "B"]}]},  /* { [ " */
    {"na\\u006de": "b",
     "type": "int", "x/y~z": 1.5e3}
  ],
  "empty": [], "none": {}, "last": true
}
"""


@pytest.mark.parametrize(
    ("pointer", "line", "column"),
    [
        ("", 1, 1),
        ("/", 1, 1),
        ("/type", 3, 11),
        ("/name", 3, 29),
        ("/fields", 4, 13),
        ("/fields/0", 5, 5),
        ("/fields/0/type", 5, 27),
        ("/fields/0/type/1/symbols/1", 5, 70),
        ("/fields/1", 6, 5),
        ("/fields/1/name", 6, 19),
        ("/fields/1/type", 7, 14),
        ("/fields/1/x~1y~0z", 7, 30),
        ("/empty", 9, 12),
        ("/none", 9, 24),
        ("/last", 9, 36),
    ],
)
def test_a_pointer_leads_to_where_its_value_starts(pointer: str, line: int, column: int) -> None:
    positions = Positions(TEXT)
    assert positions.holds(pointer)
    assert positions.find(pointer) == Position(line, column)


@pytest.mark.parametrize(
    ("pointer", "nearest"),
    [("/fields/0/default", "/fields/0"), ("/fields/7", "/fields"), ("/empty/0", "/empty"), ("/nowhere/at/all", "")],
)
def test_what_is_not_there_is_shown_at_what_is_around_it(pointer: str, nearest: str) -> None:
    positions = Positions(TEXT)
    assert not positions.holds(pointer)
    assert positions.find(pointer) == positions.find(nearest)


def test_of_a_key_that_stands_twice_the_last_counts() -> None:
    assert Positions('{"a": 1,\n "a": 2}').find("/a") == Position(2, 7)


@pytest.mark.parametrize(
    "text", ["", "   ", "{", "[1,", '{"a"', '{"a": }', '"', "]]", ",", "{,}", '{"\\', "\ufeff{}", "}{", "[[[["]
)
def test_what_is_no_json_has_places_too(text: str) -> None:
    assert Positions(text).find("/a/0").line == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.sampled_from([None, 0, 1, 4]), st.booleans())
def test_at_each_place_of_any_document_its_value_can_be_read(
    document: object, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    lines = text.split("\n")
    positions = Positions(text)

    def visit(value: object, pointer: str) -> None:
        line, column = positions.find(pointer)
        rest = "\n".join([lines[line - 1][column - 1 :], *lines[line:]])
        assert json.JSONDecoder().raw_decode(rest)[0] == value
        pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, child in pairs:
            if key != "":  # `/` is the root here
                visit(child, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")

    visit(document, "")
