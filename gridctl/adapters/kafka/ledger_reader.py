"""The audit topic, read to the end that it has when the reading starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from gridctl.adapters.kafka.reader import KafkaReader
from gridctl.audit.chain import START, Head, head_of
from gridctl.audit.ledger import LedgerRecord
from gridctl.contracts.audit import AUDIT_TOPIC, AuditEntry
from gridctl.contracts.registry import SchemaLookup
from gridctl.errors import ViolationFound
from gridctl.streams.codec import FramedDecoder, Unreadable
from gridctl.streams.reader import Place, Span, newest
from gridctl.streams.records import Record

MARK = "gridstream.audit.write"


class LedgerReader:
    """Reads committed records, each with the schema that it was written with: what a newer one adds is not dropped."""

    def __init__(
        self, bootstrap: str, overrides: Mapping[str, str | int | float | bool], registry: SchemaLookup
    ) -> None:
        self._decoder = FramedDecoder(registry)
        self._reader = KafkaReader(bootstrap, overrides)
        self._seen: dict[Place, Span] = {}
        self._head = START

    def close(self) -> None:
        """End the connections."""
        self._reader.close()

    def records(self) -> Iterator[LedgerRecord]:
        """Yield all records; raise Unavailable when the topic is absent or the broker stops answering."""
        yield from map(self._record, self._reader.read(self._spans()))

    def end(self) -> int:
        """Return the offset behind the last record that readers see."""
        return next(iter(self._spans().values())).end

    def holds(self, mark: bytes) -> bool:
        """Say whether a record with this mark of a writer in its headers was committed."""
        # All of it: read from the middle, the embedded broker drops records behind a transaction that was aborted.
        return any((MARK, mark) in (message.headers() or ()) for message in self._reader.read(self._spans()))

    def head(self) -> Head:
        """Return the end of the chain; ViolationFound where the last record is no entry."""
        spans = self._spans()
        if spans != self._seen:
            self._head, self._seen = self._head_of(spans), spans
        return self._head

    def _head_of(self, spans: dict[Place, Span]) -> Head:
        found = newest(self._reader, spans, 1)
        if not found:
            return START
        last = self._record(found[-1])
        if last.entry is None:
            raise ViolationFound(
                f"{last.place}: the ledger's last record is not an entry: {last.problem}",
                next_step="`gridctl audit verify` shows all that is wrong",
            )
        return head_of(last.entry)

    def _spans(self) -> dict[Place, Span]:
        spans = self._reader.spans([AUDIT_TOPIC])
        if len(spans) != 1:
            raise ViolationFound(
                f"{AUDIT_TOPIC} has {len(spans)} partitions, and a chain has one",
                next_step="make the topic anew with one partition",
            )
        return spans

    def _record(self, record: Record) -> LedgerRecord:
        place = f"{AUDIT_TOPIC} offset {record.offset()}"
        value = record.value() or b""
        try:
            return LedgerRecord(place, AuditEntry.model_validate(self._decoder.decode(value)))
        except Unreadable as error:
            return LedgerRecord(place, None, str(error))
        except ValidationError as error:
            first = error.errors()[0]
            return LedgerRecord(place, None, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")
