"""What the ledger needs from outside: somewhere to keep the entries."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from gridctl.audit.chain import Head
from gridctl.contracts.audit import AuditEntry, AuditFact


class Record(NamedTuple):
    """One record of a ledger. `place` is where a person finds it; `entry` is None where it cannot be read."""

    place: str
    entry: AuditEntry | None
    problem: str = ""


class Ledger(Protocol):
    """An ordered log of entries with one head, however many write to it at once."""

    def records(self) -> Iterator[Record]:
        """Yield all records, oldest first, up to the end that the ledger has now; raise Unavailable."""
        ...

    def head(self) -> Head:
        """Return the end of the chain; raise Unavailable, or ViolationFound where its last record is no entry."""
        ...

    def append(self, facts: Sequence[AuditFact]) -> tuple[AuditEntry, ...]:
        """Add facts at the end, all or none, and return their entries once they are durable; raise Unavailable."""
        ...
