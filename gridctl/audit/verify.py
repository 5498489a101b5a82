"""Walking the chain: whether every entry is what it was, and whether any is missing."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from gridctl.audit.chain import START, Head, hash_of, head_of
from gridctl.audit.ledger import LedgerRecord
from gridctl.contracts.audit import AuditEntry
from gridctl.contracts.verdict import Finding

GATE = "audit"


@dataclass
class Walk:
    """What was seen on the way: feed it with `take`, end with `finish`. `file` is the exported ledger, if it is one."""

    expected: Head | None = None
    file: str | None = None
    first: Head | None = None
    head: Head = START
    count: int = 0
    findings: list[Finding] = field(default_factory=list)
    _unreadable: int = 0
    _previous: AuditEntry | None = None
    _met: str | None = None

    def take(self, record: LedgerRecord) -> None:
        """Judge the next record."""
        self.count += 1
        entry = record.entry
        if entry is None:
            self._unreadable += 1
            self._find("audit-unreadable", record, f"is not an entry: {record.problem}")
            return
        if hash_of(entry) != entry.entry_hash:
            words = f"entry {entry.sequence} is not what was written: its hash is different"
            self._find("audit-changed", record, words)
        self._judge_link(record, entry)
        self.first = self.first or head_of(entry)
        if self.expected is not None and entry.sequence == self.expected.sequence:
            self._met = entry.entry_hash
        self._previous, self.head, self._unreadable = entry, head_of(entry), 0

    def finish(self) -> list[Finding]:
        """Judge the end, and return all that is wrong."""
        expected, end = self.expected, f"after entry {self.head.sequence}"
        if expected is None or expected == START:
            return self.findings
        if self.head.sequence < expected.sequence:
            words = f"ends at entry {self.head.sequence}; the head says that there are {expected.sequence}"
            self._find("audit-cut-off", end, words, fix="find who deleted the end, and restore it")
        elif self._met is None:
            self._find("audit-cut-off", end, f"does not hold entry {expected.sequence}, which the head names")
        elif self._met != expected.entry_hash:
            words = f"entry {expected.sequence} is not the one that the head names: history was rewritten"
            self._find("audit-other-history", f"entry {expected.sequence}", words)
        return self.findings

    def _find(self, rule: str, place: LedgerRecord | str, words: str, fix: str | None = None) -> None:
        place, line = (place, None) if isinstance(place, str) else (place.place, place.line)
        message = words if line is not None else f"{place}: {words}"
        self.findings.append(Finding(rule=rule, message=message, file=self.file, line=line, fix=fix))

    def _judge_link(self, record: LedgerRecord, entry: AuditEntry) -> None:
        previous = self._previous
        if previous is None and not self._unreadable and entry.sequence > 1:
            return  # it begins in the middle; whether it may, the caller knows
        if previous is not None and entry.sequence <= previous.sequence:
            twice = entry.previous_hash == previous.previous_hash
            words = (
                "two entries follow the same one" if twice else f"entry {entry.sequence} follows {previous.sequence}"
            )
            self._find("audit-fork" if twice else "audit-gap", record, words)
        elif entry.sequence != self.head.sequence + 1 + self._unreadable:
            gone = f"{self.head.sequence + 1} to {entry.sequence - 1}"
            self._find("audit-gap", record, f"entries {gone} are missing before entry {entry.sequence}")
        elif not self._unreadable and entry.previous_hash != self.head.entry_hash:
            words = f"entry {entry.sequence} does not follow entry {self.head.sequence} as it is here"
            self._find("audit-link", record, words)


def walk(records: Iterable[LedgerRecord], expected: Head | None = None, file: str | None = None) -> Walk:
    """Return what a walk over all records finds; `expected` is a head that was printed once."""
    seen = Walk(expected, file)
    for record in records:
        seen.take(record)
    seen.finish()
    return seen
