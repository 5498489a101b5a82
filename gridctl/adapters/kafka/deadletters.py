"""Dead letters to their topics: written one by one with headers, and acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Self

from confluent_kafka import KafkaError, Message, Producer

from gridctl.adapters.kafka.config import client_config
from gridctl.adapters.kafka.errors import translated, unavailable
from gridctl.avro.codec import compile_encoder
from gridctl.contracts.deadletter import DEAD_LETTER_SUBJECT, DeadLetter, headers_of
from gridctl.contracts.framing import frame_header
from gridctl.contracts.registry import SchemaLookup
from gridctl.errors import Unavailable

DELIVERY_TIMEOUT_MS = 8000


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
        with translated(bootstrap):
            self._producer = Producer(client_config("producer", bootstrap, overrides))

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
