"""The audit ledger on its topic. Many may write: a transactional id of one name makes Kafka let only one at a time.

A writer that starts ends the transaction of the one before it, reads the head, and appends. Whoever started earlier
is fenced: its next commit fails, so it starts again and reads the head again. So the chain has one head.
"""

import random
import time
from collections.abc import Iterator, Mapping
from typing import Self
from uuid import uuid4

from confluent_kafka import KafkaError, KafkaException, Producer

from gridctl.adapters.kafka.config import client_config
from gridctl.adapters.kafka.errors import ANSWER_TIMEOUT_S, error_of, translated, unavailable
from gridctl.adapters.kafka.ledger_reader import MARK, LedgerReader
from gridctl.audit.chain import Head, head_of, seal
from gridctl.audit.ports import Record
from gridctl.avro.codec import compile_encoder
from gridctl.contracts.audit import AUDIT_SUBJECT, AUDIT_TOPIC, AuditEntry, AuditFact
from gridctl.contracts.framing import frame_header
from gridctl.contracts.registry import SchemaLookup
from gridctl.errors import Unavailable

TRANSACTIONAL_ID = "gridctl-audit"
ATTEMPTS = 12
RECORD_MAX_BYTES = 4 * 1024 * 1024
FENCED = {
    KafkaError._FENCED,  # noqa: SLF001 -- its public name starts so
    KafkaError.INVALID_PRODUCER_EPOCH,
    KafkaError.PRODUCER_FENCED,
    KafkaError.INVALID_TXN_STATE,
}


class KafkaLedger:
    """Implements Ledger. A context manager; it connects for writing when it first appends."""

    def __init__(
        self, bootstrap: str, overrides: Mapping[str, str | int | float | bool], registry: SchemaLookup, schema: str
    ) -> None:
        self._bootstrap = bootstrap
        self._overrides = overrides
        self._registry = registry
        self._schema = schema
        self._encode = compile_encoder(schema)
        self._header: bytes | None = None
        self._reader = LedgerReader(bootstrap, overrides, registry)
        self._producer: Producer | None = None
        self._head: Head | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def records(self) -> Iterator[Record]:
        """Yield all committed records, oldest first, up to the present end; raise Unavailable."""
        return self._reader.records()

    def head(self) -> Head:
        """Return the end of the chain; raise Unavailable, or ViolationFound where its last record is no entry."""
        return self._reader.head()

    def append(self, fact: AuditFact) -> AuditEntry:
        """Add a fact at the end and return its entry once it is committed; raise Unavailable."""
        for attempt in range(ATTEMPTS):
            head = self._writable()
            entry = seal(fact, head)
            if self._committed(entry):
                self._head = head_of(entry)
                return entry
            # Somebody else writes: let them finish.
            time.sleep(random.uniform(0.02, 0.1 * (attempt + 1)))  # noqa: S311 -- no secret
        raise unavailable(self._bootstrap, f"other writers kept taking {AUDIT_TOPIC} over")

    def _writable(self) -> Head:
        """Return the head, with nobody else able to write behind it."""
        if self._producer is None or self._head is None:
            own = {
                "transactional.id": TRANSACTIONAL_ID,
                "transaction.timeout.ms": 10_000,
                "message.max.bytes": RECORD_MAX_BYTES,
                "linger.ms": 0,
            }
            with translated(self._bootstrap):
                self._producer = Producer(client_config("producer", self._bootstrap, self._overrides, own))
                self._producer.init_transactions(ANSWER_TIMEOUT_S)
            self._head = self._reader.head()
        return self._head

    def _committed(self, entry: AuditEntry) -> bool:
        """Write an entry; False where another writer has taken over and the entry is not in the ledger."""
        producer = self._producer
        assert producer is not None  # noqa: S101 -- `_writable` made it
        value, mark = self._framed(entry), uuid4().bytes
        try:
            producer.begin_transaction()
            producer.produce(AUDIT_TOPIC, value, entry.subject.encode(), headers=[*_headers(entry), (MARK, mark)])
            producer.commit_transaction(ANSWER_TIMEOUT_S)
        except KafkaException as failure:
            self._producer = None
            error = error_of(failure)
            code = None if error is None else error.code()
            if code == KafkaError.UNKNOWN:  # the broker failed in the midst of it, which Kafka 4.3 now and then does
                self._writable()  # whoever begins ends what is pending, one way or the other
                self._producer = None
            elif code not in FENCED:
                with translated(self._bootstrap):
                    raise
            # The commit may have gone through, and only its answer not. Two facts can be equal, marks cannot.
            return self._reader.holds(mark)
        return True

    def _framed(self, entry: AuditEntry) -> bytes:
        if self._header is None:
            found = self._registry.find(AUDIT_SUBJECT, self._schema)
            if found is None:
                raise Unavailable(
                    f"the registry does not hold our schema of {AUDIT_SUBJECT}",
                    next_step="run `gridctl schema register --execute`",
                )
            self._header = frame_header(found.schema_id)
        return self._header + self._encode(entry.model_dump())


def _headers(entry: AuditEntry) -> list[tuple[str, str | bytes | None]]:
    return [
        ("content-type", b"application/avro"),
        ("gridstream.audit.action", entry.action.encode()),
        ("gridstream.audit.sequence", str(entry.sequence).encode()),
        ("gridstream.audit.hash", entry.entry_hash.encode()),
    ]
