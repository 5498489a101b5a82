"""The audit ledger on its topic. Many may write: a transactional id of one name makes Kafka let only one at a time.

A writer that takes its turn ends the transaction of the one before it, makes sure of the head, and appends. Whoever had
a turn before is fenced: its next commit fails, so it takes another turn. So the chain has one head.

Many at once would fence each other again and again. So a turn is short: what takes time, connecting and reading the
head, is done before it. And who is fenced waits until nobody has written for a while, a random one, longer each time:
whoever writes goes on to the end of what it has, and then one of those that wait takes the next turn.
"""

import random
import time
from collections.abc import Iterator, Sequence
from typing import Self
from uuid import uuid4

from confluent_kafka import KafkaError, KafkaException, Producer
from pydantic import ValidationError

from gridctl.adapters.kafka.config import Overrides, client_config
from gridctl.adapters.kafka.errors import ANSWER_TIMEOUT_S, error_of, translated, unavailable
from gridctl.adapters.kafka.reader import KafkaReader
from gridctl.audit.chain import START, Head, head_of, seal_all
from gridctl.audit.ledger import LedgerRecord
from gridctl.contracts.audit import AUDIT_SUBJECT, AUDIT_TOPIC, AuditEntry, AuditFact
from gridctl.contracts.registry import SchemaLookup
from gridctl.errors import ViolationFound
from gridctl.runtime.telemetry import names
from gridctl.runtime.telemetry.port import Telemetry
from gridctl.runtime.telemetry.reading import LinkingReader
from gridctl.streams.codec import FramedDecoder, FramedEncoder, Unreadable, framed_encoder
from gridctl.streams.publisher import Headers
from gridctl.streams.reader import Place, Record, Span, newest

MARK = "gridstream.audit.write"
TRANSACTIONAL_ID = "gridctl-audit"
QUEUE_S = 120.0  # longer than a hundred writers need for one turn each
QUIET_S = 0.15  # longer than a writer takes between two of its steps
SLOT_S, SLOT_MAX_S = 0.2, 2.0
PATIENCE_S = 10.0  # a writer that always has more goes first for this long, before one that waits
SHOWN_CHECK_S = 0.005
RECORD_MAX_BYTES = 4 * 1024 * 1024
FENCED = {
    KafkaError._FENCED,  # noqa: SLF001 -- its public name starts so
    # What a fenced producer says to the next record. Where the cause is another one, the next turn meets it.
    KafkaError._FATAL,  # noqa: SLF001 -- as above
    KafkaError.INVALID_PRODUCER_EPOCH,
    KafkaError.PRODUCER_FENCED,
    KafkaError.INVALID_TXN_STATE,
}


class LedgerReader:
    """Reads committed records, each with the schema that it was written with: what a newer one adds is not dropped.

    A context manager. With `telemetry` a reading of all records is a span, with links to those of the writers.
    """

    def __init__(
        self, bootstrap: str, overrides: Overrides, registry: SchemaLookup, telemetry: Telemetry | None = None
    ) -> None:
        self._decoder = FramedDecoder(registry)
        self._reader = KafkaReader(bootstrap, overrides)
        self._telemetry = telemetry
        self._seen: dict[Place, Span] = {}
        self._head = START

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def records(self) -> Iterator[LedgerRecord]:
        """Yield all committed records, oldest first, up to the present end; raise Unavailable."""
        if self._telemetry is None:
            yield from map(self._record, self._reader.read(self._spans()))
            return
        with LinkingReader(self._reader, self._telemetry) as linked:
            yield from map(self._record, linked.read(self._spans()))

    def newest(self, count: int) -> list[LedgerRecord]:
        """Return the newest committed records, at most so many, oldest first; raise Unavailable."""
        return [self._record(record) for record in newest(self._reader, self._spans(), count)[-count:]]

    def end(self) -> int:
        """Return the offset behind the last record that readers see."""
        return next(iter(self._spans().values())).end

    def holds(self, mark: bytes) -> bool:
        """Say whether a record with this mark of a writer in its headers was committed."""
        # All of it: read from the middle, the embedded broker drops records behind a transaction that was aborted.
        return any((MARK, mark) in (message.headers() or ()) for message in self._reader.read(self._spans()))

    def head(self) -> Head:
        """Return the end of the chain; raise Unavailable, or ViolationFound where the last record is not an entry."""
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
                next_step="create the topic again with one partition",
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


class KafkaLedger(LedgerReader):
    """Implements Ledger. It connects for writing when it first appends.

    With `telemetry` an appending is a span, which the headers of its records name.
    """

    def __init__(
        self,
        bootstrap: str,
        overrides: Overrides,
        registry: SchemaLookup,
        schema: str,
        telemetry: Telemetry | None = None,
    ) -> None:
        super().__init__(bootstrap, overrides, registry, telemetry)
        self._bootstrap = bootstrap
        self._overrides = overrides
        self._registry = registry
        self._schema = schema
        self._encoder: FramedEncoder | None = None
        self._producer: Producer | None = None
        self._own_head: Head | None = None

    def append(self, facts: Sequence[AuditFact]) -> tuple[AuditEntry, ...]:
        """Add facts at the end, all or none, and return their entries once they are committed; raise Unavailable."""
        if not facts:
            return ()
        if self._telemetry is None:
            return self._append(facts, [])
        span = self._telemetry.span(names.SEND, AUDIT_TOPIC, {names.BATCH_COUNT: len(facts)})
        error = None
        try:
            entries = self._append(facts, span.headers)
        except Exception as failure:
            error = type(failure).__name__
            raise
        finally:
            span.end(error)
        sent = {names.SYSTEM: names.KAFKA, names.OPERATION: names.SEND.operation, names.DESTINATION: AUDIT_TOPIC}
        self._telemetry.count(names.SENT_MESSAGES, len(entries), sent)
        return entries

    def _append(self, facts: Sequence[AuditFact], trace: Headers) -> tuple[AuditEntry, ...]:
        if self._encoder is None:
            self._encoder = framed_encoder(AUDIT_SUBJECT, self._schema, self._registry)
        give_up_s, slot_s = time.monotonic() + QUEUE_S, SLOT_S
        while True:
            entries = seal_all(facts, self._turn())
            end = self.end()
            if self._committed(entries, self._encoder, trace):
                self._own_head = head_of(entries[-1])
                self._wait_until_shown(end)
                return entries
            if time.monotonic() > give_up_s:
                raise unavailable(self._bootstrap, f"other writers kept {AUDIT_TOPIC} busy for {QUEUE_S:.0f} s")
            self._wait_for_quiet(slot_s)
            slot_s = min(2 * slot_s, SLOT_MAX_S)

    def _wait_until_shown(self, end: int) -> None:
        """Wait until readers see what was committed: Kafka answers a commit before it has marked the records."""
        give_up_s = time.monotonic() + ANSWER_TIMEOUT_S
        while self.end() <= end and time.monotonic() < give_up_s:
            time.sleep(SHOWN_CHECK_S)

    def _wait_for_quiet(self, slot_s: float) -> None:
        give_up_s = time.monotonic() + PATIENCE_S
        head = None
        while head != (head := self.head()) and time.monotonic() < give_up_s:
            time.sleep(QUIET_S + random.uniform(0, slot_s))  # noqa: S311 -- no secret

    def _turn(self) -> Head:
        """Return the head, with nobody else able to write behind it."""
        if self._producer is None or self._own_head is None:
            own = {
                "transactional.id": TRANSACTIONAL_ID,
                "transaction.timeout.ms": 10_000,
                "message.max.bytes": RECORD_MAX_BYTES,
                "linger.ms": 0,
                "log.queue": True,  # a fenced producer would write a line to stderr, which no level keeps back
                "retry.backoff.ms": 10,
                "reconnect.backoff.ms": 10,
            }
            with translated(self._bootstrap):
                producer = Producer(client_config("producer", self._bootstrap, self._overrides, own))
                self.head()  # now, so that it is known below when nobody has written in between
                producer.init_transactions(ANSWER_TIMEOUT_S)
            self._producer, self._own_head = producer, self.head()
        return self._own_head

    def _committed(self, entries: Sequence[AuditEntry], encoder: FramedEncoder, trace: Headers) -> bool:
        """Write entries; False where another writer has taken over and they are not in the ledger."""
        producer = self._producer
        assert producer is not None  # noqa: S101 -- `_turn` made it
        values, mark = [encoder.header + encoder.body(entry.model_dump()) for entry in entries], uuid4().bytes
        try:
            producer.begin_transaction()
            for entry, value in zip(entries, values, strict=True):
                headers = [*_headers(entry), (MARK, mark), *trace]
                producer.produce(AUDIT_TOPIC, value, entry.subject.encode(), headers=headers)
            producer.commit_transaction(ANSWER_TIMEOUT_S)
        except KafkaException as failure:
            self._producer = None
            error = error_of(failure)
            code = None if error is None else error.code()
            if code == KafkaError.UNKNOWN:  # the broker failed in the midst of it, which Kafka 4.3 now and then does
                self._turn()  # the next writer ends what is pending, one way or the other
                self._producer = None
            elif code not in FENCED:
                with translated(self._bootstrap):
                    raise
            # The commit may have gone through, and only its answer not. Two facts can be equal, marks cannot.
            return self.holds(mark)
        return True


def _headers(entry: AuditEntry) -> Headers:
    return [
        ("content-type", b"application/avro"),
        ("gridstream.audit.action", entry.action.encode()),
        ("gridstream.audit.sequence", str(entry.sequence).encode()),
        ("gridstream.audit.hash", entry.entry_hash.encode()),
    ]
