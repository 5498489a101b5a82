"""A published version never changes: what the check says beside a git base."""

import json

import pytest

from gridctl.contracts.registry import SchemaReference
from gridctl.contracts.verdict import Verdict
from gridctl.governance.check import Question, judge
from gridctl.governance.check_base import Base, first_difference
from gridctl.governance.stores import SchemaTree, StoredSchema

V1 = '{"type": "record", "name": "R", "fields": [\n  {"name": "a", "type": "int"}\n]}'
V2 = V1.replace("\n]", ',\n  {"name": "b", "type": "int", "default": 0}\n]')


def tree(versions: dict[int, str], references: tuple[SchemaReference, ...] = ()) -> SchemaTree:
    files = [StoredSchema("s", number, f"t/s/v{number}.avsc", text, references) for number, text in versions.items()]
    return SchemaTree("t", tuple(files))


def beside(ours: SchemaTree, fork: SchemaTree, tip: SchemaTree | None = None) -> Verdict:
    return judge(Question(ours, base=Base("main", tip or fork, fork)))


def marks(verdict: Verdict) -> list[tuple[str, int | None]]:
    return [(finding.rule, finding.version) for finding in verdict.findings]


def test_a_new_version_passes() -> None:
    verdict = beside(tree({1: V1, 2: V2}), tree({1: V1}))
    assert verdict.verdict == "pass"
    assert (verdict.checked["base"], verdict.checked["base_versions"]) == ("main", 1)


def test_a_first_version_passes_beside_an_empty_base() -> None:
    assert beside(tree({1: V1}), tree({})).verdict == "pass"


@pytest.mark.parametrize(
    "edited",
    [
        V1.replace('"int"', '"long"'),
        V1.replace('"R"', '"R", "doc": "words"'),
        V1.replace("\n]", '\n], "x": 1'),
        "broken",
    ],
)
def test_an_edited_version_fails_even_where_it_is_compatible(edited: str) -> None:
    verdict = beside(tree({1: edited}), tree({1: V1}))
    assert verdict.verdict == "fail"
    assert ("version-edited", 1) in marks(verdict)


def test_the_finding_points_to_the_first_place_that_changed() -> None:
    (finding,) = beside(tree({1: V1.replace('"int"', '"long"')}), tree({1: V1})).findings
    assert (finding.path, finding.file, finding.line, finding.column) == ("/fields/0/type", "t/s/v1.avsc", 2, 25)
    assert "main" in finding.message


def test_blanks_comments_and_the_order_of_keys_are_no_change() -> None:
    same = "// words\n" + json.dumps(dict(reversed(json.loads(V1).items())), indent=4)
    assert beside(tree({1: same}), tree({1: V1})).verdict == "pass"


def test_another_way_to_spell_a_name_is_no_change() -> None:
    spelt = (V1.replace('"R"', '"x.R"'), V1.replace('"R"', '"R", "namespace": "x"'))
    assert beside(tree({1: spelt[0]}), tree({1: spelt[1]})).verdict == "pass"
    plain = V1.replace('"int"', '{"type": "int"}').replace('"name": "a"', '"name": "a", "order": "ascending"')
    assert beside(tree({1: V1}), tree({1: plain})).verdict == "pass"
    assert beside(tree({1: spelt[0]}), tree({1: V1})).verdict == "fail"


def test_other_references_are_a_change() -> None:
    enum = StoredSchema("e", 1, "t/e/v1.avsc", '"int"')
    plain = SchemaTree("t", (*tree({1: V1}).files, enum))
    referring = SchemaTree("t", (*tree({1: V1}, (SchemaReference("E", "e", 1),)).files, enum))
    assert beside(referring, referring).verdict == "pass"
    assert marks(beside(plain, referring)) == [("version-edited", 1)]


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        ({1: V1}, [("version-deleted", 2)]),
        ({2: V2}, [("version-deleted", 1), ("version-gap", 2)]),
        ({}, [("version-deleted", 1), ("version-deleted", 2)]),
        ({1: V1, 3: V2}, [("version-deleted", 2), ("version-gap", 3)]),
    ],
)
def test_a_deleted_version_fails(ours: dict[int, str], expected: list[tuple[str, int]]) -> None:
    verdict = beside(tree(ours), tree({1: V1, 2: V2}))
    assert marks(verdict) == expected
    assert verdict.findings[0].file == f"t/s/v{expected[0][1]}.avsc"


def test_what_the_base_got_after_the_branch_left_it_is_not_deleted_here() -> None:
    assert beside(tree({1: V1}), tree({1: V1}), tree({1: V1, 2: V2})).verdict == "pass"


def test_but_its_number_is_taken() -> None:
    other = V2.replace('"b"', '"c"')
    verdict = beside(tree({1: V1, 2: other}), tree({1: V1}), tree({1: V1, 2: V2}))
    assert marks(verdict) == [("version-edited", 2)]
    assert beside(tree({1: V1, 2: V2}), tree({1: V1}), tree({1: V1, 2: V2})).verdict == "pass"


def test_a_deletion_that_the_base_has_already_made_is_not_made_here() -> None:
    assert beside(tree({1: V1}), tree({1: V1, 2: V2}), tree({1: V1})).verdict == "pass"


def test_what_is_no_schema_in_the_base_may_be_fixed() -> None:
    assert beside(tree({1: V1}), tree({1: "{"})).verdict == "pass"


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ('{"a": 1}', '{"a": 1}', "/"),
        ('{"a": 1}', '{"a": 2}', "/a"),
        ('{"a": [1, {"b": 2}]}', '{"a": [1, {"b": 3}]}', "/a/1/b"),
        ('{"a": 1}', '{"a": 1, "b": 2}', "/b"),
        ('{"a": 1, "b": 2}', '{"a": 1}', "/"),
        ("[1]", "[1, 2]", "/1"),
        ("[1, 2]", "[1]", "/"),
        ('{"a": 1}', '{"a": true}', "/a"),
        ('{"a": 1}', '{"a": [1]}', "/a"),
        ("{", "{}", "/"),
    ],
)
def test_the_first_difference(before: str, after: str, place: str) -> None:
    assert first_difference(before, after) == place


def test_one_and_true_are_two_values() -> None:
    def same(left: str, right: str) -> bool:
        return StoredSchema("s", 1, "here", left).is_same_as(StoredSchema("s", 2, "there", right))

    assert not same("[1]", "[true]")
    assert same("[1]", "[ 1 ]")
    assert same("no json", "no json")
    assert not same("no json", "no  json")
