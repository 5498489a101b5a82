"""The one shape of a long-running command: signals, an end within a deadline, health and metrics over HTTP, its log."""

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from threading import Event, Thread
from typing import NamedTuple, Self

from gridctl.runtime.health import ENDING, STARTING, Health
from gridctl.runtime.http import Answer, HttpServer, routed
from gridctl.runtime.log import Log
from gridctl.runtime.stop import Stop

UNAVAILABLE = 5
LOOK_EVERY_S = 0.2


class Terms(NamedTuple):
    """`listen` is HOST:PORT of /livez, /readyz and /metrics; `grace_s` is the time to end in after a signal."""

    listen: str | None = None
    grace_s: float = 25.0


class Service:
    """A context manager around a command's whole run; its account is printed within.

    `metrics` answers /metrics. Leaving it raises KeyboardInterrupt after Ctrl-C, as `Stop` does.
    """

    def __init__(self, terms: Terms, log: Log, metrics: Callable[[], Answer]) -> None:
        self.terms = terms
        self.log = log
        self.health = Health(time.monotonic)
        self.stop = Stop()
        self._metrics = metrics
        self._over = Event()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.stop)
            stack.callback(self._over.set)
            if self.terms.listen is not None:
                paths = {"/livez": self.health.livez, "/readyz": self.health.readyz, "/metrics": self._metrics}
                server = stack.enter_context(HttpServer(self.terms.listen, routed(paths)))
                self.log.say(f"/livez, /readyz and /metrics on http://{server.address}")
            Thread(target=self._watch_the_end, name="end", daemon=True).start()
            self._opened = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._opened.__exit__(kind, *rest)  # type: ignore[arg-type] # what the interpreter gave, handed on

    def is_asked(self) -> bool:
        """Say whether the command is to end; call it once a turn of the loop: that shows that the loop lives."""
        self.health.moved()
        return self.stop.is_asked()

    def ready(self) -> None:
        """Note that the command has begun its work."""
        self.health.back(STARTING)

    def _watch_the_end(self) -> None:
        """End the process when it was asked to end and does not, also where it hangs in a call of a library."""
        while not self.stop.is_asked():
            if self._over.wait(LOOK_EVERY_S):
                return
        self.health.away(ENDING, ENDING)
        if not self._over.wait(self.terms.grace_s):
            self.log.fail(f"error: it did not end within {self.terms.grace_s:g} s after it was asked to; ended now")
            os._exit(UNAVAILABLE)
