"""Readings of one partition, as a broker gives them."""

from gridctl.lag.model import Head, Reading
from gridctl.streams.reader import Place

PLACE = Place("iot.thermostat", 0)


def reading(
    committed: int | None,
    start: int | None = 0,
    end: int | None = 100,
    *,
    at_s: int = 0,
    stable: int | None = None,
    problem: str | None = None,
    place: Place = PLACE,
    head: Head | None = None,
) -> Reading:
    """Return a look at `at_s`, which took half a second; without a word on transactions none is open."""
    return Reading(
        place=place,
        committed=committed,
        start=start,
        end=end,
        stable_end=end if stable is None else stable,
        measured_ms=at_s * 1000,
        took_ms=500,
        problem=problem,
        head=head,
    )
