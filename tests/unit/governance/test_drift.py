"""Pydantic beside Avro: every kind of difference is found in both directions, and our own contracts have none."""

import json
from dataclasses import replace
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, create_model

from gridctl.adapters.schema_files import read_tree
from gridctl.errors import Unavailable
from gridctl.governance.drift import MODELS, RULES, drift
from gridctl.governance.stores import SchemaTree, StoredSchema
from tests.support.paths import SCHEMAS
from tests.unit.governance.meter_model import (
    Json,
    Meter,
    Mutation,
    Sample,
    added,
    at,
    findings,
    meter,
    removed,
    sample_field,
    tree,
    without,
)

NULLABLE_TIME = ["null", {"type": "long", "logicalType": "timestamp-millis"}]
DRIFTED: list[tuple[str, Mutation, str]] = [
    ("missing-field", removed("note"), "/fields"),
    ("extra-field", added(name="extra", type="string"), "/fields/17"),
    ("unit-in-name", at("power_w", name="power_kw"), "/fields/4/name"),
    ("type", at("count", type="int"), "/fields/2/type"),
    ("type", at("count", type="double"), "/fields/2/type"),
    ("type", at("power_w", type="float"), "/fields/4/type"),
    ("type", at("device_id", type="bytes"), "/fields/0/type"),
    ("type", at("mode", type="string"), "/fields/8/type"),
    ("type", at("samples", type="string"), "/fields/11/type"),
    ("type", at("tags", type={"type": "map", "values": ["null", "long"]}), "/fields/12/type/values/1"),
    ("type", at("made", type={"type": "array", "items": "bytes"}), "/fields/13/type/items"),
    ("type", at("mixed", type=["null", "string"]), "/fields/10/type"),
    ("type", at("mixed", type=["null", "long", "string", "boolean"]), "/fields/10/type/3"),
    ("type", sample_field(0, type="float"), "/fields/11/type/items/fields/0/type"),
    ("nullable", at("time_ms", type=NULLABLE_TIME), "/fields/1/type"),
    ("nullable", at("note", type="string", default=""), "/fields/9/type"),
    ("nullable", at("tags", type={"type": "map", "values": "string"}), "/fields/12/type/values"),
    ("default", without("small", "default"), "/fields/3"),
    ("default", at("small", default=6), "/fields/3/default"),
    ("default", at("device_id", default=""), "/fields/0/default"),
    ("default", at("live", default=False), "/fields/5/default"),
    ("default", at("phase", default="B"), "/fields/7/default"),
    ("default", without("note", "default"), "/fields/9"),
    ("symbols", at("mode", type={"type": "enum", "name": "M", "symbols": ["ON"]}), "/fields/8/type/symbols"),
    ("symbols", at("mode", type={"type": "enum", "name": "M", "symbols": ["ON", "OFF", "X"]}),
     "/fields/8/type/symbols"),
    ("logical-type", at("time_ms", type="long"), "/fields/1/type"),
    ("logical-type", at("time_ms", type={"type": "long", "logicalType": "timestamp-micros"}), "/fields/1/type"),
    ("logical-type", at("count", type={"type": "long", "logicalType": "timestamp-millis"}), "/fields/2/type"),
    ("logical-type", at("uuid", type="string"), "/fields/16/type"),
    ("logical-type", at("seen", type={"type": "long", "logicalType": "time-micros"}), "/fields/15/type"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "mutation", "path"), DRIFTED)
def test_a_difference_is_found_at_its_line(rule: str, mutation: Mutation, path: str) -> None:
    found = [finding for finding in findings(mutation) if finding.rule == rule]
    assert [(finding.path, finding.severity, finding.version) for finding in found] == [(path, "error", 1)]
    assert found[0].line
    assert found[0].file == "schemas/meter-value/v1.avsc"
    assert "Meter" in found[0].message


def test_every_rule_has_a_failing_schema() -> None:
    assert {rule for rule, *_ in DRIFTED} == set(RULES)


def test_what_says_the_same_has_no_finding() -> None:
    assert findings() == ()


SAME_TOO: list[Mutation] = [
    at("small", type="long"),
    at("raw", type={"type": "fixed", "name": "F", "size": 4}),
    at("mixed", type=["null", "string", "long"]),
    at("seen", type={"type": "long", "logicalType": "timestamp-millis"}),
    at("time_ms", doc="When.", unit="ms"),
    at("power_w", default=0),
    at("made", default=[]),
]


@pytest.mark.parametrize("mutation", SAME_TOO)
def test_what_avro_may_say_in_its_own_way(mutation: Mutation) -> None:
    assert findings(mutation) == ()


def test_a_type_used_by_name_is_compared_with_each_model_that_uses_it() -> None:
    class Other(BaseModel):
        value_v: str

    class Two(BaseModel):
        first: Sample
        second: Other

    record = meter()["fields"][11]["type"]["items"]
    fields = [{"name": "first", "type": record}, {"name": "second", "type": "Sample"}]
    two = tree({"type": "record", "name": "Two", "fields": fields})
    found = drift(two, {"meter-value": Two}).findings
    assert {(finding.rule, finding.line is None) for finding in found} == {("type", False), ("extra-field", False)}


def test_another_name_is_another_field_unless_only_the_unit_differs() -> None:
    found = findings(at("device_id", name="device_w"))
    assert sorted(finding.rule for finding in found) == ["extra-field", "missing-field"]
    assert [finding.rule for finding in findings(at("power_w", name="power_kw"))] == ["unit-in-name"]
    found = findings(at("power_w", name="power_total"))
    assert sorted(finding.rule for finding in found) == ["extra-field", "missing-field"]


INT_BOUNDS = [
    (Field(ge=-(2**31), le=2**31 - 1), True),
    (Field(gt=-(2**31) - 1, lt=2**31), True),
    (Field(ge=-(2**31) - 1, le=0), False),
    (Field(gt=-(2**31) - 2, le=0), False),
    (Field(ge=0, le=2**31), False),
    (Field(ge=0, lt=2**31 + 1), False),
    (Field(ge=0), False),
    (Field(le=0), False),
]


@pytest.mark.parametrize(("bounds", "fits"), INT_BOUNDS)
def test_an_avro_int_holds_what_the_bounds_of_the_model_allow(bounds: Any, fits: bool) -> None:
    model = create_model("Model", n=(Annotated[int, bounds], ...))
    schema = tree({"type": "record", "name": "Model", "fields": [{"name": "n", "type": "int"}]})
    found = drift(schema, {"meter-value": model}).findings
    assert (found == ()) == fits
    assert all("without the bounds of an int" in finding.message for finding in found)


def test_a_model_that_is_used_twice_is_compared_twice() -> None:
    class Inner(BaseModel):
        a: int

    class Twice(BaseModel):
        one: Inner
        two: Inner

    def inner(name: str) -> Json:
        return {"type": "record", "name": name, "fields": [{"name": "a", "type": "string"}]}

    fields = [{"name": "one", "type": inner("I")}, {"name": "two", "type": inner("J")}]
    found = drift(tree({"type": "record", "name": "Twice", "fields": fields}), {"meter-value": Twice}).findings
    assert [finding.path for finding in found] == ["/fields/0/type/fields/0/type", "/fields/1/type/fields/0/type"]


def test_messages_say_which_side_says_what() -> None:
    assert "may be null in the schema alone" in findings(at("time_ms", type=NULLABLE_TIME))[0].message
    assert "may be null in the model, not in the schema" in findings(at("note", type="string", default=""))[0].message
    wrong = findings(at("mode", type="string"))[0].message
    assert "mode is enum in the model, which is enum, and string in the schema" in wrong
    assert "without the bounds" not in wrong
    plain = findings(at("time_ms", type="long"))[0].message
    assert "timestamp-millis in the model and no logical type in the schema" in plain
    timed = findings(at("count", type={"type": "long", "logicalType": "timestamp-millis"}))[0].message
    assert "no logical type in the model and timestamp-millis in the schema" in timed
    assert "field note (string or null)" in findings(removed("note"))[0].message


def test_only_the_newest_version_counts() -> None:
    old, new = tree(meter() | {"fields": []}).files[0], tree(meter()).files[0]
    later = StoredSchema(new.subject, 2, "schemas/meter-value/v2.avsc", new.text)
    assert drift(SchemaTree("schemas", (old, later)), {"meter-value": Meter}).findings == ()


def test_a_model_without_schema_is_an_error_and_a_schema_without_model_a_warning() -> None:
    verdict = drift(tree(meter()), {"other-value": Meter})
    assert [(finding.rule, finding.severity, finding.subject) for finding in verdict.findings] == [
        ("no-schema", "error", "other-value"),
        ("no-model", "warning", "meter-value"),
    ]
    assert verdict.checked["compared"] == 0
    assert (verdict.findings[1].line, verdict.findings[1].column) == (1, 1)


def test_what_is_no_record_or_no_schema_is_a_finding() -> None:
    assert [finding.rule for finding in drift(tree({"type": "string"}), {"meter-value": Meter}).findings] == ["type"]
    broken = SchemaTree("schemas", (StoredSchema("meter-value", 1, "v1.avsc", "{"),))
    assert [finding.rule for finding in drift(broken, {"meter-value": Meter}).findings] == ["invalid-schema"]


def test_an_empty_tree_is_no_pass() -> None:
    with pytest.raises(Unavailable, match="no schema"):
        drift(SchemaTree("schemas", ()), {})


def test_our_own_contracts_do_not_drift() -> None:
    verdict = drift(read_tree(SCHEMAS))
    assert verdict.findings == ()
    assert verdict.checked["compared"] == len(MODELS) >= 6


OURS = [
    (file, field["name"])
    for files in read_tree(SCHEMAS).subjects.values()
    for file in files[-1:]
    for field in json.loads(file.text)["fields"]
]


@pytest.mark.parametrize(("file", "name"), OURS, ids=[f"{file.subject} {name}" for file, name in OURS])
def test_each_of_our_fields_is_compared(file: StoredSchema, name: str) -> None:
    document = json.loads(file.text)
    document["fields"] = [field for field in document["fields"] if field["name"] != name]
    changed = SchemaTree("schemas", (replace(file, text=json.dumps(document)),))
    found = drift(changed, {file.subject: MODELS[file.subject]}).findings
    assert [finding.rule for finding in found] == ["missing-field"]
    assert f"field {name} " in found[0].message
