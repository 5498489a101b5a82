"""The one shape of a long-running command: signals, an end within a deadline, patience, health and metrics, its log.

What is away is waited for: the command lives, is not ready, and works again afterwards. It ends for what does not pass
by itself (Unrecoverable), and when its patience is over.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from http import HTTPStatus
from threading import Event, Thread
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from gridctl.errors import GridctlError, Unavailable, Unrecoverable
from gridctl.runtime.health import ENDING, STARTING, Health
from gridctl.runtime.http import Answer, HttpServer, routed
from gridctl.runtime.log import Log
from gridctl.runtime.outage import Needs, Outages
from gridctl.runtime.stop import Stop
from gridctl.runtime.telemetry.port import Exports, Telemetry

UNAVAILABLE = 5
START, WORK = "start", "work"
LOOK_EVERY_S = 0.2
AGAIN_AFTER_S = 0.5
# A long pause shows now and then that the loop lives.
PAUSE_S = 30.0
# An orderly end gives up so long before the grace is over: to say what it leaves, and for clients that let go of a
# broker which is away (6 s at most) and questions to neighbours (4 s).
LAST_WORDS_S = 10.0

NOTHING = Needs()

T = TypeVar("T")


class Terms(NamedTuple):
    """`listen` is HOST:PORT of /livez, /readyz and /metrics; `grace_s` is the time to end in after a signal.

    What is away is waited for `patience_s`, and `start_patience_s` before the work has begun.
    """

    listen: str | None = None
    grace_s: float = 25.0
    patience_s: float = 0.0
    start_patience_s: float = 0.0


class Service:
    """A context manager around a command's whole run; its account is printed within.

    `exports` answers /metrics, after the command's own `metrics` where it has some, and exports what is left within the
    time to end. Leaving it raises KeyboardInterrupt after Ctrl-C, as `Stop` does.
    """

    def __init__(self, terms: Terms, log: Log, exports: Exports, metrics: Callable[[], Answer] | None = None) -> None:
        self.terms = terms
        self.log = log
        self.health = Health(time.monotonic)
        self.stop = Stop()
        self.outages = Outages(self.health, log, terms.patience_s)
        self._exports = exports
        self._own_metrics = metrics
        self._over = Event()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.stop)
            stack.callback(self._over.set)
            stack.enter_context(self._exports)
            if self.terms.listen is not None:
                paths = {"/livez": self.health.livez, "/readyz": self.health.readyz, "/metrics": self._metrics}
                server = stack.enter_context(HttpServer(self.terms.listen, routed(paths)))
                self.log.say(f"/livez, /readyz and /metrics on http://{server.address}")
            Thread(target=self._watch_the_end, name="end", daemon=True).start()
            self._opened = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, GridctlError):
            error.is_said = self.log.ended(str(error))
        self._opened.__exit__(kind, error, trace)

    @property
    def telemetry(self) -> Telemetry | None:
        """What the command hands its measurements to, or None where nothing is configured."""
        return self._exports.telemetry

    def _metrics(self) -> Answer:
        telemetry = self._exports.metrics()
        if self._own_metrics is None:
            return telemetry
        own = self._own_metrics()
        return own._replace(body=own.body + telemetry.body) if telemetry.status == HTTPStatus.OK else own

    @contextmanager
    def opened(self, what: Callable[[], AbstractContextManager[T]]) -> Iterator[T]:
        """Enter what the command works with; what is away is waited for, unless the command is asked to end.

        `what` makes it anew for each attempt; raise Unavailable.
        """
        with ExitStack() as stack:
            deadline_s = time.monotonic() + self.terms.start_patience_s
            while True:
                try:
                    entered = stack.enter_context(what())
                    break
                except Unrecoverable:
                    raise
                except Unavailable as away:
                    if self.is_asked() or time.monotonic() >= deadline_s:
                        raise
                    self.outages.begin(START, away)
                    if self.stop.wait(AGAIN_AFTER_S):
                        raise
            self.outages.end(START)
            yield entered

    @contextmanager
    def working(self, needs: Needs = NOTHING) -> Iterator[None]:
        """Be ready within it whenever all that the command needs is there."""
        self.health.conditions = needs.conditions
        self.health.back(STARTING)
        try:
            with self.outages.watching(needs.neighbours):
                yield
        finally:
            self.health.away(ENDING, ENDING)
            self.health.conditions = {}

    def is_asked(self) -> bool:
        """Say whether the command is to end; call it once a turn of the loop: that shows that the loop lives."""
        self.health.moved()
        return self.stop.is_asked()

    def pause(self, seconds: float) -> None:
        """Do nothing for so long, or until the command is asked to end."""
        end_s = time.monotonic() + seconds
        while not self.is_asked() and (left_s := end_s - time.monotonic()) > 0:
            self.stop.wait(min(left_s, PAUSE_S))

    def attempt(self, work: Callable[[], T]) -> T | None:
        """Do a turn of the work; None when something that it needs is away, after a pause.

        The work is called again, so it must go on where it failed. Raise what does not pass by itself, and Unavailable
        when the patience is over.
        """
        self.outages.require_patience()
        try:
            done = work()
        except Unrecoverable:
            raise
        except Unavailable as away:
            self.outages.begin(WORK, away)
            self.stop.wait(AGAIN_AFTER_S)
            return None
        self.outages.end(WORK)
        return done

    def outlast(self, goal: Callable[[], bool], step: Callable[[], object]) -> bool:
        """Take step after step until the goal is reached; False when patience, or the time to end in, is over."""
        began_s = time.monotonic()
        while not goal():
            asked_s = self.stop.asked_s
            limits_s = [began_s + self.terms.patience_s]
            if asked_s is not None:
                limits_s.append(asked_s + max(self.terms.grace_s - LAST_WORDS_S, self.terms.grace_s / 2))
            if time.monotonic() > min(limits_s):
                return False
            step()
            self.health.moved()
        return True

    def _watch_the_end(self) -> None:
        """End the process when it was asked to end and does not, also where it hangs in a call of a library."""
        while not self.stop.is_asked():
            if self._over.wait(LOOK_EVERY_S):
                return
        self.health.away(ENDING, ENDING)
        if not self._over.wait(self.terms.grace_s):
            self.log.fail(f"error: it did not end within {self.terms.grace_s:g} s after it was asked to; ended now")
            os._exit(UNAVAILABLE)
