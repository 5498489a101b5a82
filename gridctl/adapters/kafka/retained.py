"""Topics as they are retained: every record from the first offset to the end that there is when the reading starts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Self
from uuid import uuid4

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from gridctl.adapters.kafka.config import client_config
from gridctl.adapters.kafka.errors import ANSWER_TIMEOUT_S, translated, unavailable
from gridctl.adapters.kafka.metadata import spans_of

READ_BATCH = 2_000


class RetainedLog:
    """Reads topics whole. A context manager; it joins no group and commits nothing."""

    def __init__(self, bootstrap: str, overrides: Mapping[str, str | int | float | bool]) -> None:
        self._bootstrap = bootstrap
        settings = client_config(bootstrap, overrides) | {
            "group.id": f"gridctl-retention-{uuid4().hex}",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "check.crcs": True,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 50,
        }
        with translated(bootstrap):
            self._consumer = Consumer(settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def read(self, topics: Sequence[str]) -> Iterator[Message[bytes, bytes]]:
        """Yield all records; raise Unavailable when a topic is absent or the broker stops answering."""
        with translated(self._bootstrap):
            ends = spans_of(self._consumer, self._bootstrap, topics)
            self._consumer.assign([TopicPartition(topic, number, low) for (topic, number), (low, _) in ends.items()])
            waiting = {place: high for place, (low, high) in ends.items() if low < high}
            quiet_since = time.monotonic()
            while waiting:
                messages = self._consumer.consume(READ_BATCH, 0.2)
                if messages:
                    quiet_since = time.monotonic()
                elif time.monotonic() - quiet_since > ANSWER_TIMEOUT_S:
                    raise unavailable(self._bootstrap, f"{len(waiting)} partitions stopped answering")
                yield from self._passed(messages, waiting)

    def _passed(
        self, messages: Sequence[Message[bytes, bytes]], waiting: dict[tuple[str, int], int]
    ) -> Iterator[Message[bytes, bytes]]:
        """Yield what lies before the ends, and take partitions that are read from `waiting`."""
        for message in messages:
            place = (message.topic() or "", message.partition() or 0)
            offset, error = message.offset() or 0, message.error()
            # Behind the last record there may be a transaction's marker, so the end itself is no record's.
            at_end = error is not None and error.code() == KafkaError._PARTITION_EOF  # noqa: SLF001 -- its public name starts so
            if error is not None and not at_end:
                raise unavailable(self._bootstrap, error.str())
            end = waiting.get(place)
            if end is None:
                continue
            if not at_end and offset < end:
                yield message
            if at_end or offset + 1 >= end:
                del waiting[place]
