"""Whether a command lives, and whether it can do its work now.

It lives as long as its loop goes round, whatever happens around it. It is ready when it has begun and nothing that it
needs is away; it is not ready any more when it was asked to end.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from threading import Lock

from gridctl.errors import Unavailable
from gridctl.runtime.http import Answer, text_answer

STARTING = "starting"
ENDING = "ending"
# Every wait within a loop is bounded by far less; a loop that stands still for so long does not go on by itself.
STANDS_STILL_S = 300.0


class Health:
    """Told by the command and by what watches its neighbours, read by the server. `clock_s` is monotonic.

    `conditions` are asked whenever it is: each raises Unavailable while it does not hold, and asks nobody else.
    """

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._moved_s = clock_s()
        self._lock = Lock()
        self.conditions: Mapping[str, Callable[[], None]] = {}
        self._away: dict[str, str] = {STARTING: STARTING}

    def moved(self) -> None:
        """Note that the loop goes round."""
        self._moved_s = self._clock_s()

    def away(self, what: str, why: str) -> None:
        """Note what is away, or what else keeps the command from its work."""
        with self._lock:
            self._away[what] = why

    def back(self, what: str) -> None:
        """Note that it is there."""
        with self._lock:
            self._away.pop(what, None)

    def missing(self) -> list[str]:
        """Return why it cannot do its work now; nothing when it can."""
        with self._lock:
            missing = list(self._away.values())
        for condition in self.conditions.values():
            try:
                condition()
            except Unavailable as error:
                missing.append(error.message)
        return missing

    def livez(self) -> Answer:
        """Answer whether the loop goes round."""
        still_s = self._clock_s() - self._moved_s
        if still_s > STANDS_STILL_S:
            return text_answer(HTTPStatus.SERVICE_UNAVAILABLE, f"the loop has not moved for {still_s:.0f} s")
        return text_answer(HTTPStatus.OK, "live")

    def readyz(self) -> Answer:
        """Answer whether it can do its work now, and why not: a reason a line."""
        missing = self.missing()
        if missing:
            return text_answer(HTTPStatus.SERVICE_UNAVAILABLE, "not ready\n" + "\n".join(missing))
        return text_answer(HTTPStatus.OK, "ready")
