"""The time of day, for those who are not given a clock."""

import time


def wall_clock_ms() -> int:
    """Return the time of day, in epoch milliseconds."""
    return time.time_ns() // 1_000_000
