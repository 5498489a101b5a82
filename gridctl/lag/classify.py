"""From readings to classes. One look cannot tell a consumer that stands still from one that works; two can."""

from gridctl.lag.model import Head, LagClass, PartitionLag, Reading


def classify(reading: Reading, earlier: Reading | None = None) -> PartitionLag:
    """Return the lag of a partition; `earlier` is a reading of the same from before, to see whether it moved since."""
    problem = reading.problem or _contradiction(reading)
    if problem is not None or reading.start is None or reading.end is None:
        return _partition(reading, LagClass.UNKNOWN, cause=problem or "the broker did not name the log's start and end")
    lost = 0 if reading.committed is None else max(0, reading.start - reading.committed)
    lag = reading.end - (reading.next_offset or 0)
    stalled_s = _stalled_s(reading, earlier) if lag else None
    if lost:
        found = LagClass.RETENTION_LOST
    elif stalled_s is not None:
        found = LagClass.STALLED
    else:
        found = LagClass.NEVER_COMMITTED if reading.committed is None else LagClass.COMMITTED
    return _partition(reading, found, lag=lag, lost=lost, cause=_words(reading, earlier, lost, stalled_s))


def time_lag_s(reading: Reading, lag: int | None) -> tuple[float | None, float | None]:
    """Return the age of the oldest record that waits and the bound of its error, in seconds; None where not measured.

    The record was still waiting when the commit was asked for, and the age is that at `measured_ms`: the error is the
    time between. A record from the future is of age 0, and how far its clock is ahead adds to the error. By how much
    the clock that stamped it is behind ours cannot be seen.
    """
    took_s = reading.took_ms / 1000
    head = Head(None) if lag == 0 else reading.head
    if lag is None or head is None:
        return None, None
    if head.time_ms is None:
        return 0.0, took_s
    age_s = (reading.measured_ms - head.time_ms) / 1000
    return max(0.0, age_s), took_s + max(0.0, -age_s)


def _contradiction(reading: Reading) -> str | None:
    """Return what cannot be true of a log and its reader."""
    start, end, committed = reading.start, reading.end, reading.committed
    if start is not None and end is not None and start > end:
        return f"the log's start {start} lies beyond its end {end}"
    if committed is not None and end is not None and committed > end:
        return (
            f"the commit {committed} lies beyond the log's end {end}: "
            "the topic was made anew, or the end of its log was lost"
        )
    return None


def _stalled_s(reading: Reading, earlier: Reading | None) -> float | None:
    """Return for how long a commit stood still while records waited; None where it moved, or where that is not known.

    Records that came after the earlier look do not count: the consumer did not have that time for them.
    """
    if earlier is None or earlier.problem is not None or earlier.end is None:
        return None
    waited = (earlier.next_offset or 0) < earlier.end
    if not waited or earlier.committed != reading.committed:
        return None
    return (reading.measured_ms - earlier.measured_ms) / 1000


def _words(reading: Reading, earlier: Reading | None, lost: int, stalled_s: float | None) -> str | None:
    """Return what was lost and what holds the group back, or why that is not known."""
    words = [f"{lost} offsets were deleted before the group had committed them"] if lost else []
    if stalled_s is not None:
        words.append(f"no progress in {stalled_s:.0f} s")
    if (held := _held_back(reading, earlier)) is not None:
        words.append(held)
    if earlier is not None and earlier.problem is not None:
        words.append(f"whether it moves is not known: {earlier.problem}")
    return "; ".join(words) or None


def _held_back(reading: Reading, earlier: Reading | None) -> str | None:
    """Say that a transaction is open; on a busy topic that is usual, so how long it is open tells."""
    stable, end = reading.stable_end, reading.end
    if stable is None or end is None or stable >= end:
        return None
    words = f"an open transaction at offset {stable} holds back {end - stable} offsets"
    if earlier is None or earlier.stable_end != stable or earlier.end is None or earlier.end <= stable:
        return words
    return f"{words}, for at least {(reading.measured_ms - earlier.measured_ms) / 1000:.0f} s"


def _partition(
    reading: Reading, lag_class: LagClass, *, lag: int | None = None, lost: int | None = None, cause: str | None
) -> PartitionLag:
    age_s, error_s = time_lag_s(reading, lag)
    return PartitionLag(
        place=reading.place,
        lag_class=lag_class,
        committed=reading.committed,
        start=reading.start,
        end=reading.end,
        stable_end=reading.stable_end,
        lag=lag,
        lost=lost,
        time_lag_s=age_s,
        time_lag_error_s=error_s,
        measured_ms=reading.measured_ms,
        cause=cause,
    )
