"""Topics in memory, for unit tests: what a broker holds, without a broker. No group, no rebalance, no clock."""

from collections.abc import Iterator, Mapping, Sequence

from gridctl.streams.reader import Place, Span, TopicAbsent
from tests.support.memory_events import MemoryRecord


class MemoryTopics:
    """Implements RangedReader over lists; an offset whose record is None holds nothing that a reader may see."""

    def __init__(self, topics: Mapping[str, int]) -> None:
        self.partitions: dict[Place, list[MemoryRecord | None]] = {
            Place(topic, number): [] for topic, count in topics.items() for number in range(count)
        }

    def append(self, place: Place, key: bytes | None, value: bytes | None, time_ms: int) -> None:
        """Add a record, at a time that is not before that of the last one."""
        held = self.partitions[place]
        held.append(MemoryRecord(place.topic, key, value, time_ms, len(held), place.partition))

    def spans(
        self, topics: Sequence[str], *, since_ms: int | None = None, until_ms: int | None = None
    ) -> dict[Place, Span]:
        """Return what every partition holds, or what was appended to it in [since, until)."""
        absent = [topic for topic in topics if not any(place.topic == topic for place in self.partitions)]
        if absent:
            raise TopicAbsent(f"there is no topic {', '.join(absent)}")
        spans = {}
        for place, held in self.partitions.items():
            if place.topic in topics:
                first = 0 if since_ms is None else _since(held, since_ms)
                end = len(held) if until_ms is None else _since(held, until_ms)
                spans[place] = Span(first, max(first, end))
        return spans

    def read(self, spans: Mapping[Place, Span]) -> Iterator[MemoryRecord]:
        """Yield the records of the spans."""
        for place, (first, end) in spans.items():
            yield from (record for record in self.partitions[place][first:end] if record is not None)


def _since(held: Sequence[MemoryRecord | None], time_ms: int) -> int:
    """Return the first offset with a record of that time or later; the end where there is none."""
    found = (offset for offset, record in enumerate(held) if record is not None and record.timestamp()[1] >= time_ms)
    return next(found, len(held))
