"""A look into a topic: its newest records as rows, each decoded with the schema of its writer."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from gridctl.adapters.kafka.config import client_config
from gridctl.adapters.kafka.errors import ANSWER_TIMEOUT_S, translated, unavailable
from gridctl.adapters.kafka.metadata import metadata_of
from gridctl.adapters.registry import HttpRegistry
from gridctl.errors import UsageProblem
from gridctl.streams.codec import FramedDecoder, Unreadable

BATCH = 500


class TopicTail:
    """Reads one topic from near its end; commits nothing. A context manager."""

    def __init__(
        self,
        bootstrap: str,
        overrides: Mapping[str, str | int | float | bool],
        registry: HttpRegistry,
        topic: str,
    ) -> None:
        self._bootstrap = bootstrap
        self._registry = registry
        self._topic = topic
        self._decoder = FramedDecoder(registry)
        settings = client_config(bootstrap, overrides) | {
            "group.id": "gridctl-tail",  # never joined: partitions are assigned, nothing is committed
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "check.crcs": True,
        }
        with translated(bootstrap):
            self._consumer = Consumer(settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()
        self._registry.close()

    def read(self, limit: int, *, follow: bool, stopping: Callable[[], bool]) -> Iterator[list[dict[str, Any]]]:
        """Yield the newest `limit` records in the order of their time, then with `follow` what is added."""
        with translated(self._bootstrap):
            newest = self._newest(limit, stopping)
            newest.sort(key=lambda message: message.timestamp()[1])
            yield [self._row(message) for message in newest[-limit:]]
            while follow and not stopping():
                yield [self._row(message) for message in self._consume()]

    def _newest(self, limit: int, stopping: Callable[[], bool]) -> list[Message[bytes, bytes]]:
        """Return at least the newest `limit` records, as far as there are so many.

        Compaction and the markers of transactions leave offsets without a record, so a range that holds too few is
        widened.
        """
        bounds, span = self._bounds(), limit
        while True:
            starts = {partition: max(low, high - span) for partition, (low, high) in bounds.items()}
            self._consumer.assign([TopicPartition(self._topic, number, start) for number, start in starts.items()])
            ends = {partition: high for partition, (low, high) in bounds.items() if low < high}
            found: list[Message[bytes, bytes]] = []
            while ends and not stopping():
                found += self._consume()
                self._drop_read(ends)
            whole = all(starts[partition] == low for partition, (low, _) in bounds.items())
            if len(found) >= limit or whole or stopping():
                return found
            span *= 4

    def _bounds(self) -> dict[int, tuple[int, int]]:
        """Return the first and the next offset of each partition."""
        known = metadata_of(self._consumer, self._bootstrap).topics.get(self._topic)
        if known is None:
            raise UsageProblem(f"the broker has no topic {self._topic}", next_step="`gridctl topics list` names them")
        places = (TopicPartition(self._topic, partition) for partition in known.partitions)
        return {
            place.partition: self._consumer.get_watermark_offsets(place, timeout=ANSWER_TIMEOUT_S) for place in places
        }

    def _consume(self) -> list[Message[bytes, bytes]]:
        self._decoder.forget_unknown()
        sound = []
        for message in self._consumer.consume(BATCH, 0.2):
            error = message.error()
            if error is None:
                sound.append(message)
            elif error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 -- its public name starts so
                raise unavailable(self._bootstrap, error.str())
        return sound

    def _drop_read(self, ends: dict[int, int]) -> None:
        for place in self._consumer.position([TopicPartition(self._topic, partition) for partition in ends]):
            if place.offset >= ends[place.partition]:
                del ends[place.partition]

    def _row(self, message: Message[bytes, bytes]) -> dict[str, Any]:
        key, value = message.key(), message.value()
        row: dict[str, Any] = {
            "partition": message.partition(),
            "offset": message.offset(),
            "timestamp_ms": message.timestamp()[1],
            "key": None if key is None else key.decode("utf-8", "replace"),
        }
        if value is None:
            return {**row, "value": None}
        try:
            return {**row, "value": _plain(self._decoder.decode(value))}
        except Unreadable as problem:
            return {**row, "problem": str(problem), "raw_base64": b64encode(value).decode()}


def _plain(value: Any) -> Any:
    """Return the value as JSON takes it: bytes in base64."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
