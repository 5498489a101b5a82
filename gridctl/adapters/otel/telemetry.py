"""Implements Telemetry. What a batch adds stays here until the SDK collects, which costs a batch microseconds less."""

from collections.abc import Iterable, Mapping
from threading import Lock

from opentelemetry.metrics import CallbackOptions, Counter, Histogram, Meter, Observation
from opentelemetry.trace import Tracer

from gridctl.adapters.otel.spans import NO_SPAN, OtelSpan
from gridctl.adapters.otel.tallies import Sum
from gridctl.runtime.telemetry import names
from gridctl.runtime.telemetry.names import METRICS, Metric, SpanName
from gridctl.runtime.telemetry.port import Attributes, Span
from gridctl.runtime.telemetry.tally import Tally

_Series = tuple[str, tuple[tuple[str, str | int], ...]]


class OtelTelemetry:
    """Hands over to a meter and a tracer; without one of them that signal is left out. Several threads may use it."""

    def __init__(self, meter: Meter | None, tracer: Tracer | None) -> None:
        self._meter = meter
        self._tracer = tracer
        self._newest: OtelSpan | None = None
        self._lock = Lock()
        self._known: set[_Series] = set()
        self._counts: dict[_Series, int] = {}
        self._tallies: dict[_Series, Tally] = {}
        self._counters: dict[str, Counter] = {}
        self._histograms: dict[str, Histogram] = {}
        if meter is None:
            return
        for metric in METRICS:
            if metric.bounds_s:
                made = meter.create_histogram(metric.name, metric.unit, metric.description)
                self._histograms[metric.name] = made
            else:
                self._counters[metric.name] = meter.create_counter(metric.name, metric.unit, metric.description)
        # The SDK asks observable instruments first when it collects. This one has no value, and so no metric.
        meter.create_observable_gauge("gridstream.handover", [self._hand_over])

    def count(self, metric: Metric, amount: int, attributes: Attributes) -> None:
        """Add to a counter."""
        if self._meter is None:
            return
        series = (metric.name, tuple(attributes.items()))
        with self._lock:
            if series in self._known:
                self._counts[series] = self._counts.get(series, 0) + amount
                return
            self._known.add(series)
        # At once, since a series begins for the SDK when it first hears of it.
        self._counters[metric.name].add(amount, attributes)

    def record(self, metric: Metric, tally: Tally, attributes: Attributes) -> None:
        """Add to a histogram what was added up by its bounds."""
        if self._meter is None:
            return
        series = (metric.name, tuple(attributes.items()))
        with self._lock:
            if series in self._known:
                held = self._tallies.get(series)
                self._tallies[series] = tally if held is None else held.plus(tally)
                return
            self._known.add(series)
        self._histograms[metric.name].record(Sum(tally), attributes)

    def span(
        self, name: SpanName, destination: str | None, attributes: Attributes, started_ns: int | None = None
    ) -> Span:
        """Begin a span, now or at an epoch time; `destination` is its topic where it has only one."""
        if self._tracer is None:
            return NO_SPAN
        shown = name.operation if destination is None else f"{name.operation} {destination}"
        place = {} if destination is None else {names.DESTINATION: destination}
        own = {names.SYSTEM: names.KAFKA, names.OPERATION: name.operation, names.OPERATION_TYPE: name.type}
        self._newest = OtelSpan(self._tracer, shown, name.kind, {**own, **place, **attributes}, started_ns)
        return self._newest

    def trace_ids(self) -> Mapping[str, str]:
        """Return `trace_id` and `span_id` of the span that was begun last, as long as it is open."""
        return {} if self._newest is None else self._newest.ids()

    def _hand_over(self, _: CallbackOptions) -> Iterable[Observation]:
        """Give the SDK what has come since it asked last, for all of its readers."""
        with self._lock:
            counts, self._counts = self._counts, {}
            tallies, self._tallies = self._tallies, {}
        for (name, attributes), amount in counts.items():
            self._counters[name].add(amount, dict(attributes))
        for (name, attributes), tally in tallies.items():
            self._histograms[name].record(Sum(tally), dict(attributes))
        return ()
