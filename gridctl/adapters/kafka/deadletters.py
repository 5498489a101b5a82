"""Dead letters on their topics: written one by one with headers and acknowledged, and read up to a fixed end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self
from uuid import uuid4

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

from gridctl.adapters.kafka.config import client_config
from gridctl.adapters.kafka.errors import ANSWER_TIMEOUT_S, translated, unavailable
from gridctl.adapters.kafka.metadata import spans_of
from gridctl.avro.codec import compile_encoder
from gridctl.contracts.deadletter import DEAD_LETTER_SUBJECT, DeadLetter, headers_of
from gridctl.contracts.framing import frame_header
from gridctl.contracts.registry import SchemaLookup
from gridctl.deadletters.view import Found
from gridctl.errors import Unavailable
from gridctl.streams.codec import FramedDecoder, Unreadable

DELIVERY_TIMEOUT_MS = 8000
READ_BATCH = 500
# The raw record in a letter is capped at 1 MiB by the settings; the envelope's own fields take less than 4 KiB.
LETTER_MAX_BYTES = 2 * 1024 * 1024


class DeadLetterCodec:
    """Encodes letters with our schema, whose id the registry must know."""

    def __init__(self, registry: SchemaLookup, schema: str) -> None:
        found = registry.find(DEAD_LETTER_SUBJECT, schema)
        if found is None:
            raise Unavailable(
                f"the registry does not hold our schema of {DEAD_LETTER_SUBJECT}",
                next_step="`gridctl up` registers it on a local stack",
            )
        self._header = frame_header(found.schema_id)
        self._encode = compile_encoder(schema)

    def value(self, letter: DeadLetter) -> bytes:
        """Return the framed Avro value of a letter."""
        return self._header + self._encode(letter.model_dump())


class KafkaDeadLetters:
    """Implements the processor's DeadLetterSink."""

    def __init__(
        self, bootstrap: str, overrides: Mapping[str, str | int | float | bool], codec: DeadLetterCodec
    ) -> None:
        self._bootstrap = bootstrap
        self._codec = codec
        settings = client_config(bootstrap, overrides) | {
            "enable.idempotence": True,
            "acks": "all",
            "compression.type": "lz4",
            "linger.ms": 5,
            "message.max.bytes": LETTER_MAX_BYTES,
            "delivery.timeout.ms": DELIVERY_TIMEOUT_MS,
        }
        with translated(bootstrap):
            self._producer = Producer(settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Drop what was not acknowledged: `write` has already said so."""
        self._producer.purge()
        self._producer.flush(0)

    def write(self, letters: Sequence[tuple[str, DeadLetter]]) -> None:
        """Write letters, each to its topic; return when all are acknowledged; raise Unavailable."""
        failures: list[KafkaError] = []

        def delivered(error: KafkaError | None, _message: Message[bytes, bytes]) -> None:
            if error is not None:
                failures.append(error)

        with translated(self._bootstrap):
            for topic, letter in letters:
                self._produce(topic, letter, delivered)
            left = self._producer.flush(2 * DELIVERY_TIMEOUT_MS / 1000)
        if failures or left:
            reason = failures[0].str() if failures else "no acknowledgement came"
            raise unavailable(self._bootstrap, f"a dead letter could not be written to {letters[0][0]}: {reason}")

    def _produce(self, topic: str, letter: DeadLetter, delivered: Callable[..., None]) -> None:
        key = letter.device_id.encode() if letter.device_id else None
        value, headers = self._codec.value(letter), headers_of(letter)
        while True:
            try:
                self._producer.produce(topic, value, key, on_delivery=delivered, headers=headers)
            except BufferError:  # the client's queue is full: deliver some
                self._producer.poll(0.1)
            else:
                self._producer.poll(0)
                return


class DeadLetterReader:
    """Reads dead letter topics from their beginning to the end that they have when the reading starts."""

    def __init__(
        self, bootstrap: str, overrides: Mapping[str, str | int | float | bool], registry: SchemaLookup, schema: str
    ) -> None:
        self._bootstrap = bootstrap
        self._decoder = FramedDecoder(registry, schema)
        settings = client_config(bootstrap, overrides) | {
            "group.id": f"gridctl-dlq-{uuid4().hex}",  # never joined: partitions are assigned, nothing is committed
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "check.crcs": True,
            "enable.partition.eof": True,
        }
        with translated(bootstrap):
            self._consumer = Consumer(settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close()

    def read(self, topics: Sequence[str]) -> Iterator[Found]:
        """Yield all records; raise Unavailable when a topic is absent or the broker stops answering."""
        with translated(self._bootstrap):
            ends = spans_of(self._consumer, self._bootstrap, topics)
            self._consumer.assign(
                [TopicPartition(topic, partition, first) for (topic, partition), (first, _) in ends.items()]
            )
            waiting = {place: end for place, (first, end) in ends.items() if first < end}
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
    ) -> Iterator[Found]:
        """Yield what lies before the ends, and take partitions that are read from `waiting`."""
        for message in messages:
            topic, partition, offset = message.topic() or "", message.partition() or 0, message.offset() or 0
            place, error = (topic, partition), message.error()
            at_end = error is not None and error.code() == KafkaError._PARTITION_EOF  # noqa: SLF001 -- its public name starts so
            if error is not None and not at_end:
                raise unavailable(self._bootstrap, error.str())
            if place in waiting and not at_end and offset < waiting[place]:
                yield self._found(topic, partition, offset, message.value() or b"")
            if place in waiting and (at_end or offset + 1 >= waiting[place]):
                del waiting[place]

    def _found(self, topic: str, partition: int, offset: int, value: bytes) -> Found:
        letter, problem = None, ""
        try:
            letter = self._decoder.decode(value)
        except Unreadable as error:
            problem = str(error)
        return Found(topic, partition, offset, letter, problem, value)
