"""The seven levels: which versions count, and in which direction."""

from typing import Any

import pytest

from gridctl.avro import Direction, Level, Rule, SchemaInvalid, check, parse

Json = Any


def record(*fields: Json) -> Json:
    return {"type": "record", "name": "R", "fields": list(fields)}


PLAIN = {"name": "a", "type": "string"}
ADDED = {"name": "b", "type": "int"}
OPTIONAL = {"name": "b", "type": "int", "default": 0}

# v2 adds a field with a default, v3 takes the default away: v3 reads v2, but not v1.
V1, V2, V3 = record(PLAIN), record(PLAIN, OPTIONAL), record(PLAIN, ADDED)
HISTORY = [(1, V1), (2, V2)]


def broken(level: Level, candidate: Json, history: list[tuple[int, Json]]) -> list[tuple[int, Direction]]:
    return [(found.version, found.direction) for found in check(level, candidate, history)]


@pytest.mark.parametrize("level", list(Level))
def test_only_transitive_levels_find_what_breaks_against_an_older_version(level: Level) -> None:
    expected = [(1, Direction.BACKWARD)] if level in {Level.BACKWARD_TRANSITIVE, Level.FULL_TRANSITIVE} else []
    assert broken(level, V3, HISTORY) == expected


def test_the_break_names_version_field_and_fix() -> None:
    (found,) = check(Level.BACKWARD_TRANSITIVE, V3, HISTORY)
    assert found.version == 1
    assert found.incompatibility.rule is Rule.READER_FIELD_MISSING_DEFAULT_VALUE
    assert found.incompatibility.path == "/fields/1"
    assert "give field b a default" in found.incompatibility.fix


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (Level.NONE, []),
        (Level.BACKWARD, []),
        (Level.BACKWARD_TRANSITIVE, []),
        (Level.FORWARD, [(2, Direction.FORWARD)]),
        (Level.FORWARD_TRANSITIVE, [(1, Direction.FORWARD), (2, Direction.FORWARD)]),
        (Level.FULL, [(2, Direction.FORWARD)]),
        (Level.FULL_TRANSITIVE, [(1, Direction.FORWARD), (2, Direction.FORWARD)]),
    ],
)
def test_dropping_a_needed_field_breaks_forward(level: Level, expected: list[tuple[int, Direction]]) -> None:
    assert broken(level, record(), HISTORY) == expected


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (Level.NONE, []),
        (Level.BACKWARD, [(2, Direction.BACKWARD)]),
        (Level.BACKWARD_TRANSITIVE, [(1, Direction.BACKWARD), (2, Direction.BACKWARD)]),
        (Level.FORWARD, []),
        (Level.FORWARD_TRANSITIVE, []),
        (Level.FULL, [(2, Direction.BACKWARD)]),
        (Level.FULL_TRANSITIVE, [(1, Direction.BACKWARD), (2, Direction.BACKWARD)]),
    ],
)
def test_a_needed_new_field_breaks_backward(level: Level, expected: list[tuple[int, Direction]]) -> None:
    assert broken(level, V3, [(1, V1), (2, V1)]) == expected


def test_full_names_both_directions_of_a_pair() -> None:
    candidate = record({"name": "a", "type": "int"})
    assert broken(Level.FULL, candidate, [(7, V1)]) == [(7, Direction.BACKWARD), (7, Direction.FORWARD)]


def test_the_fix_of_a_forward_break_is_about_the_candidate() -> None:
    (found,) = check(Level.FORWARD, record(), [(1, V1)])
    assert "keep field a" in found.incompatibility.fix
    assert found.incompatibility.path == "/fields/0"


def test_a_first_version_breaks_nothing() -> None:
    assert check(Level.FULL_TRANSITIVE, V1, []) == []


def test_a_level_is_read_by_its_name_and_an_unknown_one_is_refused() -> None:
    assert Level("FORWARD_TRANSITIVE") is Level.FORWARD_TRANSITIVE
    with pytest.raises(ValueError, match="BACKWARDS"):
        Level("BACKWARDS")


def test_an_invalid_candidate_is_refused_at_every_level_and_a_version_where_it_counts() -> None:
    for level in Level:
        with pytest.raises(SchemaInvalid):
            check(level, '"nothing"', [])
    with pytest.raises(SchemaInvalid):
        check(Level.BACKWARD_TRANSITIVE, V1, [(1, '"nothing"'), (2, V1)])
    assert check(Level.BACKWARD, V1, [(1, '"nothing"'), (2, V1)]) == []


def test_parsed_schemas_with_references_take_part() -> None:
    shared = '{"type":"enum","name":"grid.Quality","symbols":["GOOD","BAD"]}'
    wider = shared.replace('"BAD"', '"BAD","MISSING"')
    text = '{"type":"record","name":"R","fields":[{"name":"q","type":"grid.Quality"}]}'
    old, new = parse(text, [wider]), parse(text, [shared])
    assert check(Level.BACKWARD, old, [(1, new)]) == []
    (found,) = check(Level.BACKWARD, new, [(1, old)])
    assert found.incompatibility.rule is Rule.MISSING_ENUM_SYMBOLS
    assert found.incompatibility.path == "/fields/0/type/symbols"
