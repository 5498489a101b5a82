"""The ledger as JSON lines: one entry a line, in one form, so that every byte of a file can be checked."""

import json
from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from gridctl.audit.ledger import LedgerRecord
from gridctl.contracts.audit import AuditEntry
from gridctl.errors import ViolationFound


def line_of(entry: AuditEntry) -> bytes:
    """Return an entry as its line."""
    return json.dumps(entry.model_dump(), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def records_of(lines: Iterable[bytes], name: str) -> Iterator[LedgerRecord]:
    """Yield the records of exported lines. A line that `line_of` would write differently was changed."""
    for number, line in enumerate(lines, 1):
        record = LedgerRecord(f"{name}:{number}", None, line=number)
        try:
            entry = AuditEntry.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            yield record._replace(problem=f"{where}: {first['msg']}" if where else first["msg"])
            continue
        if line_of(entry) == line:
            yield record._replace(entry=entry)
        else:
            yield record._replace(problem="is not written as `gridctl audit export` does")


def in_range(records: Iterable[LedgerRecord], since_ms: int | None, until_ms: int | None) -> Iterator[AuditEntry]:
    """Yield the entries from the first to the last that was written in [since, until), without gaps between them.

    Clocks of writers differ, so one in between may lie outside; without it the chain could not be checked.
    """
    begun, waiting = False, list[AuditEntry]()
    for record in records:
        if record.entry is None:
            raise ViolationFound(
                f"{record.place}: is not an entry: {record.problem}",
                next_step="`gridctl audit verify` shows everything that is wrong",
            )
        time_ms = record.entry.time_ms
        inside = (since_ms is None or time_ms >= since_ms) and (until_ms is None or time_ms < until_ms)
        begun = begun or inside
        if not begun:
            continue
        waiting.append(record.entry)
        if inside:
            yield from waiting
            waiting.clear()
