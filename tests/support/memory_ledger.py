"""The ledger in memory, for unit tests."""

from collections.abc import Iterator, Sequence

from gridctl.audit.chain import START, Head, head_of, seal_all
from gridctl.audit.ledger import LedgerRecord
from gridctl.contracts.audit import AuditEntry, AuditFact


class MemoryLedger:
    """Implements Ledger."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    def records(self) -> Iterator[LedgerRecord]:
        """Yield all records, oldest first."""
        yield from [LedgerRecord(f"entry {index}", entry) for index, entry in enumerate(self.entries, 1)]

    def head(self) -> Head:
        """Return the end of the chain."""
        return head_of(self.entries[-1]) if self.entries else START

    def append(self, facts: Sequence[AuditFact]) -> tuple[AuditEntry, ...]:
        """Add facts at the end and return their entries."""
        entries = seal_all(facts, self.head())
        self.entries += entries
        return entries
