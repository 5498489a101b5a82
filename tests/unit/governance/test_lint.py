"""Each rule of `schema lint` has a schema that passes and one that fails; without the rule, a test is red."""

import pytest

from gridctl.contracts.topics import parse_catalogue
from gridctl.governance.lint_rules import PLATFORM_RULES, RULES
from tests.unit.governance.meter_schema import (
    TOPIC,
    Mutation,
    drop,
    findings,
    good,
    in_type,
    mutated,
    named,
    set_,
)

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
    ("logical-type", in_type("cost", precision=4.0), "/fields/5/type"),
    ("logical-type", lambda document: named(document, "cost")["type"].pop("precision"), "/fields/5/type"),
    ("logical-type", in_type("hash", size=4, logicalType="decimal", precision=10), "/fields/9/type"),
    ("logical-type", in_type("hash", size=11, logicalType="duration"), "/fields/9/type"),
    ("unit", set_("samples_hz", name="samples", type={"type": "map", "values": "double"}), "/fields/6"),
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
    in_type("cost", precision=2),
    in_type("cost", precision=1, scale=0),
    in_type("hash", size=4, logicalType="decimal", precision=9, unit="1"),
    in_type("hash", size=12, logicalType="duration"),
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


def test_a_fix_says_the_better_name() -> None:
    named_types = findings(mutated(lambda document: document.update(name="meter_readingValue")))
    assert named_types[0].fix == "name it MeterReadingValue"
    named_fields = findings(mutated(set_("device_id", name="deviceId")))
    assert (named_fields[0].fix or "").startswith("name it device_id,")
