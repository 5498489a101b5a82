"""The tree compared with a registry: every registered version, and the registry's own verdict on each of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from gridctl.avro import Level, SchemaInvalid, check
from gridctl.contracts.registry import SchemaReference
from gridctl.contracts.verdict import COULD_NOT_CHECK, Finding
from gridctl.errors import Unavailable
from gridctl.governance.check_base import VERSION_DELETED, edited
from gridctl.governance.findings import Side, broken, finding_in
from gridctl.governance.stores import SchemaStore, SchemaTree, StoredSchema, parse_stored


class Opinion(NamedTuple):
    """What a registry says about a schema beside one version, and its reasons as far as it gives any."""

    compatible: bool
    reasons: tuple[str, ...] = ()


class Judge(Protocol):
    """A registry that can be asked without writing."""

    def effective_level(self, subject: str) -> str:
        """Return the level that holds for a subject, its own or the global one; raise Unavailable."""
        ...

    def opinion(
        self, subject: str, version: int, schema: str, references: Sequence[SchemaReference] = ()
    ) -> Opinion | None:
        """Return whether the schema is compatible with that version under the effective level; raise Unavailable.

        None where the registry cannot judge a schema that refers to others.
        """
        ...


VERSION_RENUMBERED = "version-renumbered"


class Matching(NamedTuple):
    """The candidates are not registered yet; the foreign versions are registered and not in the tree."""

    findings: tuple[Finding, ...]
    candidates: tuple[StoredSchema, ...]
    foreign: tuple[StoredSchema, ...]


def match_versions(tree: SchemaTree, registry: SchemaStore, subject: str) -> Matching:
    """Match files and registered versions by content; say what was edited, is missing or has another number."""
    findings: list[Finding] = []
    candidates: list[StoredSchema] = []
    registered = {version.version: version for version in registry.versions(subject)}
    foreign = dict(registered)
    numbers: dict[object, list[int]] = {}
    for version in registered.values():
        numbers.setdefault(version.identity, []).append(version.version)
    for file in tree.versions(subject):
        held = numbers.get(file.identity, [])
        for number in held:
            foreign.pop(number, None)
        if held and file.version not in held:
            words = f"v{file.version} is version {held[0]} in {registry.name}"
            findings.append(finding_in(file, VERSION_RENUMBERED, words, severity="warning"))
        elif not held and file.version in registered:
            findings.append(edited(file, registered[file.version], registry.name))
        elif not held:
            candidates.append(file)
    present = {file.version for file in tree.versions(subject)}
    findings += [_missing(subject, number, registry.name) for number in foreign if number not in present]
    return Matching(tuple(findings), tuple(candidates), tuple(foreign.values()))


def _missing(subject: str, number: int, where: str) -> Finding:
    return Finding(
        rule=VERSION_DELETED,
        message=f"version {number} is registered in {where} and is not in the tree; data may be written with it",
        subject=subject,
        version=number,
        fix=f"bring {subject}/v{number}.avsc back, or update the branch if that version is newer than it",
    )


VERDICTS_DIFFER = "verdicts-differ"
REGISTRY_LEVEL = "registry-level"
NO_REGISTRY_VERDICT = "no-registry-verdict"


@dataclass
class RegistryCheck:
    """A tree compared with a registry; it counts the versions that were read and how often the registry was asked."""

    tree: SchemaTree
    level: Level
    registry: SchemaStore
    judge: Judge | None
    versions: int = 0
    opinions: int = 0
    _findings: list[Finding] = field(default_factory=list)

    def run(self, subjects: Iterable[str]) -> Sequence[Finding]:
        """Judge these subjects; what the registry does not answer is a finding with which no verdict is a pass."""
        try:
            for subject in subjects:
                registered = self.registry.versions(subject)
                self.versions += len(registered)
                if registered:
                    self._subject(subject, registered)
        except Unavailable as error:
            self._findings.append(Finding(rule=COULD_NOT_CHECK, message=error.message, fix=error.next_step or None))
        return self._findings

    def _subject(self, subject: str, registered: Sequence[StoredSchema]) -> None:
        files = self.tree.versions(subject)
        matching = match_versions(self.tree, self.registry, subject)
        self._findings += matching.findings
        remote = [side for version in registered if (side := self._remote_side(version)) is not None]
        level = self._registry_level(subject)
        for file in files:
            is_new = file in matching.candidates
            mine = self._local_side(file) if is_new or file is files[-1] else None
            if mine is None:
                continue
            for other in remote:
                counts = self.level.is_transitive or other.stored is registered[-1]
                if is_new and counts and other.stored in matching.foreign:
                    breaks = check(self.level, mine.schema, [(other.stored.version, other.schema)])
                    self._findings += [broken(entry, mine, other) for entry in breaks]
                if level is not None and (is_new or other.stored.version < file.version):
                    self._ask(level, mine, other)

    def _local_side(self, file: StoredSchema) -> Side | None:
        try:
            return Side(f"v{file.version}", parse_stored(file, self.tree), file)
        except SchemaInvalid:
            return None  # the check of the tree has said so

    def _remote_side(self, version: StoredSchema) -> Side | None:
        name = f"version {version.version} of {version.place}"
        try:
            return Side(name, parse_stored(version, self.registry, self.tree), version)
        except SchemaInvalid as error:
            message = f"version {version.version} in {version.place} is not an Avro schema for us: {error.message}"
            self._findings.append(
                Finding(rule=COULD_NOT_CHECK, message=message, subject=version.subject, version=version.version)
            )
            return None

    def _registry_level(self, subject: str) -> Level | None:
        """Return the level by which the registry judges; None where it does not judge. Warn where it is not ours."""
        if self.judge is None:
            return None
        named = self.judge.effective_level(subject)
        if named not in Level.__members__:
            raise Unavailable(f"{self.registry.name} says that {subject} has the level {named}, which is not known")
        if named != self.level:
            self._findings.append(
                Finding(
                    rule=REGISTRY_LEVEL,
                    severity="warning",
                    message=f"{self.registry.name} holds {subject} to {named}, this gate to {self.level}",
                    subject=subject,
                    fix=f"set the level of the subject to {self.level}, or name --level {named}",
                )
            )
        return Level(named)

    def _ask(self, level: Level, mine: Side, other: Side) -> None:
        """Compare our verdict, under the registry's level, with the registry's."""
        if self.judge is None:
            return
        file, number = mine.stored, other.stored.version
        opinion = self.judge.opinion(file.subject, number, file.text, file.references)
        if opinion is None:
            words = f"{self.registry.name} cannot judge {mine.name}, which refers to other schemas"
            words += "; ours is the only verdict"
            self._findings.append(finding_in(file, NO_REGISTRY_VERDICT, words, against=number, severity="warning"))
            return
        self.opinions += 1
        breaks = check(level, mine.schema, [(number, other.schema)])
        if opinion.compatible is not bool(breaks):
            return
        reasons = "; ".join(entry.incompatibility.message for entry in breaks) or "; ".join(opinion.reasons)
        ours, theirs = ("incompatible", "compatible") if breaks else ("compatible", "incompatible")
        words = f"under {level} {mine.name} is {ours} with {other.name} to us, {theirs} to the registry"
        self._findings.append(
            finding_in(
                file,
                VERDICTS_DIFFER,
                f"{words}: {reasons}" if reasons else words,
                against=number,
                fix="find out which of the two is wrong before anything is registered",
            )
        )
