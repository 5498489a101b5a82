"""The hash chain: each entry carries the hash of the one before it, so every change and every gap shows."""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import NamedTuple, Self

from gridctl.contracts.audit import AuditEntry, AuditFact
from gridctl.errors import UsageProblem

_HEAD = re.compile(r"([0-9]{1,15}):([0-9a-f]{64})")


class Head(NamedTuple):
    """The end of a chain; whoever knows it can tell whether the end was cut off."""

    sequence: int
    entry_hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.entry_hash}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `SEQ:HASH`; raise UsageProblem."""
        match = _HEAD.fullmatch(text.strip())
        if match is None:
            raise UsageProblem(
                f"{text} is not the head of a ledger",
                next_step="write SEQ:HASH, as the command that wrote to the ledger printed it",
            )
        return cls(int(match[1]), match[2])


START = Head(0, "0" * 64)
"""The head of an empty chain."""


def head_of(entry: AuditEntry) -> Head:
    """Return the head of a chain that ends with this entry."""
    return Head(entry.sequence, entry.entry_hash)


def seal(fact: AuditFact, head: Head) -> AuditEntry:
    """Return the fact as the entry that follows the head."""
    values = fact.model_dump() | {"sequence": head.sequence + 1, "previous_hash": head.entry_hash}
    return AuditEntry(**values, entry_hash=_digest(values))


def seal_all(facts: Iterable[AuditFact], head: Head) -> tuple[AuditEntry, ...]:
    """Return the facts as the entries that follow the head, one behind the other."""
    entries: list[AuditEntry] = []
    for fact in facts:
        entries.append(seal(fact, head))
        head = head_of(entries[-1])
    return tuple(entries)


def hash_of(entry: AuditEntry) -> str:
    """Return the hash that the entry must carry."""
    return _digest(entry.model_dump(exclude={"entry_hash"}))


def canonical(values: dict[str, object]) -> bytes:
    """Return the bytes of an entry: JSON as RFC 8785 writes it, without nulls.

    A field that a later version adds is null in older entries, and so leaves their hashes alone.
    """
    present = {key: value for key, value in values.items() if value is not None}
    return json.dumps(present, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _digest(values: dict[str, object]) -> str:
    return hashlib.sha256(canonical(values)).hexdigest()
