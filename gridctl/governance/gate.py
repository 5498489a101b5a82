"""The whole of `gridctl schema check`: the tree alone, beside a git base, beside a registry; one verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gridctl.avro import Level
from gridctl.contracts.verdict import Finding, Verdict
from gridctl.errors import Unavailable
from gridctl.governance.check import check_tree, strays
from gridctl.governance.matrix import draw
from gridctl.governance.ports import Judge, Versions
from gridctl.governance.published import Base, check_base, nothing_published
from gridctl.governance.registered import RegistryCheck
from gridctl.governance.tree import SchemaTree

GATE = "schema-check"


@dataclass(frozen=True)
class Registered:
    """A registry to compare with; `judge` is None where it has no opinion of its own."""

    url: str
    versions: Versions
    judge: Judge | None


@dataclass(frozen=True)
class Question:
    """What to judge. Without `subjects` it is every subject that the tree or the base holds."""

    tree: SchemaTree
    level: Level = Level.BACKWARD_TRANSITIVE
    subjects: Sequence[str] | None = None
    base: Base | None = None
    registered: Registered | None = None


def judge(question: Question) -> Verdict:
    """Return the verdict; raise Unavailable where there is nothing to judge."""
    tree, base, registered = question.tree, question.base, question.registered
    known = {*tree.subjects, *(base.fork.subjects if base else ())}
    wanted = known if question.subjects is None else set(question.subjects)
    absent = wanted - known
    if absent or not wanted:
        raise Unavailable(
            f"{Path(tree.root, *sorted(absent)[:1])}: no schema <subject>/vN.avsc to check",
            next_step="name the tree with --schemas DIR",
        )
    subjects = sorted(wanted)
    report = check_tree(tree, question.level, subjects)
    findings = [*report.findings, *strays(tree, question.subjects)]
    checked: dict[str, object] = {
        "schemas": tree.root,
        "level": str(question.level),
        "subjects": len(subjects),
        "versions": sum(len(tree.subjects.get(subject, ())) for subject in subjects),
        "pairs": sum(len(matrix.cells) for matrix in report.matrices),
    }
    if base is not None:
        findings += check_base(tree, base, subjects)
        checked["base"] = base.name
        checked["base_versions"] = sum(len(base.fork.subjects.get(subject, ())) for subject in subjects)
        findings += nothing_published(tree, base)
    if registered is not None:
        beside = RegistryCheck(tree, question.level, registered.url, registered.versions, registered.judge)
        found = beside.run(subjects)
        findings += found.findings
        checked |= {"registry": registered.url, "registered": found.versions, "registry_verdicts": found.opinions}
    findings.sort(key=_order)
    return Verdict(GATE, checked, tuple(findings), overview=draw(report.matrices, question.level))


def _order(finding: Finding) -> tuple[str, int, int]:
    return (finding.subject or "", finding.version or 0, finding.against or 0)
