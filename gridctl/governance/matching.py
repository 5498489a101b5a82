"""Which files of a subject are registered, under which number, and which registered versions the tree lacks."""

from collections.abc import Sequence
from typing import NamedTuple

from gridctl.contracts.registry import SchemaVersion
from gridctl.contracts.verdict import Finding
from gridctl.governance.published import VERSION_DELETED, edited
from gridctl.governance.same import identity
from gridctl.governance.tree import SchemaFile

VERSION_RENUMBERED = "version-renumbered"


class Matching(NamedTuple):
    """The candidates are not registered yet; the foreign versions are registered and not in the tree."""

    findings: tuple[Finding, ...]
    candidates: tuple[SchemaFile, ...]
    foreign: frozenset[int]


def match_versions(
    subject: str, files: Sequence[SchemaFile], registered: Sequence[SchemaVersion], where: str
) -> Matching:
    """Match files and registered versions by content; say what was edited, is missing or has another number."""
    findings: list[Finding] = []
    candidates: list[SchemaFile] = []
    foreign = {version.version: version for version in registered}
    taken = dict(foreign)
    numbers: dict[tuple[object, ...], list[int]] = {}
    for version in registered:
        numbers.setdefault(identity((version.schema, version.references)), []).append(version.version)
    for file in files:
        held = numbers.get(identity((file.text, file.references)), [])
        if held:
            for number in held:
                foreign.pop(number, None)
            if file.version not in held:
                findings.append(_renumbered(file, held[0], where))
        elif file.version in taken:
            findings.append(edited(file, taken[file.version].schema, f"in {where}"))
        else:
            candidates.append(file)
    present = {file.version for file in files}
    findings += [_missing(subject, number, where) for number in foreign if number not in present]
    return Matching(tuple(findings), tuple(candidates), frozenset(foreign))


def _renumbered(file: SchemaFile, number: int, where: str) -> Finding:
    return Finding(
        rule=VERSION_RENUMBERED,
        severity="warning",
        message=f"v{file.version} is version {number} in {where}",
        subject=file.subject,
        version=file.version,
        file=file.path,
        line=1,
        column=1,
    )


def _missing(subject: str, number: int, where: str) -> Finding:
    return Finding(
        rule=VERSION_DELETED,
        message=f"version {number} is registered in {where} and is not in the tree; data may be written with it",
        subject=subject,
        version=number,
        fix=f"bring {subject}/v{number}.avsc back, or update the branch if that version is newer than it",
    )
