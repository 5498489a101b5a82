"""What a run of ingest measures: latency, records, refusals and the calls to Kafka, added up a batch.

A batch counts when Kafka has acknowledged its last event and its last dead letter, so that records and violations of
one moment belong together.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gridctl.contracts.kinds import TOPIC_OF_KIND
from gridctl.deadletters.refusal import Refusal
from gridctl.runtime.telemetry import names
from gridctl.runtime.telemetry.port import Span, Telemetry
from gridctl.runtime.telemetry.tally import ages, tally_of
from gridctl.runtime.telemetry.violations import Refused, Violations
from gridctl.streams.publisher import Headers, Undelivered

UNROUTED = "unrouted"
"""The destination of a record whose kind cannot be read."""
UNDELIVERED = "undelivered"

_SENDING = {names.SYSTEM: names.KAFKA, names.OPERATION: names.SEND.operation}


class IngestTelemetry:
    """Measures the batches of one run. `clock_s` is a monotonic clock."""

    def __init__(self, telemetry: Telemetry, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._telemetry = telemetry
        self._violations = Violations(telemetry)
        self._clock_s = clock_s

    def batch(self) -> "BatchTelemetry":
        """Begin a batch."""
        return BatchTelemetry(self._telemetry, self._violations, self._clock_s)


class BatchTelemetry:
    """One batch. The pipeline puts the event times in epoch milliseconds into `emitted`, by kind and priority level."""

    def __init__(self, telemetry: Telemetry, violations: Violations, clock_s: Callable[[], float]) -> None:
        self.emitted: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._telemetry = telemetry
        self._violations = violations
        self._clock_s = clock_s
        self._began_ns = time.time_ns()
        self._handed_s = 0.0
        self._sent: dict[str, int] = {}
        self._refused: Sequence[Refused] = ()
        self._span: Span | None = None

    def sending(
        self, outgoing: Mapping[str, Sequence[Any]], refused: Mapping[str, Sequence[tuple[Refusal, Any, str]]]
    ) -> Headers:
        """Note what is handed over: events by topic, refusals by their topic. Return the headers for the letters."""
        self._handed_s = self._clock_s()
        self._sent = {topic: len(messages) for topic, messages in (*outgoing.items(), *refused.items())}
        self._refused = [_refused(refusal) for listed in refused.values() for refusal, *_ in listed]
        attributes = {names.BATCH_COUNT: sum(self._sent.values()), names.REFUSED_COUNT: len(self._refused)}
        self._span = self._telemetry.span(names.SEND, self._destination(), attributes, self._began_ns)
        return self._span.headers if refused else []

    def acknowledged(self, now_ms: int) -> None:
        """Note that Kafka has everything."""
        telemetry = self._telemetry
        records = Counter[str]()
        for each in self._refused:
            records[each.topic] += 1
        for kind, levels in self.emitted.items():
            for level, times_ms in levels.items():
                records[TOPIC_OF_KIND[kind]] += len(times_ms)
                attributes = {names.KIND: kind, names.PRIORITY_LEVEL: level}
                tally, ahead = ages(names.INGESTION_LATENCY, times_ms, now_ms)
                if tally is not None:
                    telemetry.record(names.INGESTION_LATENCY, tally, attributes)
                if ahead:
                    telemetry.count(names.CLOCK_AHEAD, ahead, attributes)
        for topic, count in records.items():
            telemetry.count(names.INGEST_RECORDS, count, {names.DESTINATION: topic})
        if self._refused:
            self._violations.count(self._refused)
        for topic, count in self._sent.items():
            telemetry.count(names.SENT_MESSAGES, count, {**_SENDING, names.DESTINATION: topic})
        self._end({})

    def failed(self, undelivered: Sequence[Undelivered]) -> None:
        """Note that Kafka did not take these."""
        error = {names.ERROR: UNDELIVERED}
        for topic, count in Counter(each.topic for each in undelivered).items():
            self._telemetry.count(names.SENT_MESSAGES, count, {**_SENDING, names.DESTINATION: topic, **error})
        self._end(error)

    def _end(self, error: Mapping[str, str]) -> None:
        took = tally_of(names.OPERATION_DURATION, self._clock_s() - self._handed_s)
        destination = self._destination()
        place = {} if destination is None else {names.DESTINATION: destination}
        attributes = {**_SENDING, names.OPERATION_TYPE: names.SEND.type, **place, **error}
        self._telemetry.record(names.OPERATION_DURATION, took, attributes)
        if self._span is not None:
            self._span.end(error.get(names.ERROR))

    def _destination(self) -> str | None:
        return next(iter(self._sent)) if len(self._sent) == 1 else None


def _refused(refusal: Refusal) -> Refused:
    kind, _, firmware = refusal.names
    return Refused(TOPIC_OF_KIND.get(kind or "", UNROUTED), refusal.rule, kind, firmware)
