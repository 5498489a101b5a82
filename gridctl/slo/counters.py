"""The indicators from a process's own counters, as its /metrics endpoint has them since it started."""

from collections.abc import Sequence
from typing import NamedTuple

from gridctl.slo.model import Lag, Latency, Ratio
from gridctl.slo.promql import series_of


class Sample(NamedTuple):
    """One value of one series."""

    series: str
    labels: dict[str, str]
    value: float


def bad_share(samples: Sequence[Sample], objective: Latency | Lag | Ratio) -> float | None:
    """Return the share that was bad since the start, None where nothing was counted."""
    match objective:
        case Latency():
            histogram = objective.measured
            where = {name.replace(".", "_"): value for name, value in objective.match.items()}
            total = _sum(samples, series_of(histogram, "_count"), where)
            buckets = [each for each in samples if _is_bound(each, objective.within_s)]
            good = _sum(buckets, series_of(histogram, "_bucket"), where)
            return None if not total or good is None else 1 - good / total
        case Ratio():
            bad, total = (_sum(samples, series_of(counter), {}) for counter in objective.counters)
            return None if not total else min(1.0, (bad or 0.0) / total)
        case Lag():
            return None
    raise AssertionError(objective)


def _is_bound(sample: Sample, bound_s: float) -> bool:
    return "le" in sample.labels and float(sample.labels["le"]) == bound_s


def _sum(samples: Sequence[Sample], series: str, where: dict[str, str]) -> float | None:
    found = [each.value for each in samples if each.series == series and where.items() <= each.labels.items()]
    return sum(found) if found else None
