"""The timestamp of the first record at or after an offset, for many partitions at once."""

import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from confluent_kafka import Consumer, KafkaError, TopicPartition

from gridctl.adapters.kafka.config import Overrides, client_config
from gridctl.lag.model import Head
from gridctl.streams.reader import Place

OWN = {
    # What a transaction has not committed waits too.
    "isolation.level": "read_uncommitted",
    # One record is wanted; without these the client fetches ahead, up to a megabyte a partition.
    "queued.min.messages": 1,
    "fetch.message.max.bytes": 16 * 1024,
    "fetch.wait.max.ms": 10,
}
POLL_S = 0.1


def heads(
    bootstrap: str, overrides: Overrides, wanted: Collection[tuple[Place, int, int]], limit_s: float
) -> dict[tuple[Place, int], Head]:
    """Return the head for each (place, offset, end of the log), without those that could not be read in time.

    A client reads a partition from one offset at a time, so several offsets of one take as many rounds.
    """
    deadline_s = time.monotonic() + limit_s
    consumer = Consumer(client_config("reader", bootstrap, overrides, OWN))
    found: dict[tuple[Place, int], Head] = {}
    try:
        for offsets in _rounds(wanted):
            if time.monotonic() >= deadline_s:
                break
            ends = {place: end for place, (_, end) in offsets.items()}
            for place, head in _read(
                consumer, {place: first for place, (first, _) in offsets.items()}, ends, deadline_s
            ):
                found[place, offsets[place][0]] = head
    finally:
        consumer.close()
    return found


def _rounds(wanted: Collection[tuple[Place, int, int]]) -> Iterator[dict[Place, tuple[int, int]]]:
    """Yield rounds, each with one (offset, end) a partition."""
    by_place: defaultdict[Place, dict[int, int]] = defaultdict(dict)
    for place, offset, end in wanted:
        by_place[place][offset] = end
    while by_place:
        yield {place: offsets.popitem() for place, offsets in by_place.items()}
        for place in [place for place, offsets in by_place.items() if not offsets]:
            del by_place[place]


def _read(
    consumer: Consumer, offsets: Mapping[Place, int], ends: Mapping[Place, int], deadline_s: float
) -> Iterator[tuple[Place, Head]]:
    waiting = set(offsets)
    consumer.assign([TopicPartition(*place, offset) for place, offset in offsets.items()])
    while waiting and time.monotonic() < deadline_s:
        for message in consumer.consume(len(offsets), POLL_S):
            place = Place(message.topic() or "", message.partition() or 0)
            if place not in waiting:
                continue
            waiting.discard(place)
            error = message.error()
            if error is None:
                is_before_end = (message.offset() or 0) < ends[place]
                yield place, Head(message.timestamp()[1] if is_before_end else None)
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 -- its public name starts so
                yield place, Head(None)
