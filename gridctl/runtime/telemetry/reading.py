"""Reading topics whose records name the spans that wrote them."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Self

from gridctl.runtime.telemetry import names
from gridctl.runtime.telemetry.port import Telemetry
from gridctl.streams.reader import Place, RangedReader, Record, Span


class LinkingReader:
    """Implements RangedReader around another one: each reading is a span, with links to those of the writers.

    A context manager: leaving it ends the span of a reading that nobody took to its end.
    """

    def __init__(self, reader: RangedReader, telemetry: Telemetry) -> None:
        self._reader = reader
        self._telemetry = telemetry
        self._readings: list[Generator[Record]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for reading in self._readings:
            reading.close()

    def spans(
        self, topics: Sequence[str], *, since_ms: int | None = None, until_ms: int | None = None
    ) -> dict[Place, Span]:
        """Return what every partition holds now."""
        return self._reader.spans(topics, since_ms=since_ms, until_ms=until_ms)

    def read(self, spans: Mapping[Place, Span]) -> Iterator[Record]:
        """Yield the records of the spans."""
        self._readings.append(reading := self._read(spans))
        return reading

    def _read(self, spans: Mapping[Place, Span]) -> Generator[Record]:
        topics = {place.topic for place in spans}
        span = self._telemetry.span(names.RECEIVE, topics.pop() if len(topics) == 1 else None, {})
        error = None
        try:
            for record in self._reader.read(spans):
                span.link(record.headers())
                yield record
        except Exception as failure:
            error = type(failure).__name__
            raise
        finally:
            span.end(error)
