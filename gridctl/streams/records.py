"""A record of a topic, as every reader sees it."""

from typing import Protocol


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
