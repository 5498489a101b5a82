"""The tree beside a registry: every registered version, and the verdict of the registry itself on each of them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from gridctl.avro import Level, SchemaInvalid, check
from gridctl.contracts.registry import SchemaReference, SchemaVersion
from gridctl.contracts.verdict import COULD_NOT_CHECK, Finding
from gridctl.errors import Unavailable
from gridctl.governance.check_base import VERSION_DELETED, edited, identity
from gridctl.governance.findings import Side, broken
from gridctl.governance.sources import Source, either, parse_source, tree_lookup
from gridctl.governance.tree import SchemaFile, SchemaTree


class Versions(Protocol):
    """Any registry: it lists what is published."""

    def versions(self, subject: str) -> list[SchemaVersion]:
        """Return all versions of a subject, oldest first; empty when there is none; raise Unavailable."""
        ...


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


VERDICTS_DIFFER = "verdicts-differ"
REGISTRY_LEVEL = "registry-level"
NO_REGISTRY_VERDICT = "no-registry-verdict"


class RegistryReport(NamedTuple):
    """What was found beside a registry, how many of its versions were read and how often it was asked."""

    findings: tuple[Finding, ...]
    versions: int
    opinions: int


class RegistryCheck:
    """One run against the registry at `url`; without a judge there is only our verdict."""

    def __init__(self, tree: SchemaTree, level: Level, url: str, registry: Versions, judge: Judge | None) -> None:
        self._tree = tree
        self._level = level
        self._url = url
        self._registry = registry
        self._judge = judge
        self._in_tree = tree_lookup(tree)
        self._fetched: dict[str, list[SchemaVersion]] = {}
        self._findings: list[Finding] = []
        self._opinions = 0

    def run(self, subjects: Iterable[str]) -> RegistryReport:
        """Judge these subjects; what the registry does not answer is a finding with which no verdict is a pass."""
        versions = 0
        try:
            for subject in subjects:
                registered = self._versions(subject)
                versions += len(registered)
                if registered:
                    self._subject(subject, registered)
        except Unavailable as error:
            self._findings.append(Finding(rule=COULD_NOT_CHECK, message=error.message, fix=error.next_step or None))
        return RegistryReport(tuple(self._findings), versions, self._opinions)

    def _versions(self, subject: str) -> list[SchemaVersion]:
        if subject not in self._fetched:
            self._fetched[subject] = self._registry.versions(subject)
        return self._fetched[subject]

    def _subject(self, subject: str, registered: Sequence[SchemaVersion]) -> None:
        files = self._tree.subjects.get(subject, ())
        matching = match_versions(subject, files, registered, self._url)
        self._findings += matching.findings
        remote = [(version, side) for version in registered if (side := self._remote_side(version)) is not None]
        level = self._registry_level(subject)
        for file in files:
            is_new = file in matching.candidates
            mine = self._local_side(file) if is_new or file is files[-1] else None
            if mine is None:
                continue
            for version, other in remote:
                counts = self._level.is_transitive or version is registered[-1]
                if is_new and counts and version.version in matching.foreign:
                    self._compare(mine, file, other, version)
                if level is not None and (is_new or version.version < file.version):
                    self._ask(level, mine, file, other, version)

    def _local_side(self, file: SchemaFile) -> Side | None:
        try:
            return Side(f"v{file.version}", parse_source((file.text, file.references), self._in_tree), file)
        except SchemaInvalid:
            return None  # the check of the tree has said so

    def _remote_side(self, version: SchemaVersion) -> Side | None:
        try:
            schema = parse_source((version.schema, version.references), either(self._in_registry, self._in_tree))
        except SchemaInvalid as error:
            message = f"version {version.version} in {self._url} is not an Avro schema for us: {error.message}"
            self._findings.append(
                Finding(rule=COULD_NOT_CHECK, message=message, subject=version.subject, version=version.version)
            )
            return None
        return Side(f"version {version.version} of {self._url}", schema, None)

    def _in_registry(self, subject: str, number: int) -> Source | None:
        found = (version for version in self._versions(subject) if version.version == number)
        return next(((version.schema, version.references) for version in found), None)

    def _registry_level(self, subject: str) -> Level | None:
        """Return the level by which the registry judges; None where it does not judge. Warn where it is not ours."""
        if self._judge is None:
            return None
        named = self._judge.effective_level(subject)
        if named not in Level.__members__:
            raise Unavailable(f"{self._url} names the level {named} for {subject}, which no documentation knows")
        if named != self._level:
            self._findings.append(
                Finding(
                    rule=REGISTRY_LEVEL,
                    severity="warning",
                    message=f"{self._url} holds {subject} to {named}, this gate to {self._level}",
                    subject=subject,
                    fix=f"set the level of the subject to {self._level}, or name --level {named}",
                )
            )
        return Level(named)

    def _compare(self, mine: Side, file: SchemaFile, other: Side, version: SchemaVersion) -> None:
        breaks = check(self._level, mine.schema, [(version.version, other.schema)])
        self._findings += [
            broken(entry, mine, other, subject=file.subject, version=file.version, against=version.version)
            for entry in breaks
        ]

    def _ask(self, level: Level, mine: Side, file: SchemaFile, other: Side, version: SchemaVersion) -> None:
        """Hold our verdict, under the registry's level, against the registry's."""
        if self._judge is None:
            return
        opinion = self._judge.opinion(file.subject, version.version, file.text, file.references)
        if opinion is None:
            self._findings.append(_no_verdict(file, version, self._url))
            return
        self._opinions += 1
        breaks = check(level, mine.schema, [(version.version, other.schema)])
        if opinion.compatible is not bool(breaks):
            return
        reasons = "; ".join(entry.incompatibility.message for entry in breaks) or "; ".join(opinion.reasons)
        ours, theirs = ("incompatible", "compatible") if breaks else ("compatible", "incompatible")
        self._findings.append(
            Finding(
                rule=VERDICTS_DIFFER,
                message=f"under {level} {mine.name} is {ours} with {other.name} to us, {theirs} to the registry"
                + (f": {reasons}" if reasons else ""),
                subject=file.subject,
                version=file.version,
                against=version.version,
                file=file.path,
                line=1,
                column=1,
                fix="find out which of both is wrong before anything is registered",
            )
        )


def _no_verdict(file: SchemaFile, version: SchemaVersion, url: str) -> Finding:
    return Finding(
        rule=NO_REGISTRY_VERDICT,
        severity="warning",
        message=f"{url} cannot judge v{file.version}, which refers to other schemas; ours is the only verdict",
        subject=file.subject,
        version=file.version,
        against=version.version,
        file=file.path,
        line=1,
        column=1,
    )
