"""`gridctl schema check`: the tree alone, compared with a git base, and with a registry; one verdict."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import NamedTuple

from gridctl.avro import Break, Level, Schema, SchemaInvalid, check
from gridctl.contracts.verdict import Finding, Verdict
from gridctl.governance.check_base import Base, check_base, nothing_published
from gridctl.governance.check_registry import Judge, RegistryCheck
from gridctl.governance.findings import Side, broken, finding_in, invalid, unusable
from gridctl.governance.stores import SchemaStore, SchemaTree, StoredSchema, nothing_to_check, parse_stored

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


def check_tree(tree: SchemaTree, level: Level, subjects: Iterable[str], *beyond: SchemaStore) -> Report:
    """Judge these subjects of the tree; references lead anywhere in it, and from it into the stores `beyond`."""
    findings: list[Finding] = []
    matrices: list[Matrix] = []
    for subject in subjects:
        files = tree.versions(subject)
        findings += gaps(files)
        matrix = Matrix(subject, tuple(file.version for file in files))
        findings += _Comparison(level, (tree, *beyond), matrix).run(files)
        matrices.append(matrix)
    return Report(tuple(findings), tuple(matrices))


def strays(tree: SchemaTree, subjects: Collection[str] | None = None) -> list[Finding]:
    """Return a finding for each file in these subjects, or in all, that is not a version, and so is not judged."""
    return [
        Finding(
            rule=STRAY_FILE,
            message="is not a version of a subject, so it is not checked",
            file=path,
            line=1,
            column=1,
            fix="name it <subject>/vN.avsc, N from 1 on without zeros in front, or take it out of the tree",
        )
        for path in tree.strays
        if subjects is None or PurePath(path).parent.name in subjects
    ]


def gaps(files: Sequence[StoredSchema]) -> Iterator[Finding]:
    """Yield a finding for each version that is not there before one that is."""
    before = 0
    for file in files:
        if file.version != before + 1:
            missing = f"v{before + 1}" if file.version == before + 2 else f"v{before + 1} to v{file.version - 1}"
            words = f"a gap before v{file.version}: {missing} missing; versions count 1, 2, 3 …"
            fix = f"bring {missing} back, or number this version v{before + 1}"
            yield finding_in(file, VERSION_GAP, words, against=before or None, fix=fix)
        before = file.version


class _Comparison:
    """One subject. Equal texts are parsed once, and each pair of them is compared once."""

    def __init__(self, level: Level, stores: Sequence[SchemaStore], matrix: Matrix) -> None:
        self._level = level
        self._stores = stores
        self._matrix = matrix
        self._schemas: dict[object, Schema] = {}
        self._breaks: dict[tuple[int, int], list[Break]] = {}

    def run(self, files: Sequence[StoredSchema]) -> Iterator[Finding]:
        history: list[Side | None] = []
        for file in files:
            try:
                side = Side(f"v{file.version}", self._parsed(file), file)
            except SchemaInvalid as error:
                yield invalid(file, error)
                history.append(None)
                continue
            for earlier in history if self._level.is_transitive else history[-1:]:
                if earlier is not None and self._level.directions:
                    yield from self._pair(side, earlier)
            history.append(side)
            if file is files[-1]:
                yield from unusable(file, side.schema)

    def _parsed(self, file: StoredSchema) -> Schema:
        key = (file.text, file.references)
        if key not in self._schemas:
            self._schemas[key] = parse_stored(file, *self._stores)
        return self._schemas[key]

    def _pair(self, later: Side, earlier: Side) -> Iterator[Finding]:
        pair = (id(later.schema), id(earlier.schema))
        if pair not in self._breaks:
            self._breaks[pair] = check(self._level, later.schema, [(earlier.stored.version, earlier.schema)])
        self._matrix.cells[later.stored.version, earlier.stored.version] = not self._breaks[pair]
        return (broken(entry, later, earlier) for entry in self._breaks[pair])


MOST_SUBJECTS = 20
_WORDS = {True: "ok", False: "NO", None: "-"}


def draw(matrices: Sequence[Matrix], level: Level) -> str:
    """Return a matrix for each subject with more than one version, those that break first; not for all of very many.

    A row is a later version, a column an earlier one: `ok`, `NO`, or `-` where the level compares nothing or a file
    is not a schema.
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


class Registered(NamedTuple):
    """A registry to compare with; `judge` is None where it has no opinion of its own."""

    store: SchemaStore
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
        raise nothing_to_check(Path(tree.name, *sorted(absent)[:1]))
    subjects = sorted(wanted)
    report = check_tree(tree, question.level, subjects)
    findings = [*report.findings, *strays(tree, question.subjects)]
    checked: dict[str, object] = {
        "schemas": tree.name,
        "level": str(question.level),
        "subjects": len(subjects),
        "versions": sum(len(tree.versions(subject)) for subject in subjects),
        "pairs": sum(len(matrix.cells) for matrix in report.matrices),
    }
    if base is not None:
        findings += check_base(tree, base, subjects)
        checked["base"] = base.name
        checked["base_versions"] = sum(len(base.fork.versions(subject)) for subject in subjects)
        findings += nothing_published(tree, base)
    if registered is not None:
        beside = RegistryCheck(tree, question.level, *registered)
        findings += beside.run(subjects)
        checked |= {"registry": registered.store.name, "registered": beside.versions}
        checked["registry_verdicts"] = beside.opinions
    findings.sort(key=_order)
    return Verdict(GATE, checked, tuple(findings), overview=draw(report.matrices, question.level))


def _order(finding: Finding) -> tuple[str, int, int]:
    return (finding.subject or "", finding.version or 0, finding.against or 0)
