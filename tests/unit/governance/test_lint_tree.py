"""What `schema lint` makes of a whole tree: versions, topics.toml, broken files, and our own schemas."""

import json
import re

import pytest

from gridctl.adapters.schema_files import read_tree
from gridctl.contracts.topics import parse_catalogue
from gridctl.errors import Unavailable
from gridctl.governance.lint import CHANGE_RULES, lint
from gridctl.governance.lint_rules import PLATFORM_RULES, RULES
from gridctl.governance.stores import SchemaTree, StoredSchema
from tests.support.paths import SCHEMAS
from tests.unit.governance.meter_schema import (
    TOPIC,
    Mutation,
    drop,
    field,
    findings,
    good,
    in_type,
    mutated,
    set_,
    tree,
)


def test_only_the_newest_version_can_still_be_fixed() -> None:
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
    broken = StoredSchema("a-value", 1, "a-value/v1.avsc", '{\n  "type": "rec')
    flawed = tree(mutated(drop("power_w", "doc")))
    found = lint(SchemaTree("schemas", (broken, *flawed.files)), None).findings
    assert (found[0].rule, found[0].line) == ("invalid-schema", 2)
    assert found[1].rule == "doc"


def test_a_schema_that_no_producer_can_write_with_is_a_finding() -> None:
    unusable = mutated(lambda document: document["fields"][-1].update(default="NONE"))
    (finding,) = findings(unusable)
    assert (finding.rule, finding.path) == ("unusable-schema", f"/fields/{len(unusable['fields']) - 1}/default")


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
    elsewhere = {"priority-tag", "stray-file", "invalid-schema", "unusable-schema"}
    assert documented == {*RULES, *PLATFORM_RULES, *CHANGE_RULES, *elsewhere}
