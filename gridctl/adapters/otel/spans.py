"""Spans, and W3C's traceparent in the headers of records."""

import time
from collections.abc import Mapping

from opentelemetry.trace import (
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    format_span_id,
    format_trace_id,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gridctl.runtime.telemetry import names
from gridctl.runtime.telemetry.port import Attributes
from gridctl.streams.publisher import Headers
from gridctl.streams.reader import RecordHeaders

# As many as the SDK keeps by default. Letters of one batch share their link.
LINKS = 128
_W3C = TraceContextTextMapPropagator()


class OtelSpan:
    """Implements Span."""

    def __init__(self, tracer: Tracer, name: str, kind: str, attributes: Attributes, started_ns: int | None) -> None:
        self._span = tracer.start_span(name, kind=SpanKind[kind], attributes=attributes, start_time=started_ns)
        self._linked: set[str | bytes | None] = set()

    @property
    def headers(self) -> Headers:
        """The headers that name this span to whoever reads a record."""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier, set_span_in_context(self._span))
        return list(carrier.items())

    def ids(self) -> dict[str, str]:
        """Return `trace_id` and `span_id` as logs have them; nothing once it has ended, or where it is not sampled."""
        if not self._span.is_recording():
            return {}
        context = self._span.get_span_context()
        return {"trace_id": format_trace_id(context.trace_id), "span_id": format_span_id(context.span_id)}

    def link(self, headers: RecordHeaders) -> None:
        """Link to the span that the headers of a record name; the first LINKS different ones."""
        carrier = {name: value for name, value in dict(headers or ()).items() if name in _W3C.fields}
        written = carrier.get("traceparent")
        if written is None or written in self._linked or len(self._linked) >= LINKS:
            return
        self._linked.add(written)
        other = get_current_span(_W3C.extract(_texts(carrier))).get_span_context()
        if other.is_valid:
            self._span.add_link(other)

    def end(self, error: str | None = None) -> None:
        """End it."""
        if error is not None:
            self._span.set_attribute(names.ERROR, error)
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end(time.time_ns())


class _NoSpan:
    """What there is of a span where spans are not exported."""

    @property
    def headers(self) -> Headers:
        """There are none."""
        return []

    def link(self, headers: RecordHeaders) -> None:
        """Link to nothing."""

    def end(self, error: str | None = None) -> None:
        """End nothing."""


NO_SPAN = _NoSpan()


def _texts(carrier: Mapping[str, str | bytes | None]) -> dict[str, str]:
    return {
        name: value.decode("ascii", "replace") if isinstance(value, bytes) else value or ""
        for name, value in carrier.items()
    }
