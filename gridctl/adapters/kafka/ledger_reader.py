"""The audit topic, read to the end that it has when the reading starts."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Self
from uuid import uuid4

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition
from pydantic import ValidationError

from gridctl.adapters.kafka.config import client_config
from gridctl.adapters.kafka.errors import ANSWER_TIMEOUT_S, translated, unavailable
from gridctl.adapters.kafka.metadata import no_topics, topics_of
from gridctl.audit.chain import START, Head, head_of
from gridctl.audit.ports import Record
from gridctl.contracts.audit import AUDIT_TOPIC, AuditEntry
from gridctl.contracts.registry import SchemaLookup
from gridctl.errors import ViolationFound
from gridctl.streams.codec import FramedDecoder, Unreadable

READ_BATCH = 500
MARK = "gridstream.audit.write"
TAIL = 16  # the last entry lies among the last few offsets: a commit marker follows each


class LedgerReader:
    """Reads committed records, each with the schema that it was written with: what a newer one adds is not dropped."""

    def __init__(
        self, bootstrap: str, overrides: Mapping[str, str | int | float | bool], registry: SchemaLookup
    ) -> None:
        self._bootstrap = bootstrap
        self._decoder = FramedDecoder(registry)
        settings = client_config(bootstrap, overrides) | {
            "group.id": f"gridctl-audit-{uuid4().hex}",  # never joined: the partition is assigned, nothing is committed
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "isolation.level": "read_committed",
            "check.crcs": True,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 50,
        }
        with translated(bootstrap):
            self._consumer = Consumer(settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connections."""
        self._consumer.close()

    def records(self) -> Iterator[Record]:
        """Yield all records; raise Unavailable when the topic is absent or the broker stops answering."""
        first, end = self._span()
        yield from map(self._record, self._between(first, end))

    def holds(self, mark: bytes) -> bool:
        """Say whether a record with this mark of a writer in its headers was committed."""
        first, end = self._span()
        return any((MARK, mark) in (message.headers() or ()) for message in self._between(first, end))

    def head(self) -> Head:
        """Return the end of the chain; ViolationFound where the last record is no entry."""
        first, end = self._span()
        span = TAIL
        while True:
            start = max(first, end - span)
            found = deque(self._between(start, end), maxlen=1)
            if found or start == first:
                break
            span *= 8
        if not found:
            return START
        last = self._record(found[0])
        if last.entry is None:
            raise ViolationFound(
                f"{last.place}: the ledger's last record is no entry: {last.problem}",
                next_step="`gridctl audit verify` shows all that is wrong",
            )
        return head_of(last.entry)

    def _span(self) -> tuple[int, int]:
        with translated(self._bootstrap):
            known = topics_of(self._consumer, self._bootstrap, [AUDIT_TOPIC])[AUDIT_TOPIC]
            if known.error is not None:
                raise no_topics(self._bootstrap, [AUDIT_TOPIC])
            if len(known.partitions) != 1:
                raise ViolationFound(
                    f"{AUDIT_TOPIC} has {len(known.partitions)} partitions, and a chain has one",
                    next_step="make the topic anew with one partition",
                )
            return self._consumer.get_watermark_offsets(TopicPartition(AUDIT_TOPIC, 0), ANSWER_TIMEOUT_S)

    def _between(self, first: int, end: int) -> Iterator[Message[bytes, bytes]]:
        if first >= end:
            return
        with translated(self._bootstrap):
            self._consumer.assign([TopicPartition(AUDIT_TOPIC, 0, first)])
            quiet_since = time.monotonic()
            while True:
                messages = self._consumer.consume(READ_BATCH, 0.1)
                if messages:
                    quiet_since = time.monotonic()
                elif time.monotonic() - quiet_since > ANSWER_TIMEOUT_S:
                    raise unavailable(self._bootstrap, f"{AUDIT_TOPIC} could not be read to its end")
                for message in messages:
                    error = message.error()
                    if error is not None and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 -- its public name starts so
                        return
                    if error is not None:
                        raise unavailable(self._bootstrap, f"{AUDIT_TOPIC}: {error.str()}")
                    if (message.offset() or 0) >= end:
                        return
                    yield message

    def _record(self, message: Message[bytes, bytes]) -> Record:
        place = f"{AUDIT_TOPIC} offset {message.offset()}"
        value = message.value() or b""
        try:
            return Record(place, AuditEntry.model_validate(self._decoder.decode(value)))
        except Unreadable as error:
            return Record(place, None, str(error))
        except ValidationError as error:
            first = error.errors()[0]
            return Record(place, None, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")
