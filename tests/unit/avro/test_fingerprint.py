"""One schema has one fingerprint, however a registry lays it out; anything that it says makes another one."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from gridctl.avro import SchemaInvalid, parse_json
from gridctl.avro.fingerprint import fingerprint
from gridctl.local.registry.documents import canonical_text
from tests.real.schema_pairs import SchemaMaker

SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "R",
    "namespace": "x.y",
    "doc": "a record",
    "aliases": ["Old"],
    "fields": [
        {"name": "a", "type": {"type": "int"}, "default": 0, "unit": "W"},
        {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["P", "Q"]}},
        {"name": "again", "type": ["null", "E"], "default": None},
        {"name": "list", "type": {"type": "array", "items": "x.y.E"}},
    ],
}


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    copy = json.loads(json.dumps(SCHEMA))
    change(copy)
    return fingerprint(json.dumps(copy))


def test_the_layout_of_a_registry_does_not_count() -> None:
    maker = SchemaMaker(random.Random(5))
    compared = 0
    for _ in range(2_000):
        document = maker.schema()
        try:
            parse_json(document)
        except SchemaInvalid:
            continue
        assert fingerprint(json.dumps(document)) == fingerprint(canonical_text(document)), document
        compared += 1
    assert compared > 1_000


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.update(name="x.y.R", namespace="ignored"),
        lambda s: s.update(aliases=["x.y.Old"]),
        lambda s: s["fields"][0].update(type="int"),
        lambda s: s["fields"][0].update(default=0.0),
        lambda s: s["fields"][0].update(order="ascending", aliases=[]),
        lambda s: s["fields"][1]["type"].update(namespace="x.y"),
        lambda s: s["fields"][2].update(type=["null", "x.y.E"]),
    ],
)
def test_another_way_to_say_the_same_is_the_same(change: Callable[[dict[str, Any]], object]) -> None:
    assert changed(change) == fingerprint(json.dumps(SCHEMA, indent=3, sort_keys=True))


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.update(doc="another"),
        lambda s: s.update(namespace="x"),
        lambda s: s.pop("namespace"),
        lambda s: s.update(aliases=["Older"]),
        lambda s: s["fields"].reverse(),
        lambda s: s["fields"][0].update(default=1),
        lambda s: s["fields"][0].pop("default"),
        lambda s: s["fields"][0].update(unit="kW"),
        lambda s: s["fields"][0].update(type="long"),
        lambda s: s["fields"][0].update(order="descending"),
        lambda s: s["fields"][0].update(aliases=["b"]),
        lambda s: s["fields"][1]["type"]["symbols"].reverse(),
        lambda s: s["fields"][3]["type"].update(items="string"),
    ],
)
def test_whatever_a_schema_says_counts(change: Callable[[dict[str, Any]], object]) -> None:
    assert changed(change) != fingerprint(json.dumps(SCHEMA))


def test_a_default_keeps_what_it_is() -> None:
    numbers = [fingerprint(json.dumps({"type": "int", "p": value})) for value in (True, 1, "1", [1], {"a": 1}, None)]
    assert len(set(numbers)) == len(numbers)


def test_what_is_no_json_has_none() -> None:
    with pytest.raises(SchemaInvalid):
        fingerprint("{")
