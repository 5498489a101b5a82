"""What rooms hand over to telemetry. `gridctl.adapters.otel` implements it."""

from collections.abc import Mapping
from typing import Protocol, Self

from gridctl.runtime.http import Answer
from gridctl.runtime.telemetry.names import Metric, SpanName
from gridctl.runtime.telemetry.tally import Tally
from gridctl.streams.publisher import Headers
from gridctl.streams.reader import RecordHeaders

Attributes = Mapping[str, str | int]


class Span(Protocol):
    """One operation, from when it was asked for to its end."""

    @property
    def headers(self) -> Headers:
        """The headers that name this span to whoever reads a record: W3C's `traceparent`."""
        ...

    def link(self, headers: RecordHeaders) -> None:
        """Link to the span that the headers of a record name, once each; does nothing where they name none."""
        ...

    def end(self, error: str | None = None) -> None:
        """End it. `error` is what went wrong, as a word for `error.type`."""
        ...


class Telemetry(Protocol):
    """Counters, histograms and spans. No call waits, writes or raises, whatever becomes of the export.

    Attributes of one metric come in one order, and never name a device, a customer or a premise.
    """

    def count(self, metric: Metric, amount: int, attributes: Attributes) -> None:
        """Add to a counter."""
        ...

    def record(self, metric: Metric, tally: Tally, attributes: Attributes) -> None:
        """Add to a histogram what was added up by its bounds."""
        ...

    def span(
        self, name: SpanName, destination: str | None, attributes: Attributes, started_ns: int | None = None
    ) -> Span:
        """Begin a span, now or at an epoch time; `destination` is its topic where it has only one."""
        ...


class Exports(Protocol):
    """Where telemetry goes. Leaving it exports what is left, within a bounded time, and never raises."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    @property
    def telemetry(self) -> Telemetry | None:
        """What measurements are handed to; None where nothing is configured."""
        ...

    def metrics(self) -> Answer:
        """Answer a scrape."""
        ...

    def trace_ids(self) -> Mapping[str, str]:
        """Return `trace_id` and `span_id` of the span that is open, for log lines; nothing without one."""
        ...
