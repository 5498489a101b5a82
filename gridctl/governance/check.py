"""`gridctl schema check`: every version beside every earlier one that the level names."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import NamedTuple

from gridctl.avro import Break, Level, SchemaInvalid, check
from gridctl.contracts.verdict import Finding
from gridctl.governance.places import Side, broken, invalid, unusable
from gridctl.governance.references import Lookup, Source, parse_source, tree_lookup
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
    """Return a finding for each file in these subjects, or in all, that is no version and so is judged by nobody."""
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
