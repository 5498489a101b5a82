"""Readings on their way from the polling thread to the pipeline: bounded in bytes."""

from collections import deque
from threading import Condition
from typing import NamedTuple

CAP_BYTES = 32 * 1024 * 1024


class Record(NamedTuple):
    """A reading, and what polled it."""

    raw: bytes
    origin: str


class Outbox:
    """One thread puts, one takes."""

    def __init__(self, cap_bytes: int = CAP_BYTES) -> None:
        self._cap_bytes = cap_bytes
        self._records: deque[Record] = deque()
        self._held_bytes = 0
        self._closed = False
        self._changed = Condition()

    def has_room(self) -> bool:
        """Say whether another poll may be made; one that was made always finds its place."""
        with self._changed:
            return self._held_bytes < self._cap_bytes

    def put(self, record: Record) -> None:
        """Add a record."""
        with self._changed:
            self._records.append(record)
            self._held_bytes += len(record.raw)
            self._changed.notify()

    def close(self) -> None:
        """Say that nothing more will be put."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def take(self, wait_s: float) -> list[Record] | None:
        """Return all that is there, waiting at most so long for the first; None when nothing more will come."""
        with self._changed:
            if not self._records and not self._closed:
                self._changed.wait(wait_s)
            if not self._records:
                return None if self._closed else []
            taken = list(self._records)
            self._records.clear()
            self._held_bytes = 0
            return taken
