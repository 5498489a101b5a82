"""The check beside a registry: every registered version, and where the registry's verdict is not ours."""

from collections.abc import Sequence

import pytest

from gridctl.avro import Level
from gridctl.contracts.registry import SchemaReference, SchemaRegistry, SchemaVersion
from gridctl.contracts.verdict import Verdict
from gridctl.errors import Unavailable
from gridctl.governance.check import Question, Registered, judge
from gridctl.governance.check_registry import Judge, Opinion
from gridctl.governance.stores import RegistryStore, SchemaTree, StoredSchema
from tests.support.memory_registry import MemoryRegistry
from tests.support.moto_glue import glue_registry

A = '{"name": "a", "type": "int"}'
B = '{"name": "b", "type": "int"}'
B_DEFAULT = '{"name": "b", "type": "int", "default": 0}'
MISSING_DEFAULT = "reader_field_missing_default_value"
URL = "http://registry.test"


def record(*fields: str) -> str:
    return '{"type": "record", "name": "R", "fields": [\n  ' + ",\n  ".join(fields) + "\n]}"


def tree(*texts: str | None) -> SchemaTree:
    files = [StoredSchema("s", at, f"t/s/v{at}.avsc", text) for at, text in enumerate(texts, 1) if text is not None]
    return SchemaTree("t", tuple(files))


class Holds(MemoryRegistry):
    """A registry that holds what it is given, under the numbers that it is given."""

    def __init__(self, versions: dict[int, str]) -> None:
        super().__init__()
        self._subjects["s"] = [SchemaVersion("s", number, number, text) for number, text in versions.items()]


class Says:
    """A judge of one mind."""

    def __init__(self, *, compatible: bool, level: str = "BACKWARD_TRANSITIVE") -> None:
        self._compatible = compatible
        self._level = level
        self.asked: list[tuple[int, str]] = []

    def effective_level(self, subject: str) -> str:  # noqa: ARG002
        return self._level

    def opinion(
        self,
        subject: str,  # noqa: ARG002
        version: int,
        schema: str,
        references: Sequence[SchemaReference] = (),  # noqa: ARG002
    ) -> Opinion | None:
        self.asked.append((version, schema))
        return Opinion(self._compatible, () if self._compatible else ("its reasons",))


def beside(
    ours: SchemaTree, registry: SchemaRegistry, opinion: Judge | None = None, level: Level = Level.BACKWARD_TRANSITIVE
) -> Verdict:
    return judge(Question(ours, level, registered=Registered(RegistryStore(URL, registry), opinion)))


def marks(verdict: Verdict) -> list[tuple[str, int | None, int | None]]:
    return [(finding.rule, finding.version, finding.against) for finding in verdict.findings]


def test_a_tree_that_is_registered_as_it_stands_passes() -> None:
    registry = MemoryRegistry()
    texts = (record(A), record(A, B_DEFAULT))
    for text in texts:
        registry.register("s", text)
    verdict = beside(tree(*texts), registry)
    assert (verdict.verdict, verdict.checked["registered"]) == ("pass", 2)


def test_a_new_subject_passes() -> None:
    says = Says(compatible=False)
    assert beside(tree(record(A)), MemoryRegistry(), says).verdict == "pass"
    assert says.asked == []


def test_a_candidate_is_compared_with_every_registered_version() -> None:
    """The tree lacks what the registry has between: only the registry knows the version that breaks."""
    registry = Holds({1: record(A), 2: record(A, B_DEFAULT)})
    verdict = beside(tree(None, record(A, B_DEFAULT), record(A, B)), registry)
    assert (MISSING_DEFAULT, 3, 1) in marks(verdict)
    finding = next(each for each in verdict.findings if each.rule == MISSING_DEFAULT)
    assert (finding.file, finding.line, finding.column) == ("t/s/v3.avsc", 3, 3)
    assert URL in finding.message


def test_each_of_several_candidates_is_compared() -> None:
    says = Says(compatible=False)
    ours = tree(None, record(A, B), record(A, B_DEFAULT))
    verdict = beside(ours, Holds({1: record(A)}), says)
    assert (MISSING_DEFAULT, 2, 1) in marks(verdict)
    assert says.asked == [(1, record(A, B)), (1, record(A, B_DEFAULT))]


def test_a_pair_that_the_tree_shows_already_is_reported_once() -> None:
    registry = Holds({1: record(A), 2: record(A, B_DEFAULT)})
    verdict = beside(tree(record(A), record(A, B_DEFAULT), record(A, B)), registry)
    assert marks(verdict) == [(MISSING_DEFAULT, 3, 1)]


def test_a_level_without_transitive_counts_the_latest_registered_version_alone() -> None:
    ours = tree(None, None, record(A, B))
    registry = Holds({1: record(A), 2: record(A, B_DEFAULT)})
    assert (MISSING_DEFAULT, 3, 1) in marks(beside(ours, registry))
    assert MISSING_DEFAULT not in [rule for rule, _, _ in marks(beside(ours, registry, level=Level.BACKWARD))]
    latest = Holds({1: record(A, B_DEFAULT), 2: record(A)})
    assert (MISSING_DEFAULT, 3, 2) in marks(beside(ours, latest, level=Level.BACKWARD))


def test_a_version_with_other_content_in_the_registry_was_edited() -> None:
    verdict = beside(tree(record('{"name": "a", "type": "long"}')), Holds({1: record(A)}))
    assert marks(verdict) == [("version-edited", 1, None)]
    assert (verdict.findings[0].path, verdict.findings[0].line) == ("/fields/0/type", 2)
    assert URL in verdict.findings[0].message


def test_a_registered_version_that_the_tree_lacks_was_deleted() -> None:
    verdict = beside(tree(record(A)), Holds({1: record(A), 2: record(A, B_DEFAULT)}))
    assert marks(verdict) == [("version-deleted", 2, None)]
    assert verdict.verdict == "fail"


def test_another_number_for_the_same_schema_is_a_warning() -> None:
    verdict = beside(tree(record(A)), Holds({4: record(A)}))
    assert marks(verdict) == [("version-renumbered", 1, None)]
    assert verdict.verdict == "pass"


def test_a_registry_that_calls_compatible_what_is_not_fails_the_gate() -> None:
    says = Says(compatible=True)
    registry = Holds({1: record(A), 2: record(A, B_DEFAULT)})
    verdict = beside(tree(record(A), record(A, B_DEFAULT), record(A, B)), registry, says)
    assert marks(verdict) == [(MISSING_DEFAULT, 3, 1), ("verdicts-differ", 3, 1)]
    words = verdict.findings[1].message
    assert "incompatible" in words
    assert "to us, compatible to the registry" in words
    assert says.asked == [(1, record(A, B)), (2, record(A, B))]
    assert verdict.checked["registry_verdicts"] == 2


def test_a_registry_that_calls_incompatible_what_is_not_fails_the_gate() -> None:
    verdict = beside(tree(record(A), record(A, B_DEFAULT)), Holds({1: record(A)}), Says(compatible=False))
    assert marks(verdict) == [("verdicts-differ", 2, 1)]
    assert verdict.verdict == "fail"
    assert "compatible with version 1" in verdict.findings[0].message
    assert "incompatible to the registry: its reasons" in verdict.findings[0].message


def test_the_registry_is_asked_about_its_newest_version_too() -> None:
    says = Says(compatible=True)
    texts = {1: record(A), 2: record(A), 3: record(A, B_DEFAULT)}
    assert beside(tree(*texts.values()), Holds(texts), says).verdict == "pass"
    assert says.asked == [(1, texts[3]), (2, texts[3])]


def test_verdicts_are_compared_under_the_registrys_level() -> None:
    """Under FORWARD a field without default may be added; under NONE everything may."""
    registry = Holds({1: record(A)})
    for level in ("FORWARD", "NONE"):
        verdict = beside(tree(record(A), record(A, B)), registry, Says(compatible=True, level=level))
        assert marks(verdict) == [("registry-level", None, None), (MISSING_DEFAULT, 2, 1)]
        assert verdict.findings[0].severity == "warning"


def test_a_level_that_nobody_knows_could_not_be_checked() -> None:
    says = Says(compatible=True, level="SOMETIMES")
    assert beside(tree(record(A)), Holds({1: record(A)}), says).verdict == "error"


class CannotSay(Says):
    """A judge who resolves no references, as Apicurio."""

    def opinion(
        self,
        subject: str,  # noqa: ARG002
        version: int,  # noqa: ARG002
        schema: str,  # noqa: ARG002
        references: Sequence[SchemaReference] = (),  # noqa: ARG002
    ) -> Opinion | None:
        return None


def test_a_registry_that_cannot_judge_references_is_a_warning() -> None:
    verdict = beside(tree(record(A), record(A, B_DEFAULT)), Holds({1: record(A)}), CannotSay(compatible=True))
    assert marks(verdict) == [("no-registry-verdict", 2, 1)]
    assert (verdict.verdict, verdict.checked["registry_verdicts"]) == ("pass", 0)


class Broken(MemoryRegistry):
    """A registry that stops answering."""

    def versions(self, subject: str) -> list[SchemaVersion]:  # noqa: ARG002
        raise Unavailable("the registry does not answer", next_step="start it")


def test_what_does_not_answer_is_never_a_pass_and_hides_nothing_else() -> None:
    verdict = beside(tree(record(A), record(A, B)), Broken())
    assert verdict.verdict == "error"
    assert marks(verdict) == [("could-not-check", None, None), (MISSING_DEFAULT, 2, 1)]


@pytest.mark.parametrize("text", ["syntax = 'proto3';", '{"type": "object"}'])
def test_what_is_no_avro_in_the_registry_could_not_be_checked(text: str) -> None:
    verdict = beside(tree(record(A)), Holds({1: record(A), 2: text}))
    assert verdict.verdict == "error"
    assert ("could-not-check", 2, None) in marks(verdict)


def test_a_broken_candidate_is_reported_once() -> None:
    verdict = beside(tree(record(A), "{"), Holds({1: record(A)}), Says(compatible=True))
    assert marks(verdict) == [("invalid-schema", 2, None)]


def test_references_are_resolved_in_the_registry() -> None:
    registry = MemoryRegistry()
    registry.register("e", '{"type": "enum", "name": "x.E", "symbols": ["A"]}')
    user = '{"type": "record", "name": "x.U", "fields": [{"name": "e", "type": "E"}]}'
    reference = (SchemaReference("x.E", "e", 1),)
    registry.register("s", user, reference)
    files = (
        StoredSchema("e", 1, "t/e/v1.avsc", '{"type": "enum", "name": "x.E", "symbols": ["A"]}'),
        StoredSchema("s", 1, "t/s/v1.avsc", user, reference),
    )
    assert beside(SchemaTree("t", files), registry).verdict == "pass"


def test_glue_has_no_verdict_so_ours_stands_alone() -> None:
    with glue_registry("check") as glue:
        for text in (record(A), record(A, B_DEFAULT)):
            glue.register("s", text)
        assert beside(tree(record(A), record(A, B_DEFAULT)), glue).verdict == "pass"
        verdict = beside(tree(record(A), record(A, B_DEFAULT), record(A, B)), glue)
        assert marks(verdict) == [(MISSING_DEFAULT, 3, 1)]
        lacking = beside(tree(None, record(A, B_DEFAULT), record(A, B)), glue)
        assert (MISSING_DEFAULT, 3, 1) in marks(lacking)
