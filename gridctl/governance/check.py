"""`gridctl schema check`: the tree alone, beside a git base, beside a registry; one verdict."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import NamedTuple

from gridctl.avro import Break, Level, SchemaInvalid, check
from gridctl.contracts.verdict import Finding, Verdict
from gridctl.errors import Unavailable
from gridctl.governance.check_base import Base, check_base, nothing_published
from gridctl.governance.check_registry import Judge, RegistryCheck, Versions
from gridctl.governance.findings import Side, broken, invalid, unusable
from gridctl.governance.sources import Lookup, Source, parse_source, tree_lookup
from gridctl.governance.tree import SchemaFile, SchemaTree

VERSION_GAP = "version-gap"
STRAY_FILE = "stray-file"


@dataclass
class Matrix:
    """Which pairs of one subject were compared: (later, earlier) to whether they are compatible."""

    subject: str
    versions: tuple[int, ...]
    cells: dict[tuple[int, int], bool] = field(default_factory=dict)


class Report(NamedTuple):
    """What was found in a tree, and what was compared."""

    findings: tuple[Finding, ...]
    matrices: tuple[Matrix, ...]


def check_tree(tree: SchemaTree, level: Level, subjects: Iterable[str]) -> Report:
    """Judge these subjects of the tree; references lead anywhere in it."""
    findings: list[Finding] = []
    matrices: list[Matrix] = []
    lookup = tree_lookup(tree)
    for subject in subjects:
        files = tree.subjects.get(subject, ())
        findings += gaps(files)
        matrix = Matrix(subject, tuple(file.version for file in files))
        findings += _Comparison(level, lookup, matrix).run(files)
        matrices.append(matrix)
    return Report(tuple(findings), tuple(matrices))


def strays(tree: SchemaTree, subjects: Collection[str] | None = None) -> list[Finding]:
    """Return a finding for each file in these subjects, or in all, that is not a version, and so is not judged."""
    return [
        Finding(
            rule=STRAY_FILE,
            message="no version of a subject, so nothing is said about it",
            file=path,
            line=1,
            column=1,
            fix="name it <subject>/vN.avsc, N from 1 on without zeros in front, or take it out of the tree",
        )
        for path in tree.strays
        if subjects is None or PurePath(path).parent.name in subjects
    ]


def gaps(files: Sequence[SchemaFile]) -> list[Finding]:
    """Return a finding for each version that is not there before one that is."""
    findings = []
    before = 0
    for file in files:
        if file.version != before + 1:
            missing = f"v{before + 1}" if file.version == before + 2 else f"v{before + 1} to v{file.version - 1}"
            findings.append(
                Finding(
                    rule=VERSION_GAP,
                    message=f"a gap before v{file.version}: {missing} missing; versions count 1, 2, 3 …",
                    subject=file.subject,
                    version=file.version,
                    against=before or None,
                    file=file.path,
                    line=1,
                    column=1,
                    fix=f"bring {missing} back, or number this version v{before + 1}",
                )
            )
        before = file.version
    return findings


class _Comparison:
    """One subject. Equal texts are parsed once, and each pair of them is compared once."""

    def __init__(self, level: Level, lookup: Lookup, matrix: Matrix) -> None:
        self._level = level
        self._lookup = lookup
        self._matrix = matrix
        self._sides: dict[Source, Side] = {}
        self._breaks: dict[tuple[int, int], Sequence[Break]] = {}

    def run(self, files: Sequence[SchemaFile]) -> list[Finding]:
        findings: list[Finding] = []
        history: list[tuple[SchemaFile, Side | None]] = []
        for file in files:
            side = self._side(file, findings)
            if side is not None and self._level.directions:
                named = history if self._level.is_transitive else history[-1:]
                valid = [(earlier, other) for earlier, other in named if other is not None]
                self._compare(side, valid)
                for earlier, other in valid:
                    findings += self._pair(file, side, earlier, other)
            history.append((file, side))
            if side is not None and file is files[-1]:
                findings += unusable(file, side.schema)
        return findings

    def _side(self, file: SchemaFile, findings: list[Finding]) -> Side | None:
        source = (file.text, file.references)
        try:
            known = self._sides.get(source)
            if known is None:
                known = self._sides[source] = Side(f"v{file.version}", parse_source(source, self._lookup), file)
        except SchemaInvalid as error:
            findings.append(invalid(file, error, version=file.version))
            return None
        return known

    def _compare(self, side: Side, history: Sequence[tuple[SchemaFile, Side]]) -> None:
        new = {
            id(other): (earlier.version, other.schema)
            for earlier, other in history
            if (id(side), id(other)) not in self._breaks
        }
        breaks = check(self._level, side.schema, list(new.values()))
        for other_id, (version, _) in new.items():
            self._breaks[id(side), other_id] = [entry for entry in breaks if entry.version == version]

    def _pair(self, file: SchemaFile, side: Side, earlier: SchemaFile, other: Side) -> list[Finding]:
        found = self._breaks[id(side), id(other)]
        self._matrix.cells[file.version, earlier.version] = not found
        if not found:
            return []
        later_side = Side(f"v{file.version}", side.schema, file)
        earlier_side = Side(f"v{earlier.version}", other.schema, earlier)
        return [
            broken(entry, later_side, earlier_side, subject=file.subject, version=file.version, against=earlier.version)
            for entry in found
        ]


MOST_SUBJECTS = 20
_WORDS = {True: "ok", False: "NO", None: "-"}


def draw(matrices: Sequence[Matrix], level: Level) -> str:
    """Return a matrix for each subject with more than one version, those that break first; not for all of very many.

    A row is a later version, a column an earlier one: `ok`, `NO`, or `-` where the level compares nothing or a file
    is no schema.
    """
    shown = sorted((each for each in matrices if len(each.versions) > 1), key=lambda each: all(each.cells.values()))
    blocks = [_block(matrix, level) for matrix in shown[:MOST_SUBJECTS]]
    if len(shown) > MOST_SUBJECTS:
        rest = shown[MOST_SUBJECTS:]
        broken = sum(not all(matrix.cells.values()) for matrix in rest)
        blocks.append(f"… and {len(rest)} more subjects, {broken} of them broken\n")
    return "\n".join([*blocks, ""]) if blocks else ""


def _block(matrix: Matrix, level: Level) -> str:
    columns = matrix.versions[:-1]
    width = max(len(f"v{version}") for version in matrix.versions)
    lines = [
        f"{matrix.subject} ({level})",
        " ".join([" " * (width + 1), *(f"v{each}".ljust(width) for each in columns)]),
    ]
    for row in matrix.versions[1:]:
        cells = (_WORDS[matrix.cells.get((row, column))].ljust(width) for column in columns if column < row)
        lines.append(" ".join([f" {f'v{row}'.rjust(width)}", *cells]).rstrip())
    return "\n".join([*(line.rstrip() for line in lines), ""])


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
