"""Histograms of the SDK that take values which are added up already.

A record call of the SDK takes 7 µs, and a batch has a thousand values. So a measurement's value here is the sum of a
tally, which carries the counts, and the aggregation of a view adds them. Everything else is the SDK's own: what is
since the start and what since the last export, and every exporter.
"""

from collections.abc import Callable
from operator import add
from typing import Any, Self

from opentelemetry.sdk.metrics._internal.aggregation import _ExplicitBucketHistogramAggregation
from opentelemetry.sdk.metrics.export import AggregationTemporality
from opentelemetry.sdk.metrics.view import Aggregation, View

from gridctl.runtime.telemetry.names import Metric
from gridctl.runtime.telemetry.tally import Tally


class Sum(float):
    """A tally as the number that the SDK's instruments take."""

    tally: Tally

    def __new__(cls, tally: Tally) -> Self:
        """Take the tally's total as the number."""
        made = super().__new__(cls, tally.total)
        made.tally = tally
        return made


class _Tallies(_ExplicitBucketHistogramAggregation):
    """Adds tallies. One measurement stands for many values, so there are no exemplars."""

    _value: Any
    _sum: Any

    def aggregate(self, measurement: Any, should_sample_exemplar: bool = True) -> None:  # noqa: ARG002 -- the SDK's signature
        """Add a tally."""
        tally: Tally = measurement.value.tally
        with self._lock:
            self._value = list(map(add, self._value or self._get_empty_bucket_counts(), tally.counts))
            self._sum += tally.total
            self._min, self._max = min(self._min, tally.low), max(self._max, tally.high)


class _TallyAggregation(Aggregation):
    def __init__(self, bounds_s: tuple[float, ...]) -> None:
        self._bounds_s = bounds_s

    def _create_aggregation(
        self, _: Any, attributes: Any, reservoir_factory: Callable[..., Any], start_time_unix_nano: int
    ) -> _Tallies:
        reservoir = reservoir_factory(_ExplicitBucketHistogramAggregation)
        delta = AggregationTemporality.DELTA  # what the instrument hands over is new each time
        return _Tallies(attributes, delta, start_time_unix_nano, reservoir, self._bounds_s)


def view_of(metric: Metric) -> View:
    """Return the view that makes a metric's histogram take tallies."""
    return View(instrument_name=metric.name, aggregation=_TallyAggregation(metric.bounds_s))
