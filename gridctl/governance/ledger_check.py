"""What a registry holds, compared with the ledger: every version and level there must have an entry."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gridctl.audit.chain import Head
from gridctl.audit.ledger import LedgerRecord
from gridctl.audit.verify import GATE, Walk
from gridctl.contracts.audit import AUDIT_TOPIC, AuditEntry
from gridctl.contracts.verdict import Finding, Verdict
from gridctl.governance.stores import SchemaStore, StoredSchema, find

LEVEL_ACTION = "schema.level"
REGISTER_ACTION = "schema.register"
ADOPT_ACTION = "schema.adopt"

Mark = tuple[str, int, int | None, str | None]
"""Subject, version, schema id and fingerprint: what says that a version is the one that was recorded."""


@dataclass
class LedgerView:
    """What the ledger says about one registry, by its name there."""

    system: str
    versions: dict[Mark, AuditEntry] = field(default_factory=dict)
    levels: dict[str, str | None] = field(default_factory=dict)

    def take(self, record: LedgerRecord) -> None:
        """Keep what a record says of the registry."""
        entry = record.entry
        if entry is None or entry.system != self.system:
            return
        if entry.action in (REGISTER_ACTION, ADOPT_ACTION) and entry.version is not None:
            self.versions[entry.subject, entry.version, entry.schema_id, entry.fingerprint] = entry
        elif entry.action == LEVEL_ACTION:
            self.levels[entry.subject] = entry.after

    def explains(self, version: StoredSchema) -> bool:
        """Say whether an entry records this version."""
        return (version.subject, version.version, version.schema_id, version.fingerprint) in self.versions


def unexplained(view: LedgerView, registry: SchemaStore) -> Iterator[StoredSchema]:
    """Yield the versions that somebody registered out of band."""
    for subject in registry.subjects:
        yield from (version for version in registry.versions(subject) if not view.explains(version))


def compare(view: LedgerView, registry: SchemaStore) -> Iterator[Finding]:
    """Yield where the registry and the ledger differ."""
    yield from (_out_of_band(view, version) for version in unexplained(view, registry))
    for (subject, number), entry in {mark[:2]: entry for mark, entry in view.versions.items()}.items():
        if find([registry], subject, number) is None:
            words = f"{subject} version {number} is no longer there; entry {entry.sequence} registered it"
            fix = "records that were written with it cannot be read: find out who deleted it, and restore it"
            yield _finding(view, "registry-missing", words, fix, subject, number)
    for subject, wanted in sorted(view.levels.items()):
        found = registry.level(subject)
        if subject in registry.subjects and found != wanted:
            words = f"the level of {subject} is {found}; the ledger last set {wanted}"
            fix = "`gridctl schema register --execute` sets it again; find out who changed it"
            yield _finding(view, "registry-level", words, fix, subject)


def verify(
    records: Iterable[LedgerRecord], registry: SchemaStore, system: str, expected: Head | None = None
) -> Verdict:
    """Walk the whole ledger, and compare the registry, which the ledger calls `system`, with it."""
    view, walk = LedgerView(system), Walk(expected)
    for record in records:
        walk.take(record)
        view.take(record)
    findings = walk.finish()
    if walk.first is not None and walk.first.sequence > 1:
        words = f"the ledger begins at entry {walk.first.sequence}: earlier entries are missing"
        findings.append(Finding(rule="audit-beginning", message=f"{AUDIT_TOPIC}: {words}"))
    findings += compare(view, registry)
    versions = sum(len(registry.versions(subject)) for subject in registry.subjects)
    checked = {"entries": walk.count, "head": str(walk.head), "registry": system, "versions": versions}
    return Verdict(GATE, checked, tuple(findings))


def _out_of_band(view: LedgerView, version: StoredSchema) -> Finding:
    subject, number = version.subject, version.version
    is_known = any(mark[:2] == (subject, number) for mark in view.versions)
    why = "the ledger records another schema under this version" if is_known else "no entry of the ledger records it"
    words = f"{subject} version {number} (id {version.schema_id}) was registered out of band: {why}"
    fix = "find out who registered it; `gridctl schema register --execute --adopt REASON` records it as it is"
    return _finding(view, "registry-unexplained", words, fix, subject, number)


def _finding(view: LedgerView, rule: str, words: str, fix: str, subject: str, version: int | None = None) -> Finding:
    return Finding(rule=rule, message=f"{view.system}: {words}", subject=subject, version=version, fix=fix)
