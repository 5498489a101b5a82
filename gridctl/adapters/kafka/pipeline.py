"""Many requests at once: each asks for one thing, and an answer that does not come is one problem among answers."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from confluent_kafka import KafkaException

from gridctl.adapters.kafka.errors import error_of

Key = TypeVar("Key")
Ask = Callable[[float], "Future[Any]"]
"""Sends one request, whose answer may take so many seconds."""

# More do not make a broker faster, and their answers would all be in memory at once.
IN_FLIGHT = 1_000
# The client ends a request that is not answered by itself; this is for one that does not even do that.
SLACK_S = 2.0
LEAST_S = 0.1


@dataclass(frozen=True)
class Problem:
    """Why there is no answer."""

    words: str


def pipelined(asks: Iterable[tuple[Key, Ask]], limit_s: float) -> dict[Key, Any]:
    """Send all requests, so many at a time; return the answers by key, a Problem where none comes in time."""
    deadline_s = time.monotonic() + limit_s
    waiting: deque[tuple[Key, Future[Any]]] = deque()
    found: dict[Key, Any] = {}

    def take() -> None:
        key, future = waiting.popleft()
        found[key] = answer_of(future, deadline_s)

    for key, ask in asks:
        if len(waiting) >= IN_FLIGHT:
            take()
        waiting.append((key, ask(max(LEAST_S, deadline_s - time.monotonic()))))
    while waiting:
        take()
    return found


def answer_of(future: "Future[Any]", deadline_s: float) -> Any:
    """Return the answer, or a Problem where there is none by the deadline of the monotonic clock."""
    try:
        return future.result(max(0.0, deadline_s - time.monotonic()) + SLACK_S)
    except KafkaException as failure:
        error = error_of(failure)
        return Problem(str(failure) if error is None else error.str())
    except TimeoutError:
        return Problem("no answer in time")
