"""Each rule of `schema lint` has a schema that passes and one that fails; without the rule, a test is red."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gridctl.adapters.schema_files import read_tree
from gridctl.contracts.priority import PriorityLevel
from gridctl.contracts.schema_tree import SchemaFile, SchemaTree
from gridctl.contracts.topics import TopicCatalogue, parse_catalogue
from gridctl.errors import Unavailable
from gridctl.gates.finding import Finding
from gridctl.gates.schema.lint import lint
from gridctl.gates.schema.lint_changes import CHANGE_RULES
from gridctl.gates.schema.lint_rules import PLATFORM_RULES, RULES

SCHEMAS = Path(__file__).parents[3] / "schemas"
Json = dict[str, Any]
Mutation = Callable[[Json], object]

TOPIC = """
[[topic]]
name = "grid.meter"
description = "Meters"
owner = "@team"
partitions = 1
key = "device_id"
retention_ms = -1
subject = "grid.meter-value"
requires_priority = true
"""


def enum(name: str, symbols: list[str], default: str | None = None) -> Json:
    return {"type": "enum", "name": name, "doc": "One of.", "symbols": symbols} | (
        {"default": default} if default else {}
    )


def field(name: str, kind: Any, **more: Any) -> Json:
    return {"name": name, "type": kind, "doc": "What it is.", **more}


def good() -> Json:
    """Return a schema that passes every rule and uses what each rule looks at."""
    return {
        "type": "record",
        "name": "MeterReading",
        "namespace": "gridstream.meters",
        "doc": "A reading.",
        "fields": [
            field("device_id", "string"),
            field("taken_at", {"type": "long", "logicalType": "timestamp-millis"}),
            field("power_w", "double"),
            field("voltage", ["null", "float"], default=None, unit="V"),
            field("energy_wh", "long"),
            field("cost", {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}, unit="EUR"),
            field("samples_hz", {"type": "array", "items": "double"}),
            field("poll_seq", "long"),
            field("state", enum("MeterState", ["ON", "OFF_GRID"], "ON")),
            field("hash", {"type": "fixed", "name": "Hash", "size": 16, "doc": "MD5."}),
            field("priority_level", enum("PriorityLevel", [level.value for level in PriorityLevel], "UNKNOWN")),
        ],
    }


def tree(*versions: Json) -> SchemaTree:
    files = (
        SchemaFile("grid.meter-value", at, f"schemas/grid.meter-value/v{at}.avsc", json.dumps(document, indent=2))
        for at, document in enumerate(versions, 1)
    )
    return SchemaTree("schemas", tuple(files))


def findings(*versions: Json, catalogue: TopicCatalogue | None = None) -> tuple[Finding, ...]:
    return lint(tree(*versions), catalogue).findings


def named(document: Json, name: str) -> Json:
    found: Json = next(each for each in document["fields"] if each["name"] == name)
    return found


def set_(name: str, /, **values: Any) -> Mutation:
    return lambda document: named(document, name).update(values)


def drop(name: str, key: str) -> Mutation:
    return lambda document: named(document, name).pop(key)


def in_type(name: str, /, **values: Any) -> Mutation:
    return lambda document: named(document, name)["type"].update(values)


def mutated(*mutations: Mutation) -> Json:
    document = good()
    for mutation in mutations:
        mutation(document)
    return document


# The rule, what breaks it, and the pointer that the finding carries.
FAILING: list[tuple[str, Mutation, str]] = [
    ("type-name", lambda document: document.update(name="meter_reading"), "/name"),
    ("type-name", in_type("state", name="meterState"), "/fields/8/type/name"),
    ("type-name", in_type("hash", name="HASH_16"), "/fields/9/type/name"),
    ("field-name", set_("device_id", name="deviceId"), "/fields/0/name"),
    ("field-name", set_("device_id", name="device__id"), "/fields/0/name"),
    ("symbol-name", in_type("state", symbols=["ON", "offGrid"]), "/fields/8/type/symbols/1"),
    ("namespace", lambda document: document.pop("namespace"), "/"),
    ("namespace", lambda document: document.update(namespace="GridStream.Meters"), "/"),
    ("doc", lambda document: document.pop("doc"), "/"),
    ("doc", lambda document: document.update(doc=" \n"), "/"),
    ("doc", drop("power_w", "doc"), "/fields/2"),
    ("doc", lambda document: named(document, "state")["type"].pop("doc"), "/fields/8/type"),
    ("unit", set_("power_w", name="power"), "/fields/2"),
    ("unit", drop("voltage", "unit"), "/fields/3"),
    ("unit", set_("samples_hz", name="samples"), "/fields/6"),
    ("unit", set_("poll_seq", name="polls"), "/fields/7"),
    ("unit", set_("poll_seq", type="double"), "/fields/7"),
    ("unit", drop("cost", "unit"), "/fields/5"),
    ("unit", set_("power_w", unit="kW"), "/fields/2"),
    ("float-total", set_("energy_wh", type="double"), "/fields/4/type"),
    ("float-total", set_("energy_wh", name="energy", type="float", unit="J"), "/fields/4/type"),
    ("float-total", set_("cost", type="double", unit="EUR"), "/fields/5/type"),
    ("float-total", set_("power_w", name="charged_eur"), "/fields/2/type"),
    ("float-total", set_("voltage", unit="kWh"), "/fields/3/type/1"),
    ("nullable-default", drop("voltage", "default"), "/fields/3"),
    ("nullable-default", set_("voltage", type=["float", "null"], default=1.5), "/fields/3/type"),
    ("enum-default", lambda document: named(document, "state")["type"].pop("default"), "/fields/8/type"),
    ("logical-type", set_("device_id", logicalType="uuid"), "/fields/0/logicalType"),
    ("logical-type", in_type("taken_at", logicalType="timestamp-seconds"), "/fields/1/type"),
    ("logical-type", in_type("taken_at", logicalType="date"), "/fields/1/type"),
    ("logical-type", in_type("cost", precision=0), "/fields/5/type"),
    ("logical-type", in_type("cost", scale=11), "/fields/5/type"),
    ("logical-type", in_type("cost", scale="2"), "/fields/5/type"),
    ("logical-type", in_type("hash", logicalType="duration"), "/fields/9/type"),
    ("logical-type", in_type("hash", logicalType="decimal", precision=39), "/fields/9/type"),
]


@pytest.mark.parametrize(("rule", "mutation", "path"), FAILING)
def test_a_broken_rule_is_found_at_its_place(rule: str, mutation: Mutation, path: str) -> None:
    found = findings(mutated(mutation))
    of_the_rule = [finding for finding in found if finding.rule == rule]
    assert of_the_rule, [finding.rule for finding in found]
    assert of_the_rule[0].path == path
    assert of_the_rule[0].severity == "error"
    assert of_the_rule[0].fix


def test_every_rule_has_a_failing_schema() -> None:
    assert {rule for rule, *_ in FAILING} == set(RULES)


def test_a_good_schema_passes_every_rule() -> None:
    assert findings(good(), catalogue=parse_catalogue(TOPIC)) == ()


GOOD_TOO: list[Mutation] = [
    set_("power_w", unit="W"),
    set_("power_w", name="power_mw", unit="MW"),
    set_("power_w", name="temperature_c", unit="°C"),
    set_("power_w", name="humidity_pct", unit="%"),
    set_("poll_seq", name="polls", unit="1"),
    set_("power_w", name="powers_w", type={"type": "map", "values": ["null", "double"]}),
    in_type("hash", logicalType="uuid"),
    in_type("hash", logicalType="decimal", precision=38, unit="1"),
    in_type("cost", scale=0),
    set_("device_id", type={"type": "string", "logicalType": "uuid"}),
    set_("voltage", type=["float", "string"], default=0.0),
]


@pytest.mark.parametrize("mutation", GOOD_TOO)
def test_what_the_rules_allow(mutation: Mutation) -> None:
    assert findings(mutated(mutation)) == ()


def test_the_platforms_namespace_is_asked_for_where_topics_toml_is() -> None:
    foreign = mutated(lambda document: document.update(namespace="org.example"))
    assert findings(foreign) == ()
    found = findings(foreign, catalogue=parse_catalogue(TOPIC))
    assert {finding.rule for finding in found} == set(PLATFORM_RULES)
    near = mutated(lambda document: document.update(namespace="gridstreamer"))
    assert findings(near, catalogue=parse_catalogue(TOPIC))


# The rule, the change from good() to the next version, and the place in the next version.
CHANGES: list[tuple[str, Mutation, str]] = [
    ("logical-type-changed", in_type("cost", scale=3), "/fields/5/type"),
    ("logical-type-changed", in_type("cost", precision=12), "/fields/5/type"),
    ("logical-type-changed", in_type("taken_at", logicalType="timestamp-micros"), "/fields/1/type"),
    ("logical-type-changed", set_("taken_at", type="long", unit="ms"), "/fields/1/type"),
    ("logical-type-changed", set_("device_id", type={"type": "string", "logicalType": "uuid"}), "/fields/0/type"),
    (
        "logical-type-changed",
        set_("taken_at", type=["null", {"type": "long", "logicalType": "timestamp-micros"}], default=None),
        "/fields/1/type/1",
    ),
    (
        "logical-type-changed",
        set_("energy_wh", type={"type": "long", "logicalType": "timestamp-millis"}),
        "/fields/4/type",
    ),
    ("unit-changed", set_("voltage", unit="mV"), "/fields/3"),
    ("unit-changed", set_("voltage", unit="MV"), "/fields/3"),
    ("unit-changed", set_("cost", unit="USD"), "/fields/5"),
    ("unit-changed", drop("voltage", "unit"), "/fields/3"),
    ("unit-changed", set_("power_w", name="power_kw", aliases=["power_w"]), "/fields/2"),
    ("fixed-size-changed", in_type("hash", size=32), "/fields/9/type/size"),
]


@pytest.mark.parametrize(("rule", "change", "path"), CHANGES)
def test_a_changed_meaning_is_found_both_ways(rule: str, change: Mutation, path: str) -> None:
    found = [finding for finding in findings(good(), mutated(change)) if finding.rule == rule]
    assert [(finding.path, finding.version, finding.against, finding.severity) for finding in found] == [
        (path, 2, 1, "error")
    ]


@pytest.mark.parametrize(("rule", "change", "path"), [case for case in CHANGES if case[2] != "/fields/2"])
def test_the_same_change_backwards_is_found_too(rule: str, change: Mutation, path: str) -> None:
    assert rule in {finding.rule for finding in findings(mutated(change), good())}


def test_a_schema_that_is_no_record_is_judged_too() -> None:
    plain, decimal = "bytes", {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}
    other = {**decimal, "scale": 3}
    found = findings({"type": plain}, decimal, other, {"type": "array", "items": other})
    assert [(finding.rule, finding.version, finding.against, finding.path) for finding in found] == [
        ("logical-type-changed", 2, 1, "/"),
        ("logical-type-changed", 3, 2, "/"),
    ]
    misused = findings({"type": "array", "items": {"type": "int", "logicalType": "timestamp-millis"}})
    assert [(finding.rule, finding.path) for finding in misused] == [("logical-type", "/items")]
    resized = findings(
        {"type": "fixed", "name": "F", "namespace": "x", "size": 4, "doc": "F.", "logicalType": "decimal",
         "precision": 4},
        {"type": "fixed", "name": "F", "namespace": "x", "size": 8, "doc": "F.", "logicalType": "decimal",
         "precision": 5},
    )  # fmt: skip
    assert {finding.rule for finding in resized} == {"logical-type-changed", "fixed-size-changed"}


def test_messages_say_which_and_what() -> None:
    spaceless, shouting = (
        findings(mutated(lambda document: document.pop("namespace")))[0],
        findings(mutated(lambda document: document.update(namespace="GRID")))[0],
    )
    assert "has no namespace" in spaceless.message
    assert "'GRID'" in shouting.message
    changed = findings(good(), mutated(set_("power_w", name="power_kw", aliases=["power_w"])))[0]
    assert "power_kw (then power_w) was _w in v1, now _kw" in changed.message
    silent = findings(good(), mutated(drop("voltage", "unit")))[-1]
    assert "was V in v1, now not said" in silent.message
    scaled = findings(good(), mutated(in_type("cost", scale=3)))[0]
    assert "was decimal(10, 2) in v1, now decimal(10, 3)" in scaled.message


def test_every_change_rule_has_a_failing_pair() -> None:
    assert {rule for rule, *_ in CHANGES} == set(CHANGE_RULES)


def test_unchanged_meanings_pass() -> None:
    same = mutated(
        set_("voltage", type=["null", "double"]),
        set_("power_w", unit="W"),
        set_("taken_at", type=["null", {"type": "long", "logicalType": "timestamp-millis"}], default=None),
        lambda document: document["fields"].append(field("current_a", "double", default=0.0)),
        lambda document: document.update(namespace="gridstream.renamed"),
    )
    assert findings(good(), same) == ()
    without_scale = mutated(in_type("cost", scale=0))
    explicit = mutated(lambda document: named(document, "cost")["type"].pop("scale"))
    assert findings(without_scale, explicit) == ()


def test_a_field_that_left_and_came_back_is_compared_with_its_last_word() -> None:
    away = mutated(lambda document: document["fields"].pop(3))
    back = mutated(set_("voltage", unit="kV"))
    found = findings(good(), away, back)
    assert [(finding.rule, finding.version, finding.against) for finding in found] == [("unit-changed", 3, 1)]


def test_a_renamed_record_is_the_same_record() -> None:
    renamed = mutated(
        lambda document: document.update(name="Reading", aliases=["MeterReading"]), set_("voltage", unit="kV")
    )
    assert [finding.rule for finding in findings(good(), renamed)] == ["unit-changed"]


def test_only_the_newest_version_can_still_be_mended() -> None:
    flawed = mutated(drop("power_w", "doc"))
    assert findings(flawed, good()) == ()
    assert [finding.version for finding in findings(good(), flawed)] == [2]


PRIORITY: list[Mutation] = [
    lambda document: document["fields"].pop(),
    set_("priority_level", type="string"),
    in_type("priority_level", symbols=["LIFE_SUSTAINING", "UNKNOWN"]),
    in_type("priority_level", default="ESSENTIAL"),
]


@pytest.mark.parametrize("mutation", PRIORITY)
def test_the_critical_asset_tag_is_asked_for_where_topics_toml_does(mutation: Mutation) -> None:
    catalogue = parse_catalogue(TOPIC)
    found = findings(mutated(mutation), catalogue=catalogue)
    assert [finding.rule for finding in found] == ["priority-tag"]
    assert found[0].line
    waived = parse_catalogue(TOPIC.replace("= true", "= false"))
    assert findings(mutated(mutation), catalogue=waived) == ()
    assert findings(mutated(mutation)) == ()


def test_a_topic_whose_subject_has_no_schema_is_found() -> None:
    other = parse_catalogue(TOPIC.replace("grid.meter-value", "grid.other-value"))
    found = findings(good(), catalogue=other)
    assert [(finding.rule, finding.subject) for finding in found] == [("priority-tag", "grid.other-value")]


def test_a_type_that_is_used_twice_is_judged_once() -> None:
    twice = mutated(
        lambda document: document["fields"].append(field("last_state", "MeterState", default="ON")),
        in_type("state", symbols=["on"], default="on"),
        lambda document: document["fields"][-1].update(default="on"),
    )
    assert [finding.rule for finding in findings(twice)] == ["symbol-name"]


def test_a_recursive_type_ends() -> None:
    tree_like = mutated(
        lambda document: document["fields"].append(field("next", ["null", "MeterReading"], default=None))
    )
    assert findings(tree_like) == ()


def test_lines_and_columns_are_those_of_the_file() -> None:
    document = mutated(drop("power_w", "doc"))
    found = findings(document)[0]
    lines = json.dumps(document, indent=2).splitlines()
    assert found.line
    assert found.column
    assert lines[found.line - 1][found.column - 1 :] == "{"
    assert '"power_w"' in lines[found.line]


def test_a_broken_schema_is_a_finding_and_the_others_are_judged() -> None:
    broken = SchemaFile("a-value", 1, "a-value/v1.avsc", '{\n  "type": "rec')
    flawed = tree(mutated(drop("power_w", "doc")))
    found = lint(SchemaTree("schemas", (broken, *flawed.files)), None).findings
    assert (found[0].rule, found[0].line) == ("invalid-schema", 2)
    assert found[1].rule == "doc"


def test_an_empty_tree_and_strays_are_no_pass() -> None:
    with pytest.raises(Unavailable, match="no schema"):
        lint(SchemaTree("schemas", ()), None)
    strays = SchemaTree("schemas", tree(good()).files, ("schemas/old.avsc",))
    assert [finding.rule for finding in lint(strays, None).findings] == ["stray-file"]


def test_our_own_schemas_pass() -> None:
    catalogue = parse_catalogue((SCHEMAS / "topics.toml").read_text(encoding="utf-8"))
    verdict = lint(read_tree(SCHEMAS), catalogue)
    assert verdict.findings == ()
    assert verdict.checked["topics_toml"] == "applied"
    assert verdict.checked["subjects"] >= 5


def test_the_documentation_names_every_rule() -> None:
    text = (SCHEMAS.parent / "docs" / "schema-lint.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE))
    elsewhere = {"priority-tag", "stray-file", "invalid-schema"}
    assert documented == {*RULES, *PLATFORM_RULES, *CHANGE_RULES, *elsewhere}
