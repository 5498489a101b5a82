"""The ledger as its users see it: its records, how facts are added, and who adds them."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple, Protocol

from gridctl.audit.chain import Head
from gridctl.contracts.audit import AuditEntry, AuditFact


class LedgerRecord(NamedTuple):
    """One record of a ledger. `place` is where a person finds it; `entry` is None where it cannot be read.

    `line` is its line, from 1, in an exported file.
    """

    place: str
    entry: AuditEntry | None
    problem: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Origin:
    """Who does something: person or account, and the CI run, commit, pull request and ref that it belongs to."""

    actor: str
    ci_run_id: str | None = None
    ci_run_url: str | None = None
    commit: str | None = None
    pull_request: int | None = None
    ref: str | None = None

    def fact(self, action: str, subject: str, time_ms: int, **values: str | int | None) -> AuditFact:
        """Return a fact of this origin."""
        return AuditFact.model_validate(
            {"action": action, "subject": subject, "time_ms": time_ms, **asdict(self), **values}
        )


class Ledger(Protocol):
    """An ordered log of entries with one head, however many write to it at once."""

    def records(self) -> Iterator[LedgerRecord]:
        """Yield all records, oldest first, up to the end that the ledger has now; raise Unavailable."""
        ...

    def head(self) -> Head:
        """Return the end of the chain; raise Unavailable, or ViolationFound where its last record is not an entry."""
        ...

    def append(self, facts: Sequence[AuditFact]) -> tuple[AuditEntry, ...]:
        """Add facts at the end, all or none, and return their entries once they are durable; raise Unavailable."""
        ...
