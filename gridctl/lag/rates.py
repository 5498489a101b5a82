"""From several measurements of a group: how fast records come and are read, and when none will be left."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from gridctl.lag.model import GroupLag
from gridctl.lag.view import age_words

WINDOW_MS = 60_000
PARTS = 3
"""Into so many parts the time is divided: the slowest and the fastest of them bound what is said of the future."""


class Sample(NamedTuple):
    """A group at one time: its lag, and the sums of the logs' ends and of the offsets read next; None: not known."""

    at_ms: int
    lag: int | None
    ends: int | None
    read: int | None
    partitions: int


class Rates(NamedTuple):
    """Offsets a second: appended, read, and by how much the lag sinks at the slowest and at the fastest seen."""

    appended: float
    read: float
    slowest: float
    fastest: float


def sample_of(group: GroupLag, at_ms: int) -> Sample:
    """Return what is kept of a measurement."""
    known = [each for each in group.partitions if each.lag is not None and each.end is not None]
    count = len(group.partitions)
    if group.lag is None or len(known) != count:
        return Sample(at_ms, None, None, None, count)
    ends = sum(each.end or 0 for each in known)
    return Sample(at_ms, group.lag, ends, ends - group.lag, count)


def rates_of(samples: Sequence[Sample]) -> Rates | None:
    """Return the rates over the last minute, or since a sample that is not known or is of other partitions.

    None with fewer than two samples.
    """
    alike: list[Sample] = []
    for sample in reversed(samples):
        newest = samples[-1]
        if sample.lag is None or sample.partitions != newest.partitions or newest.at_ms - sample.at_ms > WINDOW_MS:
            break
        alike.insert(0, sample)
    if len(alike) < 2 or alike[0].at_ms >= alike[-1].at_ms:  # noqa: PLR2004 -- a rate is between two
        return None
    first, last = alike[0], alike[-1]
    parts = min(PARTS, len(alike) - 1)
    cuts = [alike[round(number * (len(alike) - 1) / parts)] for number in range(parts + 1)]
    sinking = [-_per_s(earlier, later, "lag") for earlier, later in pairwise(cuts) if earlier.at_ms < later.at_ms]
    return Rates(_per_s(first, last, "ends"), _per_s(first, last, "read"), min(sinking), max(sinking))


def drain_words(lag: int | None, rates: Rates | None) -> str:
    """Return when none will be left: as a range from the fastest to the slowest seen, and no more than that allows."""
    if lag is None:
        return "drained: ?"
    if lag == 0:
        return "drained"
    if rates is None:
        return "drained: not known yet"
    if rates.fastest <= 0:
        return "does not drain"
    best = age_words(lag / rates.fastest)
    if rates.slowest <= 0:
        return f"drained in {best} at best"
    return f"drained in {best} to {age_words(lag / rates.slowest)}"


def _per_s(earlier: Sample, later: Sample, what: str) -> float:
    return float((getattr(later, what) - getattr(earlier, what)) * 1000 / (later.at_ms - earlier.at_ms))
