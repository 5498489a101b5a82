"""Waiting that ends: a drain, a start, an answer."""

import time
from collections.abc import Callable

from gridctl.errors import Unavailable
from gridctl.streams.publisher import Publisher, Receipt

# A publisher acknowledges or gives back within a bounded time; this is longer, for one that does not answer.
SETTLE_DEADLINE_S = 30.0


def reached(goal: Callable[[], bool], timeout_s: float, step: Callable[[], object]) -> bool:
    """Take step after step until the goal is reached; False when the time is over before. A step takes its time."""
    deadline_s = time.monotonic() + timeout_s
    while not goal():
        if time.monotonic() > deadline_s:
            return False
        step()
    return True


Outlast = Callable[[Callable[[], bool], Callable[[], object]], bool]
"""Takes step after step until a goal is reached; False when it gives up."""


def before_the_deadline(goal: Callable[[], bool], step: Callable[[], object]) -> bool:
    """Implement Outlast with the time that a publisher has."""
    return reached(goal, SETTLE_DEADLINE_S, step)


def settle(publisher: Publisher, receipt: Receipt, what: str, next_step: str) -> None:
    """Wait until all that was handed over is acknowledged; raise Unavailable, or Unrecoverable, when it is not."""
    settled = reached(lambda: not receipt.outstanding, SETTLE_DEADLINE_S, lambda: publisher.poll(0.1))
    receipt.check(what, next_step)
    if not settled:
        raise Unavailable(f"{what}: no acknowledgement came within {SETTLE_DEADLINE_S:.0f} s", next_step=next_step)
