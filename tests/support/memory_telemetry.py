"""Telemetry in memory: what was counted, recorded and traced. It refuses an attribute that a metric does not have."""

from collections import Counter
from typing import Any

from gridctl.runtime.telemetry.names import Metric, SpanName
from gridctl.runtime.telemetry.port import Attributes
from gridctl.runtime.telemetry.tally import Tally
from gridctl.streams.publisher import Headers
from gridctl.streams.reader import RecordHeaders

Series = tuple[tuple[str, Any], ...]


class MemorySpan:
    """Implements Span; its headers hold its number."""

    def __init__(self, number: int, name: str, attributes: dict[str, Any]) -> None:
        self.name = name
        self.attributes = attributes
        self.headers: Headers = [("traceparent", f"span-{number}")]
        self.links: list[RecordHeaders] = []
        self.ends: list[str | None] = []

    def link(self, headers: RecordHeaders) -> None:
        """Keep the headers."""
        self.links.append(headers)

    def end(self, error: str | None = None) -> None:
        """Note the end."""
        self.ends.append(error)


class MemoryTelemetry:
    """Implements Telemetry."""

    def __init__(self) -> None:
        self.spans: list[MemorySpan] = []
        self._counts: Counter[tuple[str, Series]] = Counter()
        self._tallies: dict[tuple[str, Series], Tally] = {}

    def count(self, metric: Metric, amount: int, attributes: Attributes) -> None:
        """Add to a counter."""
        assert not metric.bounds_s
        assert amount > 0
        self._counts[metric.name, _series(metric, attributes)] += amount

    def record(self, metric: Metric, tally: Tally, attributes: Attributes) -> None:
        """Add to a histogram."""
        assert len(tally.counts) == len(metric.bounds_s) + 1 > 1
        key = metric.name, _series(metric, attributes)
        held = self._tallies.get(key)
        self._tallies[key] = tally if held is None else held.plus(tally)

    def span(
        self, name: SpanName, destination: str | None, attributes: Attributes, started_ns: int | None = None
    ) -> MemorySpan:
        """Begin a span."""
        assert started_ns is None or started_ns > 10**18
        made = MemorySpan(len(self.spans), f"{name.operation} {destination}", dict(attributes))
        self.spans.append(made)
        return made

    def counted(self, metric: Metric) -> dict[tuple[Any, ...], int]:
        """Return a counter's values by the values of its attributes, in their order."""
        return {_values(series): count for (name, series), count in self._counts.items() if name == metric.name}

    def recorded(self, metric: Metric) -> dict[tuple[Any, ...], Tally]:
        """Return a histogram's tallies, the same."""
        return {_values(series): tally for (name, series), tally in self._tallies.items() if name == metric.name}


def _series(metric: Metric, attributes: Attributes) -> Series:
    assert set(attributes) <= set(metric.attributes), f"{metric.name} has no {set(attributes) - set(metric.attributes)}"
    return tuple((name, attributes[name]) for name in metric.attributes if name in attributes)


def _values(series: Series) -> tuple[Any, ...]:
    return tuple(value for _, value in series)
