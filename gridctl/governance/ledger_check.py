"""What a registry holds beside what the ledger says: every version and level there must have an entry."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gridctl.audit.chain import Head
from gridctl.audit.ledger import LedgerRecord
from gridctl.audit.verify import Fault, Walk, walk
from gridctl.avro.fingerprint import fingerprint
from gridctl.contracts.audit import AUDIT_TOPIC, AuditEntry
from gridctl.contracts.registry import SchemaRegistry, SchemaVersion

LEVEL_ACTION = "schema.level"
REGISTER_ACTION = "schema.register"
ADOPT_ACTION = "schema.adopt"

Mark = tuple[str, int, int | None, str | None]
"""Subject, version, schema id and fingerprint: what says that a version is the one that was recorded."""


@dataclass
class LedgerView:
    """What the ledger tells about one registry, by its name there."""

    system: str
    versions: dict[Mark, AuditEntry] = field(default_factory=dict)
    levels: dict[str, str | None] = field(default_factory=dict)

    def listen(self, records: Iterable[LedgerRecord]) -> Iterator[LedgerRecord]:
        """Pass the records on, and keep what they say of the registry."""
        for record in records:
            if record.entry is not None and record.entry.system == self.system:
                self._keep(record.entry)
            yield record

    def explains(self, version: SchemaVersion) -> bool:
        """Say whether an entry tells of this version."""
        return _mark(version) in self.versions

    def _keep(self, entry: AuditEntry) -> None:
        if entry.action in (REGISTER_ACTION, ADOPT_ACTION) and entry.version is not None:
            self.versions[entry.subject, entry.version, entry.schema_id, entry.fingerprint] = entry
        elif entry.action == LEVEL_ACTION:
            self.levels[entry.subject] = entry.after


def unexplained(view: LedgerView, registry: SchemaRegistry) -> Iterator[SchemaVersion]:
    """Yield the versions that somebody registered out of band."""
    for subject in registry.subjects():
        yield from (version for version in registry.versions(subject) if not view.explains(version))


def compare(view: LedgerView, registry: SchemaRegistry) -> tuple[int, list[Fault]]:
    """Return how many versions the registry holds, and where it and the ledger differ."""
    held = {subject: registry.versions(subject) for subject in registry.subjects()}
    everything = [version for versions in held.values() for version in versions]
    faults = [_out_of_band(view, version) for version in everything if not view.explains(version)]
    faults += _gone(view, everything)
    for subject, wanted in sorted(view.levels.items()):
        found = registry.level(subject)
        if subject in held and found != wanted:
            words = f"the level of {subject} is {found}; the ledger last set {wanted}"
            fix = "`gridctl schema register --execute` sets it again; find out who changed it"
            faults.append(Fault("registry-level", view.system, words, subject, fix=fix))
    return len(everything), faults


@dataclass(frozen=True)
class Verified:
    """What a walk over the ledger saw, and in what a registry and the ledger differ. `versions`: how many it holds."""

    seen: Walk
    versions: int
    system: str
    faults: tuple[Fault, ...]


def verify(
    records: Iterable[LedgerRecord], registry: SchemaRegistry, system: str, expected: Head | None = None
) -> Verified:
    """Walk the whole ledger, and hold the registry that it calls `system` against it."""
    view = LedgerView(system)
    seen = walk(view.listen(records), expected)
    if seen.first is not None and seen.first.sequence > 1:
        words = f"the ledger begins at entry {seen.first.sequence}: earlier entries are missing"
        seen.faults.append(Fault("audit-beginning", AUDIT_TOPIC, words))
    versions, faults = compare(view, registry)
    return Verified(seen, versions, system, (*seen.faults, *faults))


def _out_of_band(view: LedgerView, version: SchemaVersion) -> Fault:
    known = [mark for mark in view.versions if mark[:2] == (version.subject, version.version)]
    words = f"{version.subject} version {version.version} (id {version.schema_id}) was registered out of band: "
    words += "the ledger tells of another schema under this version" if known else "no entry of the ledger tells of it"
    fix = "find out who registered it; `gridctl schema register --execute --adopt REASON` records it as it is"
    return Fault("registry-unexplained", view.system, words, version.subject, version.version, fix)


def _gone(view: LedgerView, everything: Sequence[SchemaVersion]) -> Iterator[Fault]:
    there = {(version.subject, version.version) for version in everything}
    for (subject, number), entry in {mark[:2]: entry for mark, entry in view.versions.items()}.items():
        if (subject, number) not in there:
            words = f"{subject} version {number} is no longer there; entry {entry.sequence} registered it"
            fix = "records that were written with it cannot be read: find out who deleted it, and restore it"
            yield Fault("registry-missing", view.system, words, subject, number, fix)


def _mark(version: SchemaVersion) -> Mark:
    return version.subject, version.version, version.schema_id, fingerprint(version.schema)
