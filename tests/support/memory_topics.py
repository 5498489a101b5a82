"""Topics in memory, for unit tests: what a broker holds, without a broker. No group, no rebalance, no clock."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from gridctl.streams.publisher import Headers, Message, Receipt, Undelivered
from gridctl.streams.reader import Place, Span, TopicAbsent
from tests.support.memory_events import MemoryRecord


class MemoryTopics:
    """Implements RangedReader and Publisher; an offset whose record is None holds nothing that a reader may see.

    `topics` are the numbers of partitions. What is published goes to the first one, and is acknowledged within the next
    `poll`; what is for another topic, or longer than `longest_bytes`, is given back as final.
    """

    def __init__(self, topics: Mapping[str, int], longest_bytes: int = 2**20) -> None:
        self._longest_bytes = longest_bytes
        self._handed_over: deque[tuple[str, Message, Headers, Receipt]] = deque()
        self.partitions: dict[Place, list[MemoryRecord | None]] = {
            Place(topic, number): [] for topic, count in topics.items() for number in range(count)
        }

    def append(
        self, place: Place, key: bytes | None, value: bytes | None, time_ms: int, headers: Headers | None = None
    ) -> None:
        """Add a record, at a time that is not before that of the last one."""
        held = self.partitions[place]
        held.append(MemoryRecord(place.topic, key, value, time_ms, len(held), place.partition, headers))

    def held(self, *topics: str) -> list[MemoryRecord]:
        """Return the records of these topics."""
        return list(self.read(self.spans(topics)))

    def publish(self, topic: str, messages: list[Message], receipt: Receipt) -> None:
        """Hand over a batch for one topic."""
        for message in messages:
            self.publish_one(topic, message, [], receipt)

    def publish_one(self, topic: str, message: Message, headers: Headers, receipt: Receipt) -> None:
        """Hand over one record."""
        receipt.outstanding += 1
        self._handed_over.append((topic, message, headers, receipt))

    def poll(self, timeout_s: float) -> None:  # noqa: ARG002 -- nothing here is waited for
        """Write what was handed over, or give it back."""
        while self._handed_over:
            topic, message, headers, receipt = self._handed_over.popleft()
            place, key, value = Place(topic, 0), message["key"], message["value"]
            problem = "is not there" if place not in self.partitions else "takes no record of this length"
            if place not in self.partitions or len(value) > self._longest_bytes:
                receipt.give_back(Undelivered(topic, message, headers, f"topic {topic} {problem}", is_final=True))
                continue
            self.append(place, key.encode() if isinstance(key, str) else key, value, 0, headers)
            receipt.outstanding -= 1

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
