"""JSON lines from a file or a pipe, in chunks: a line of any length takes bounded memory."""

import os
import select
from collections.abc import Iterator
from hashlib import sha256

from gridctl.deadletters.refusal import Oversize
from gridctl.ingest.ports import Batch
from gridctl.ingest.validate import READING_CAP_BYTES

CHUNK_BYTES = 256 * 1024
IDLE_S = 0.2


class _Line:
    """A line that is not yet complete: whole up to a cap; beyond it, its beginning, length and SHA-256."""

    def __init__(self, keep_bytes: int) -> None:
        self._keep_bytes = keep_bytes
        self._parts: list[bytes] = []
        self._held = 0
        self._hash = sha256()
        self._length = 0

    def add(self, part: bytes) -> None:
        self._length += len(part)
        self._hash.update(part)
        # One byte beyond the cap tells an over-long line from one that just fits.
        kept = part[: max(0, self._keep_bytes + 1 - self._held)]
        if kept:
            self._parts.append(kept)
            self._held += len(kept)

    def whole(self, origin: str) -> bytes | Oversize:
        """Return the line, which is now complete."""
        head = b"".join(self._parts)
        return head if self._length == len(head) else Oversize(head, self._length, self._hash.hexdigest(), origin)


class JsonLines:
    """Implements Source over a file descriptor; `name` and the number of the line go into dead letters."""

    def __init__(self, descriptor: int, name: str, raw_cap_bytes: int) -> None:
        self._descriptor = descriptor
        self._name = name
        self._stopped = False
        self._line_number = 1
        self._keep_bytes = max(READING_CAP_BYTES, raw_cap_bytes)
        self._open_line: _Line | None = None

    def stop(self) -> None:
        """Read no more."""
        self._stopped = True

    def batches(self) -> Iterator[Batch]:
        """Yield the complete lines of each chunk; the last line needs no newline, blank lines count for nothing."""
        while not self._stopped:
            # A pipe may be silent for long; `stop` and acknowledgements must not wait for it.
            if not select.select([self._descriptor], [], [], IDLE_S)[0]:
                yield Batch((), str)
                continue
            chunk = os.read(self._descriptor, CHUNK_BYTES)
            if not chunk:
                if self._open_line is not None:
                    yield self._batch([])
                return
            yield from self._complete(chunk)

    def _complete(self, chunk: bytes) -> Iterator[Batch]:
        first, *following = chunk.split(b"\n")
        self._continue_line(first)
        if following:
            last = following.pop()
            yield self._batch(following)
            self._continue_line(last)

    def _continue_line(self, part: bytes) -> None:
        if part:
            if self._open_line is None:
                self._open_line = _Line(self._keep_bytes)
            self._open_line.add(part)

    def _batch(self, following: list[bytes]) -> Batch:
        """Return the line that was open, and complete lines that follow it."""
        start = self._line_number
        head = self._open_line.whole(self._origin(start)) if self._open_line is not None else b""
        self._open_line = None
        self._line_number += 1 + len(following)
        oversize: tuple[Oversize, ...] = ()
        lines = following
        if isinstance(head, Oversize):
            oversize = (head,)
            start += 1
        else:
            lines = [head, *following]
        records = [line for line in lines if line and not line.isspace()]
        numbers: list[int] | range = range(start, start + len(lines))
        if len(records) != len(lines):
            numbers = [number for number, line in zip(numbers, lines, strict=True) if line and not line.isspace()]
        return Batch(records, lambda index: self._origin(numbers[index]), oversize)

    def _origin(self, line_number: int) -> str:
        return f"{self._name}:{line_number}"
