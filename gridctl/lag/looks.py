"""Looks that are kept: two that are far enough apart tell a consumer that stands still from one that works."""

from collections import deque

from gridctl.lag.source import Look


class Looks:
    """Takes looks in the order of their times, in milliseconds of any one clock.

    Two show a stall where they are `far_ms` apart. Of several within `apart_ms` one is kept.
    """

    def __init__(self, far_ms: float, apart_ms: float = 0.0) -> None:
        self._far_ms = far_ms
        self._apart_ms = apart_ms
        self._kept: deque[tuple[float, Look]] = deque()

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, look: Look, at_ms: float) -> Look | None:
        """Keep a look; return the newest of those before it that is far enough from it, or None."""
        kept, oldest_ms = self._kept, at_ms - self._far_ms
        while len(kept) > 1 and kept[1][0] <= oldest_ms:
            kept.popleft()
        earlier = kept[0][1] if kept and kept[0][0] <= oldest_ms else None
        if not kept or at_ms - kept[-1][0] >= self._apart_ms:
            kept.append((at_ms, look))
        return earlier
