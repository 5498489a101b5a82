"""Meanings that changed between versions are found, whichever way they changed; what stayed the same is not."""

import pytest

from gridctl.governance.lint import CHANGE_RULES
from tests.unit.governance.meter_schema import (
    Mutation,
    drop,
    field,
    findings,
    good,
    in_type,
    mutated,
    named,
    set_,
)

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
    (
        "logical-type-changed",
        set_("taken_at", type={"type": "int", "logicalType": "date"}, unit="1"),
        "/fields/1/type",
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


def test_of_several_types_those_of_one_kind_are_compared() -> None:
    def taken(logical: str | None) -> Mutation:
        kind = {"type": "long", "logicalType": logical} if logical else "long"
        return set_("taken_at", type=["string", kind, "bytes"], unit="1")

    found = findings(mutated(taken("timestamp-millis")), mutated(taken("timestamp-micros")))
    assert [finding.path for finding in found] == ["/fields/1/type/1"]
    plain = findings(mutated(taken(None)), mutated(taken("timestamp-micros")))
    assert (plain[0].fix or "").startswith("keep the plain type;")
    assert (
        findings(mutated(taken("timestamp-millis")), mutated(set_("taken_at", type=["string", "bytes"], unit="1")))
        == ()
    )


def test_capitals_of_a_unit_count() -> None:
    milli, mega = mutated(set_("voltage", unit="mV")), mutated(set_("voltage", unit="MV"))
    assert [finding.rule for finding in findings(milli, mega)] == ["unit-changed"]
    assert findings(mutated(set_("voltage", unit="°C")), mutated(set_("voltage", unit="Cel"))) == ()


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
