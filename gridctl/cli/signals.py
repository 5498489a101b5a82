"""Ctrl-C and SIGTERM ask a long-running command to finish what it has begun; a second one ends it at once."""

import signal
from types import FrameType
from typing import Self

from gridctl.cli.boundary import ExitCode

ASKING = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """A context manager that turns the signals into a question that the command's loop asks."""

    def __init__(self) -> None:
        self._asked: signal.Signals | None = None
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._ask) for number in ASKING}
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()

    def is_asked(self) -> bool:
        """Say whether the command is to end."""
        return self._asked is not None

    @property
    def exit_code(self) -> ExitCode:
        """INTERRUPTED after Ctrl-C; OK otherwise, for SIGTERM is how a service is asked to end."""
        return ExitCode.INTERRUPTED if self._asked is signal.SIGINT else ExitCode.OK

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        self._asked = signal.Signals(number)
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
