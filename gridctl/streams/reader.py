"""Records of topics, and reading a topic from a start to an end that does not move."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from gridctl.errors import Unavailable
from gridctl.streams.publisher import Headers

RecordHeaders = Mapping[str, str | bytes | None] | Headers | None
"""A record's headers in the client's own type; what was read has a list, or None."""


class Record(Protocol):
    """One record of a topic. Shaped like the client's own message, so that nothing is copied per record."""

    def topic(self) -> str | None:
        """Return the topic."""
        ...

    def partition(self) -> int | None:
        """Return the partition."""
        ...

    def offset(self) -> int | None:
        """Return the offset."""
        ...

    def key(self) -> bytes | None:
        """Return the key."""
        ...

    def value(self) -> bytes | None:
        """Return the value."""
        ...

    def timestamp(self) -> tuple[int, int]:
        """Return the kind of the record's time (2: the broker's, at append) and the time in epoch milliseconds."""
        ...

    def headers(self) -> RecordHeaders:
        """Return the headers."""
        ...


class Place(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


class Span(NamedTuple):
    """Offsets of a partition: from `first` to before `end`. Not every one of them need hold a record."""

    first: int
    end: int


class TopicAbsent(Unavailable):
    """The broker answers, and does not have the topic."""


class RangedReader(Protocol):
    """Topics read from one place to another, outside of any group. Nothing is committed."""

    def spans(
        self, topics: Sequence[str], *, since_ms: int | None = None, until_ms: int | None = None
    ) -> dict[Place, Span]:
        """Return what every partition holds now; raise TopicAbsent, or Unavailable.

        With times only what was appended at or after `since_ms` and before `until_ms`, by the time of the records.
        """
        ...

    def read(self, spans: Mapping[Place, Span]) -> Iterator[Record]:
        """Yield the records of the spans, in the order of the offsets within each partition; raise Unavailable.

        Ends where the spans do, also where the last offsets hold nothing to see: marks of transactions, what was
        aborted, what was compacted away. What lies before a span or behind it is not yielded.
        """
        ...


def newest(reader: RangedReader, spans: Mapping[Place, Span], count: int) -> list[Record]:
    """Return at least the newest `count` records of the spans in each partition's order, or all where there are fewer.

    Not every offset holds a record, so a range with too few of them is widened.
    """
    width = max(count, 16)
    while True:
        ends = {place: Span(max(first, end - width), end) for place, (first, end) in spans.items()}
        found = list(reader.read(ends))
        if len(found) >= count or ends == spans:
            return found
        width *= 4
