"""Waiting that ends: a drain, a start, an answer."""

import time
from collections.abc import Callable


def reached(goal: Callable[[], bool], timeout_s: float, step: Callable[[], object]) -> bool:
    """Take step after step until the goal is reached; False when the time is over before. A step takes its time."""
    deadline_s = time.monotonic() + timeout_s
    while not goal():
        if time.monotonic() > deadline_s:
            return False
        step()
    return True
