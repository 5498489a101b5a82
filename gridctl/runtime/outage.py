"""What is away, since when, and for how long that is waited for."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import NamedTuple

from gridctl.errors import Unavailable, Unrecoverable
from gridctl.runtime.health import Health
from gridctl.runtime.log import Log

ASK_EVERY_S = 1.0
ASK_AGAIN_S = 0.5
# A question that takes longer than this is left alone at the end: its thread ends with the process.
LAST_QUESTION_S = 4.0

Question = Callable[[], None]
"""Raises Unavailable while what it asks for is not there."""


class Needs(NamedTuple):
    """What a command needs while it works, by name.

    `neighbours` are asked again and again, each on a thread of its own and bounded in time; one that is away is an
    outage. `conditions` are what the command knows by itself; one that does not hold makes it not ready, no more.
    """

    neighbours: Mapping[str, Question] = {}
    conditions: Mapping[str, Question] = {}


class _Outage(NamedTuple):
    since_s: float
    error: Unavailable


class Outages:
    """Each outage is said once when it begins and once when it ends, and shown as not ready in between."""

    def __init__(self, health: Health, log: Log, patience_s: float) -> None:
        self._health = health
        self._log = log
        self._patience_s = patience_s
        self._running: dict[str, _Outage] = {}
        self._lock = Lock()

    def begin(self, what: str, error: Unavailable) -> None:
        """Note that something is away; one that is known to be away is only shown with its newest reason."""
        with self._lock:
            since_s = self._running[what].since_s if what in self._running else time.monotonic()
            is_said = any(other.error.message == error.message for other in self._running.values())
            is_new = what not in self._running
            self._running[what] = _Outage(since_s, error)
        self._health.away(what, error.message)
        if is_new and not is_said:
            self._log.warn(f"{error.message}; waiting for it, at most {self._patience_s:g} s")

    def end(self, what: str) -> None:
        """Note that it is there."""
        if what not in self._running:  # as nearly always
            return
        with self._lock:
            outage = self._running.pop(what)
        self._health.back(what)
        self._log.say(f"{what}: works again, after {time.monotonic() - outage.since_s:.0f} s")

    def require_patience(self) -> None:
        """Raise the error of an outage that has lasted too long."""
        now_s = time.monotonic()
        with self._lock:
            over = [each for each in self._running.values() if now_s - each.since_s > self._patience_s]
        for outage in over:
            raise Unavailable(
                f"{outage.error.message}; waited {now_s - outage.since_s:.0f} s for it",
                next_step=outage.error.next_step,
            ) from outage.error

    @contextmanager
    def watching(self, neighbours: Mapping[str, Question]) -> Iterator[None]:
        """Ask all neighbours again and again while the work goes on, each on a thread of its own."""
        over = Event()
        threads = [
            Thread(target=self._watch, args=(what, question, over), name=f"watch-{what}", daemon=True)
            for what, question in neighbours.items()
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            deadline_s = time.monotonic() + LAST_QUESTION_S
            for thread in threads:
                thread.join(max(0.0, deadline_s - time.monotonic()))

    def _watch(self, what: str, question: Question, over: Event) -> None:
        pause_s = 0.0
        while not over.wait(pause_s):
            try:
                question()
            except Unavailable as away:
                # What does not pass by itself is raised where the work meets it.
                pause_s = ASK_EVERY_S if isinstance(away, Unrecoverable) else ASK_AGAIN_S
                if not over.is_set():
                    self.begin(what, away)
            else:
                pause_s = ASK_EVERY_S
                self.end(what)
