"""The check of a tree alone: for each rule what passes, what fails, and where the finding points."""

from collections.abc import Sequence

import pytest

from gridctl.avro import Level
from gridctl.contracts.registry import SchemaReference
from gridctl.contracts.verdict import Verdict
from gridctl.errors import Unavailable
from gridctl.governance.check import Question, judge
from gridctl.governance.stores import SchemaTree, StoredSchema

A = '{"name": "a", "type": "int"}'
B = '{"name": "b", "type": "int"}'
B_DEFAULT = '{"name": "b", "type": "int", "default": 0}'


def record(*fields: str) -> str:
    return '{"type": "record", "name": "R", "fields": [\n  ' + ",\n  ".join(fields) + "\n]}"


def tree(*texts: str | None, subject: str = "s") -> SchemaTree:
    files = [
        StoredSchema(subject, number, f"t/{subject}/v{number}.avsc", text)
        for number, text in enumerate(texts, 1)
        if text is not None
    ]
    return SchemaTree("t", tuple(files))


def verdict_of(*texts: str | None, level: Level = Level.BACKWARD_TRANSITIVE) -> Verdict:
    return judge(Question(tree(*texts), level))


def marks(verdict: Verdict) -> list[tuple[str, int | None, int | None, str | None]]:
    return [(each.rule, each.version, each.against, each.path) for each in verdict.findings]


THIRD_READS_SECOND_NOT_FIRST = (record(A), record(A, B_DEFAULT), record(A, B))
MISSING_DEFAULT = "reader_field_missing_default_value"


def test_a_version_that_reads_the_one_before_but_not_the_first_is_found() -> None:
    verdict = verdict_of(*THIRD_READS_SECOND_NOT_FIRST)
    assert verdict.verdict == "fail"
    assert marks(verdict) == [(MISSING_DEFAULT, 3, 1, "/fields/1")]
    (finding,) = verdict.findings
    assert (finding.file, finding.line, finding.column) == ("t/s/v3.avsc", 3, 3)
    assert "v3 cannot read what v1 wrote" in finding.message
    assert "field b" in finding.message
    assert finding.fix


def test_a_level_without_transitive_looks_at_the_version_before_alone() -> None:
    verdict = verdict_of(*THIRD_READS_SECOND_NOT_FIRST, level=Level.BACKWARD)
    assert (verdict.verdict, verdict.checked["pairs"]) == ("pass", 2)
    assert " v3 -  ok" in verdict.overview
    assert verdict_of(record(A), record(B), level=Level.BACKWARD).verdict == "fail"


@pytest.mark.parametrize(
    ("level", "later", "passes"),
    [
        (Level.BACKWARD_TRANSITIVE, record(A, B_DEFAULT), True),
        (Level.BACKWARD_TRANSITIVE, record(A, B), False),
        (Level.FORWARD_TRANSITIVE, record(A, B), True),
        (Level.FORWARD_TRANSITIVE, record(B), False),
        (Level.FULL_TRANSITIVE, record(A, B_DEFAULT), True),
        (Level.FULL_TRANSITIVE, record(A, B), False),
        (Level.FULL, record(), False),
        (Level.NONE, record(B), True),
    ],
)
def test_the_level_names_the_direction(level: Level, later: str, passes: bool) -> None:
    assert (verdict_of(record(A), later, level=level).verdict == "pass") is passes


def test_each_pair_that_breaks_has_a_finding_and_a_cell() -> None:
    verdict = verdict_of(record(A), record(A), record(A, B), record(A, B))
    assert {(each.version, each.against) for each in verdict.findings} == {(3, 1), (3, 2), (4, 1), (4, 2)}
    assert verdict.checked["pairs"] == 6
    assert verdict.overview.splitlines() == [
        "s (BACKWARD_TRANSITIVE)",
        "    v1 v2 v3",
        " v2 ok",
        " v3 NO NO",
        " v4 NO NO ok",
        "",
    ]


def test_a_reader_that_is_the_earlier_version_is_shown_in_the_later_one_where_it_has_the_place() -> None:
    later = record('{"name": "new", "type": "int", "default": 0}', '{"name": "a", "type": "string"}')
    (finding,) = verdict_of(record(A), later, level=Level.FORWARD_TRANSITIVE).findings
    assert (finding.version, finding.against, finding.path) == (2, 1, "/fields/1/type")
    assert (finding.file, finding.line, finding.column) == ("t/s/v2.avsc", 3, 25)
    assert "v1 cannot read what v2 wrote" in finding.message


def test_a_field_that_only_the_earlier_reader_has_is_shown_there() -> None:
    (finding,) = verdict_of(record(B_DEFAULT, A), record(B_DEFAULT), level=Level.FORWARD_TRANSITIVE).findings
    assert (finding.version, finding.against, finding.path) == (2, 1, "/fields/1")
    assert (finding.file, finding.line, finding.column) == ("t/s/v1.avsc", 3, 3)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((record(A), record(A)), []),
        ((record(A), None, record(A)), [(3, 1, "v2 missing")]),
        ((None, record(A)), [(2, None, "v1 missing")]),
        ((record(A), None, None, record(A), None, record(A)), [(4, 1, "v2 to v3 missing"), (6, 4, "v5 missing")]),
    ],
)
def test_versions_count_without_gaps(texts: Sequence[str | None], expected: list[tuple[int, int | None, str]]) -> None:
    verdict = verdict_of(*texts)
    found = [(each.version, each.against) for each in verdict.findings]
    assert found == [(version, against) for version, against, _ in expected]
    for finding, (version, _, words) in zip(verdict.findings, expected, strict=True):
        assert finding.rule == "version-gap"
        assert words in finding.message
        assert finding.file == f"t/s/v{version}.avsc"


@pytest.mark.parametrize(
    ("broken", "line", "column"),
    [
        ('{"type": "record",\n  "name": }', 2, 11),
        ("", 1, 1),
        (record(A, '{"name": "b", "type": "nope"}'), 3, 25),
        (record(A, A), 3, 3),
        ('{"type": "enum", "name": "E", "symbols": ["A",\n "A"]}', 2, 2),
        ('"int"\n"int"', 2, 1),
    ],
)
def test_a_broken_version_is_a_finding_and_the_others_are_compared_all_the_same(
    broken: str, line: int, column: int
) -> None:
    verdict = verdict_of(record(A), broken, record(A, B))
    assert [(each.rule, each.version) for each in verdict.findings] == [("invalid-schema", 2), (MISSING_DEFAULT, 3)]
    finding = verdict.findings[0]
    assert (finding.file, finding.line, finding.column) == ("t/s/v2.avsc", line, column)
    assert " v3 NO -" in verdict.overview


def test_files_that_are_no_version_are_judged_by_nobody_and_so_are_findings() -> None:
    whole = tree(record(A))
    with_stray = SchemaTree("t", whole.files, ("t/s/v02.avsc",))
    (finding,) = judge(Question(with_stray)).findings
    assert (finding.rule, finding.file) == ("stray-file", "t/s/v02.avsc")
    assert judge(Question(whole)).verdict == "pass"


def test_a_tree_without_schemas_is_not_a_pass() -> None:
    with pytest.raises(Unavailable, match="no schema"):
        judge(Question(SchemaTree("t", ())))
    with pytest.raises(Unavailable, match="no schema"):
        judge(Question(tree(record(A)), subjects=("other",)))


def test_only_the_named_subjects_are_judged() -> None:
    whole = SchemaTree("t", tree(record(A), record(B)).files + tree(record(A), subject="fine").files, ("t/stray.avsc",))
    assert judge(Question(whole)).verdict == "fail"
    assert judge(Question(whole, subjects=("fine",))).verdict == "pass"
    assert judge(Question(whole, subjects=("s",))).checked["subjects"] == 1


ENUM = '{"type": "enum", "name": "x.E", "symbols": [%s]}'
USER = '{"type": "record", "name": "x.U", "fields": [\n  {"name": "e", "type": "E"}\n]}'


def referring(*references: SchemaReference, enum_two: str = '"A", "B"') -> SchemaTree:
    files = [
        StoredSchema("enum", 1, "t/enum/v1.avsc", ENUM % '"A"'),
        StoredSchema("enum", 2, "t/enum/v2.avsc", ENUM % enum_two),
    ]
    files += [
        StoredSchema("user", number, f"t/user/v{number}.avsc", USER, (reference,) if reference else ())
        for number, reference in enumerate(references, 1)
    ]
    return SchemaTree("t", tuple(files))


def test_references_lead_to_other_subjects_of_the_tree() -> None:
    first, second = SchemaReference("x.E", "enum", 1), SchemaReference("x.E", "enum", 2)
    assert judge(Question(referring(first, second))).verdict == "pass"
    verdict = judge(Question(referring(second, first), subjects=("user",)))
    assert [(each.rule, each.version, each.against) for each in verdict.findings] == [("missing_enum_symbols", 2, 1)]
    assert (verdict.findings[0].file, verdict.findings[0].line) == ("t/user/v2.avsc", 2)


@pytest.mark.parametrize("reference", [SchemaReference("x.E", "enum", 3), SchemaReference("x.E", "gone", 1)])
def test_a_reference_that_leads_nowhere_is_a_finding(reference: SchemaReference) -> None:
    (finding,) = judge(Question(referring(reference), subjects=("user",))).findings
    assert finding.rule == "invalid-schema"
    assert "which is not there" in finding.message
    assert finding.file == "t/user/v1.avsc"


def test_a_reference_to_a_broken_schema_points_into_no_wrong_file() -> None:
    broken = referring(SchemaReference("x.E", "enum", 2), enum_two='"A",\n\n "A"')
    user, enum = sorted(judge(Question(broken)).findings, key=lambda each: each.file or "", reverse=True)
    assert (enum.file, enum.line) == ("t/enum/v2.avsc", 3)
    assert (user.file, user.line) == ("t/user/v1.avsc", 1)


def test_references_in_a_circle_are_a_finding() -> None:
    files = [
        StoredSchema("a", 1, "t/a/v1.avsc", record(A), (SchemaReference("B", "b", 1),)),
        StoredSchema("b", 1, "t/b/v1.avsc", record(A), (SchemaReference("A", "a", 1),)),
    ]
    verdict = judge(Question(SchemaTree("t", tuple(files))))
    assert all("circle" in finding.message for finding in verdict.findings)
    assert len(verdict.findings) == 2


def test_of_very_many_subjects_those_that_break_are_drawn() -> None:
    files = [
        StoredSchema(f"s{at:02}", version, "", record(*fields))
        for at in range(30)
        for version, fields in enumerate([(A,), (A, B) if at == 29 else (A,)], 1)
    ]
    overview = judge(Question(SchemaTree("t", tuple(files)))).overview
    assert overview.startswith("s29 ")
    assert "… and 10 more subjects, 0 of them broken" in overview


FIELD_OF_ENUM = '{"name": "b",\n "type": {"type": "enum", "name": "E", "symbols": ["X"]}, "default": "%s"}'


def test_a_schema_that_no_producer_can_write_with_is_a_finding_of_the_newest_version_alone() -> None:
    verdict = verdict_of(record(A), record(A, FIELD_OF_ENUM % "Y"))
    (finding,) = verdict.findings
    assert (finding.rule, finding.version, finding.path) == ("unusable-schema", 2, "/fields/1/default")
    assert (finding.file, finding.line, finding.column) == ("t/s/v2.avsc", 4, 70)
    assert "'Y' is not a symbol of enum E" in finding.message
    assert "v2 ok" in verdict.overview  # the verdicts on compatibility are what they were
    assert verdict.verdict == "fail"
    assert verdict_of(record(A), record(A, FIELD_OF_ENUM % "Y"), record(A, FIELD_OF_ENUM % "X")).findings == ()
