"""Event times: UTC epoch milliseconds between a fixed lower bound and now plus the allowed clock skew."""

# 2000-01-01T00:00:00Z. Seconds sent as milliseconds, and devices that woke up in 1970, fall below it.
EVENT_TIME_MIN_MS = 946_684_800_000
ALLOWED_SKEW_MS = 60_000


def event_time_problem(event_time_ms: int, now_ms: int, allowed_skew_ms: int = ALLOWED_SKEW_MS) -> str | None:
    """Return the name of the rule that the time breaks (`event_time_too_old`, `event_time_in_future`) or None."""
    if event_time_ms < EVENT_TIME_MIN_MS:
        return "event_time_too_old"
    if event_time_ms > now_ms + allowed_skew_ms:
        return "event_time_in_future"
    return None
