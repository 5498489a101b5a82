"""The processor's topics in memory, for unit tests: one partition in one order, one member, no rebalances."""

from collections.abc import Sequence
from typing import NamedTuple

from gridctl.contracts.deadletter import DeadLetter
from gridctl.deadletters.letter import DeadLetters
from gridctl.streams.publisher import Headers, Receipt
from gridctl.streams.reader import Record


class _Fields(NamedTuple):
    topic: str
    key: bytes | None
    value: bytes | None
    appended_ms: int
    offset: int
    partition: int
    headers: Headers


class MemoryRecord:
    """Implements Record; its time is the broker's."""

    def __init__(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        appended_ms: int,
        offset: int = 0,
        partition: int = 0,
        headers: Headers | None = None,
    ) -> None:
        self._fields = _Fields(topic, key, value, appended_ms, offset, partition, headers or [])

    def topic(self) -> str:
        """Return the topic."""
        return self._fields.topic

    def partition(self) -> int:
        """Return the partition."""
        return self._fields.partition

    def offset(self) -> int:
        """Return the offset."""
        return self._fields.offset

    def key(self) -> bytes | None:
        """Return the key."""
        return self._fields.key

    def value(self) -> bytes | None:
        """Return the value."""
        return self._fields.value

    def timestamp(self) -> tuple[int, int]:
        """Return the time at which the broker appended the record."""
        return 2, self._fields.appended_ms

    def headers(self) -> Headers:
        """Return the headers."""
        return self._fields.headers


class MemoryEvents:
    """Implements EventSource over a list of records; `committed` is how far the group has come."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records
        self._position = 0
        self.committed = 0

    def batch(self, limit: int) -> Sequence[Record]:
        """Return the next records."""
        found = self._records[self._position : self._position + limit]
        self._position += len(found)
        return found

    def commit(self) -> None:
        """Record that everything that `batch` returned has had its effect."""
        self.committed = self._position

    def is_drained(self) -> bool:
        """Say whether everything is committed."""
        return self.committed == len(self._records)

    def restart(self) -> None:
        """Go back to what was committed, as a new member does after a kill."""
        self._position = self.committed


class MemoryLetters(DeadLetters):
    """Keeps letters instead of sending them, and the headers of their spans; each is acknowledged at once."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, DeadLetter]] = []
        self.traces: list[Headers] = []

    def send(self, topic: str, letter: DeadLetter, receipt: Receipt, trace: Headers) -> None:  # noqa: ARG002 -- nothing is outstanding
        """Keep a letter."""
        self.letters.append((topic, letter))
        self.traces.append(trace)
