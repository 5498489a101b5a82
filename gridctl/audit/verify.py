"""Walking the chain: whether every entry is what it was, and whether any is missing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from gridctl.audit.chain import START, Head, hash_of, head_of
from gridctl.audit.ledger import LedgerRecord
from gridctl.contracts.audit import AuditEntry

Rule = Literal[
    "audit-unreadable",
    "audit-changed",
    "audit-gap",
    "audit-link",
    "audit-fork",
    "audit-beginning",
    "audit-cut-off",
    "audit-other-history",
    "registry-unexplained",
    "registry-missing",
    "registry-level",
]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a ledger, or that it does not explain; `place` is where a person looks."""

    rule: Rule
    place: str
    message: str
    subject: str | None = None
    version: int | None = None
    fix: str | None = None


@dataclass
class Walk:
    """What was seen on the way: feed it with `take`, end with `finish`."""

    expected: Head | None = None
    first: Head | None = None
    head: Head = START
    count: int = 0
    faults: list[Fault] = field(default_factory=list)
    _unreadable: int = 0
    _previous: AuditEntry | None = None
    _met: str | None = None

    def take(self, record: LedgerRecord) -> None:
        """Judge the next record."""
        self.count += 1
        entry = record.entry
        if entry is None:
            self._unreadable += 1
            self.faults.append(Fault("audit-unreadable", record.place, f"is not an entry: {record.problem}"))
            return
        if hash_of(entry) != entry.entry_hash:
            words = f"entry {entry.sequence} is not what was written: its hash is different"
            self.faults.append(Fault("audit-changed", record.place, words))
        self._judge_link(record.place, entry)
        self.first = self.first or head_of(entry)
        if self.expected is not None and entry.sequence == self.expected.sequence:
            self._met = entry.entry_hash
        self._previous, self.head, self._unreadable = entry, head_of(entry), 0

    def finish(self) -> list[Fault]:
        """Judge the end, and return all that is wrong."""
        expected, where = self.expected, f"after entry {self.head.sequence}"
        if expected is None or expected == START:
            return self.faults
        if self.head.sequence < expected.sequence:
            words = f"ends at entry {self.head.sequence}; the head says that there are {expected.sequence}"
            self.faults.append(Fault("audit-cut-off", where, words, fix="find who deleted the end, and restore it"))
        elif self._met is None:
            words = f"does not hold entry {expected.sequence}, which the head names"
            self.faults.append(Fault("audit-cut-off", where, words))
        elif self._met != expected.entry_hash:
            words = f"entry {expected.sequence} is not the one that the head names: history was rewritten"
            self.faults.append(Fault("audit-other-history", f"entry {expected.sequence}", words))
        return self.faults

    def _judge_link(self, place: str, entry: AuditEntry) -> None:
        previous = self._previous
        if previous is None and not self._unreadable and entry.sequence > 1:
            return  # it begins in the middle; whether it may, the caller knows
        if previous is not None and entry.sequence <= previous.sequence:
            twice = entry.previous_hash == previous.previous_hash
            words = (
                "two entries follow the same one" if twice else f"entry {entry.sequence} follows {previous.sequence}"
            )
            self.faults.append(Fault("audit-fork" if twice else "audit-gap", place, words))
        elif entry.sequence != self.head.sequence + 1 + self._unreadable:
            gone = f"{self.head.sequence + 1} to {entry.sequence - 1}"
            self.faults.append(Fault("audit-gap", place, f"entries {gone} are missing before entry {entry.sequence}"))
        elif not self._unreadable and entry.previous_hash != self.head.entry_hash:
            words = f"entry {entry.sequence} does not follow entry {self.head.sequence} as it is here"
            self.faults.append(Fault("audit-link", place, words))


def walk(records: Iterable[LedgerRecord], expected: Head | None = None) -> Walk:
    """Return what a walk over all records finds; `expected` is a head that was printed once."""
    seen = Walk(expected)
    for record in records:
        seen.take(record)
    seen.finish()
    return seen
