"""Publishing to Kafka: batches by the batch call, single records with headers, all with the same guarantees."""

import time
from collections.abc import Callable, Iterable
from typing import Self

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as Report

from gridctl.adapters.kafka.config import MESSAGE_TIMEOUT_MS, Overrides, client_config
from gridctl.adapters.kafka.errors import ANSWER_TIMEOUT_S, error_of, is_final, translated
from gridctl.adapters.kafka.metadata import partitions_of
from gridctl.streams.publisher import Headers, Message, Receipt, Undelivered

_FULL = KafkaError._QUEUE_FULL  # noqa: SLF001 -- librdkafka's local errors are named so


class KafkaPublisher:
    """Implements Publisher. A context manager; leaving it waits for what is not yet acknowledged."""

    def __init__(
        self, bootstrap: str, overrides: Overrides, topics: Iterable[str], patience_s: float = MESSAGE_TIMEOUT_MS / 1000
    ) -> None:
        """Connect; Unavailable when no broker answers, or when one of the topics is not there.

        A record that is not acknowledged is sent again for `patience_s`, in its order, before it is given back.
        """
        self._bootstrap = bootstrap
        self._has_failed = False
        with translated(bootstrap):
            patience: Overrides = {"message.timeout.ms": max(1, round(patience_s * 1000))}
            self._producer = Producer(client_config("producer", bootstrap, {**patience, **overrides}))
            partitions_of(self._producer, bootstrap, sorted(topics))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._producer.flush(MESSAGE_TIMEOUT_MS / 1000)
        else:
            self._producer.purge()

    def publish(self, topic: str, messages: list[Message], receipt: Receipt) -> None:
        """Hand over a batch for one topic; waits a while where the queue is full, then gives the rest back."""
        receipt.outstanding += len(messages)
        delivered = self._reporting(receipt, [])
        deadline_s = time.monotonic() + ANSWER_TIMEOUT_S
        rest = messages
        while rest:
            with translated(self._bootstrap):
                queued = self._producer.produce_batch(topic, rest, on_delivery=delivered)
            if queued == len(rest):
                return
            rest = self._not_queued(topic, rest, receipt, is_late=time.monotonic() > deadline_s)
            if rest:
                self.poll(0.1)

    def publish_one(self, topic: str, message: Message, headers: Headers, receipt: Receipt) -> None:
        """Hand over one record with headers; the same."""
        receipt.outstanding += 1
        delivered = self._reporting(receipt, headers)
        deadline_s = time.monotonic() + ANSWER_TIMEOUT_S
        while True:
            try:
                self._producer.produce(topic, message["value"], message["key"], on_delivery=delivered, headers=headers)
            except (BufferError, KafkaException) as failure:
                error = error_of(failure) or KafkaError(_FULL)
                if error.code() != _FULL or time.monotonic() > deadline_s:
                    receipt.give_back(self._undelivered(topic, message, headers, error))
                    return
                self.poll(0.1)
            else:
                return

    def poll(self, timeout_s: float) -> None:
        """Serve acknowledgements."""
        try:
            self._producer.poll(timeout_s)
        except KafkaException as failure:
            # The client raises a fatal error here; its records come back after that, whatever their own error is.
            error = error_of(failure)
            if error is None or not error.fatal():
                raise
            self._has_failed = True

    def _reporting(self, receipt: Receipt, headers: Headers) -> Callable[[KafkaError | None, Report], None]:
        def delivered(error: KafkaError | None, report: Report) -> None:
            if error is None:
                receipt.outstanding -= 1
                return
            # The report of a record that failed has no headers (librdkafka 2.16).
            message = {"key": report.key(), "value": report.value()}
            receipt.give_back(self._undelivered(report.topic() or "", message, headers, error))

        return delivered

    def _not_queued(self, topic: str, messages: list[Message], receipt: Receipt, *, is_late: bool) -> list[Message]:
        """Return the messages to offer again; gives back what can never be queued, and what waited too long."""
        again: list[Message] = []
        for message in messages:
            error = message.pop("_error", None)
            if not isinstance(error, KafkaError):
                continue
            if error.code() == _FULL and not is_late:
                again.append(message)
            else:
                receipt.give_back(self._undelivered(topic, message, [], error))
        return again

    def _undelivered(self, topic: str, message: Message, headers: Headers, error: KafkaError) -> Undelivered:
        reason = f"Kafka at {self._bootstrap}, topic {topic}: {error.str()}"
        return Undelivered(topic, message, headers, reason, self._has_failed or is_final(error))
