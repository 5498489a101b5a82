"""Topics read from a start to a fixed end: implements RangedReader without a group."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Self

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from gridctl.adapters.kafka.config import Overrides, client_config
from gridctl.adapters.kafka.errors import ANSWER_TIMEOUT_S, failure_of, translated, unavailable
from gridctl.adapters.kafka.metadata import partitions_of
from gridctl.streams.reader import Place, Span

READ_BATCH = 2_000


class KafkaReader:
    """Implements RangedReader, of committed records unless told otherwise. A context manager; one reading at a time."""

    def __init__(self, bootstrap: str, overrides: Overrides, *, committed: bool = True) -> None:
        self._bootstrap = bootstrap
        level = {"isolation.level": "read_committed" if committed else "read_uncommitted"}
        with translated(bootstrap):
            self._consumer = Consumer(client_config("reader", bootstrap, overrides, level))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connections."""
        self._consumer.close()

    def spans(
        self, topics: Sequence[str], *, since_ms: int | None = None, until_ms: int | None = None
    ) -> dict[Place, Span]:
        """Return what every partition holds, or what was appended to it in [since, until)."""
        with translated(self._bootstrap):
            held = {
                Place(each.topic, each.partition): Span(*self._consumer.get_watermark_offsets(each, ANSWER_TIMEOUT_S))
                for each in partitions_of(self._consumer, self._bootstrap, topics)
            }
            firsts, ends = self._first_since(held, since_ms), self._first_since(held, until_ms)
        return {
            place: Span(firsts.get(place, first), max(ends.get(place, end), firsts.get(place, first)))
            for place, (first, end) in held.items()
        }

    def read(self, spans: Mapping[Place, Span]) -> Iterator[Message[bytes, bytes]]:
        """Yield the records of the spans; raise Unavailable when the broker stops answering."""
        waiting = {place: end for place, (first, end) in spans.items() if first < end}
        with translated(self._bootstrap):
            self._consumer.assign([TopicPartition(*place, spans[place].first) for place in waiting])
            self._consumer.resume([TopicPartition(*place) for place in waiting])  # an earlier reading has paused them
            heard_s = time.monotonic()
            while waiting:
                messages = self._consumer.consume(READ_BATCH, 0.2)
                if messages:
                    heard_s = time.monotonic()
                elif time.monotonic() - heard_s > ANSWER_TIMEOUT_S:
                    raise unavailable(self._bootstrap, f"{len(waiting)} partitions stopped answering")
                yield from self._passed(messages, waiting)

    def _first_since(self, held: Mapping[Place, Span], time_ms: int | None) -> dict[Place, int]:
        """Return the offset of each partition's first record of that time or later; its end where there is none."""
        if time_ms is None:
            return {}
        asked = [TopicPartition(*place, time_ms) for place in held]
        found = {
            Place(each.topic, each.partition): each.offset
            for each in self._consumer.offsets_for_times(asked, ANSWER_TIMEOUT_S)
        }
        return {place: min(found[place], end) if found[place] >= 0 else end for place, (_, end) in held.items()}

    def _passed(
        self, messages: Sequence[Message[bytes, bytes]], waiting: dict[Place, int]
    ) -> Iterator[Message[bytes, bytes]]:
        """Yield what lies before the ends, and take partitions that are read from `waiting`."""
        for message in messages:
            place = Place(message.topic() or "", message.partition() or 0)
            offset, error = message.offset() or 0, message.error()
            # The last offsets may hold nothing to see, so the end has an event of its own.
            at_end = error is not None and error.code() == KafkaError._PARTITION_EOF  # noqa: SLF001 -- its public name starts so
            if error is not None and not at_end:
                raise failure_of(self._bootstrap, error)
            end = waiting.get(place)
            if end is None:
                continue
            if not at_end and offset < end:
                yield message
            if at_end or offset + 1 >= end:
                del waiting[place]
                # What is added meanwhile is not wanted, and would hide a partition that does not answer.
                self._consumer.pause([TopicPartition(*place)])
