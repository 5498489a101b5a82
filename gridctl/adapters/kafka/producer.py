"""Publishing to Kafka: measurements by the batch call, dead letters one by one with headers."""

import time
from collections.abc import Callable, Mapping
from typing import Self

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as Report

from gridctl.adapters.kafka.config import MESSAGE_TIMEOUT_MS, client_config
from gridctl.adapters.kafka.errors import ANSWER_TIMEOUT_S, translated, unavailable
from gridctl.adapters.kafka.metadata import topics_of
from gridctl.ingest.ports import Letter, Message, Ticket

_FULL = KafkaError._QUEUE_FULL  # noqa: SLF001 -- librdkafka's local errors are named so


class KafkaPublisher:
    """Implements Publisher. A context manager; leaving it waits for what is not yet acknowledged."""

    def __init__(
        self, bootstrap: str, overrides: Mapping[str, str | int | float | bool], topics: frozenset[str]
    ) -> None:
        """Connect; Unavailable when no broker answers, or when one of the topics is not there."""
        self._bootstrap = bootstrap
        with translated(bootstrap):
            self._producer = Producer(client_config("producer", bootstrap, overrides))
            topics_of(self._producer, bootstrap, sorted(topics))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._producer.flush(MESSAGE_TIMEOUT_MS / 1000)
        else:
            self._producer.purge()

    def publish(self, topic: str, messages: list[Message], ticket: Ticket) -> None:
        """Hand over a batch for one topic; waits while the queue is full."""
        ticket.outstanding += len(messages)
        delivered = self._settling(ticket)
        deadline_s = time.monotonic() + ANSWER_TIMEOUT_S
        rest = messages
        while rest:
            with translated(self._bootstrap):
                queued = self._producer.produce_batch(topic, rest, on_delivery=delivered)
            if queued == len(rest):
                return
            rest = self._not_queued(rest, ticket)
            if rest:
                self._make_room(deadline_s)

    def publish_letter(self, letter: Letter, ticket: Ticket) -> None:
        """Hand over one dead letter; waits while the queue is full."""
        ticket.outstanding += 1
        deadline_s = time.monotonic() + ANSWER_TIMEOUT_S
        while True:
            try:
                self._producer.produce(
                    letter.topic,
                    value=letter.value,
                    key=letter.key,
                    headers=letter.headers,
                    on_delivery=self._settling(ticket),
                )
            except BufferError:
                self._make_room(deadline_s)
            except KafkaException as failure:
                ticket.settle(f"Kafka at {self._bootstrap}, topic {letter.topic}: {failure}")
                return
            else:
                return

    def poll(self, timeout_s: float) -> None:
        """Serve acknowledgements."""
        self._producer.poll(timeout_s)

    def _settling(self, ticket: Ticket) -> Callable[[KafkaError | None, Report], None]:
        def delivered(error: KafkaError | None, report: Report) -> None:
            if error is None:
                ticket.outstanding -= 1
            else:
                ticket.settle(f"Kafka at {self._bootstrap}, topic {report.topic()}: {error.str()}")

        return delivered

    def _not_queued(self, messages: list[Message], ticket: Ticket) -> list[Message]:
        """Return the messages to offer again; what can never be queued settles as failed."""
        again: list[Message] = []
        for message in messages:
            error = message.pop("_error", None)
            if not isinstance(error, KafkaError):
                continue
            if error.code() == _FULL:
                again.append(message)
            else:
                ticket.settle(f"Kafka at {self._bootstrap}: {error.str()}")
        return again

    def _make_room(self, deadline_s: float) -> None:
        if time.monotonic() > deadline_s:
            raise unavailable(self._bootstrap, f"its queue stayed full for {ANSWER_TIMEOUT_S} s")
        self._producer.poll(0.1)
