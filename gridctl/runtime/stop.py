"""Signals. Ctrl-C and SIGTERM ask a command to finish what it has begun; a second one ends it at once.

SIGTERM is how a service is asked to end, so its command then succeeds (exit code 0); after Ctrl-C it counts as
interrupted (130). A command that owes a result (a stack that is up, a file of a fixed length) ends as interrupted
either way, for the result is not there: `terminable`.
"""

import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

ASKING = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """A context manager that turns the signals into a question for the command's loop; `asked_s` is when it came.

    Leaving it raises KeyboardInterrupt after Ctrl-C, so do within it all that is to be finished, the account included.
    """

    def __init__(self) -> None:
        self._asked: int | None = None
        self.asked_s: float | None = None
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        # A handler may interrupt any lock of this thread; a byte in a pipe wakes `wait` without one.
        self._awaited, self._waking = os.pipe()
        self._before = {number: signal.signal(number, self._ask) for number in ASKING}
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._restore()
        os.close(self._awaited)
        os.close(self._waking)
        if kind is None and self._asked == signal.SIGINT:
            raise KeyboardInterrupt

    def is_asked(self) -> bool:
        """Say whether the command is to end."""
        return self._asked is not None

    def wait(self, seconds: float) -> bool:
        """Wait this long, or until the command is asked to end; say whether it is."""
        select.select([self._awaited], [], [], max(0.0, seconds))
        return self.is_asked()

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        self._asked, self.asked_s = number, time.monotonic()
        os.write(self._waking, b"!")
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM end what runs within as Ctrl-C does: KeyboardInterrupt, so that what was begun is undone."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
