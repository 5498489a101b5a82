"""What a processor measures: latency, records, refusals and the calls to Kafka, added up a batch.

A batch counts once it is committed. One that ends in an error has only its duration and its span, with the error.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from gridctl.contracts.deadletter import DeadLetter
from gridctl.contracts.kinds import TOPIC_OF_KIND
from gridctl.runtime.telemetry import names
from gridctl.runtime.telemetry.port import Span, Telemetry
from gridctl.runtime.telemetry.tally import Tally, ages, tally_of
from gridctl.runtime.telemetry.violations import Refused, Violations
from gridctl.streams.publisher import Headers
from gridctl.streams.reader import Record

_KIND_OF_TOPIC = {topic: kind for kind, topic in TOPIC_OF_KIND.items()}


class ProcessTelemetry:
    """Measures the batches of one member of a group. `clock_s` is a monotonic clock, `clock_ms` gives epoch time."""

    def __init__(
        self,
        telemetry: Telemetry,
        group: str,
        clock_ms: Callable[[], int],
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.telemetry = telemetry
        self.of_group = {names.SYSTEM: names.KAFKA, names.GROUP: group}
        self.violations = Violations(telemetry)
        self.clock_ms = clock_ms
        self.clock_s = clock_s

    def batch(self) -> "BatchTelemetry":
        """Begin a batch: call it before the records are asked for."""
        return BatchTelemetry(self)


class BatchTelemetry:
    """One batch; a context manager around everything that becomes of its records, entered again where it failed."""

    def __init__(self, run: ProcessTelemetry) -> None:
        self._run = run
        self._asked_s = self._came_s = self._written_s = run.clock_s()
        self._written_ms = 0
        self._records: Sequence[Record] = ()
        self._sound: Sequence[Record] = ()
        self._appended_ms: list[int] = []
        self._letters: list[tuple[str, DeadLetter]] = []
        self._span: Span | None = None

    def of(self, records: Sequence[Record]) -> Self:
        """Note that these have come."""
        self._came_s = self._run.clock_s()
        self._records = records
        return self

    @property
    def headers(self) -> Headers:
        """The headers for its letters."""
        return [] if self._span is None else self._span.headers

    def __enter__(self) -> Self:
        topics = Counter(record.topic() or "" for record in self._records)
        run = self._run
        if self._span is None:
            for topic, count in topics.items():
                place = {names.OPERATION: names.POLL_OPERATION[0], names.DESTINATION: topic}
                run.telemetry.count(names.CONSUMED_MESSAGES, count, {**run.of_group, **place})
            self._call(names.POLL_OPERATION, self._came_s - self._asked_s)
        else:
            self._came_s = run.clock_s()
        destination = next(iter(topics)) if len(topics) == 1 else None
        attributes: dict[str, str | int] = {**run.of_group, names.BATCH_COUNT: len(self._records)}
        self._span = run.telemetry.span(names.PROCESS, destination, attributes)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._committed()
        else:
            self._written_s = self._run.clock_s()
        failed = {} if kind is None else {names.ERROR: kind.__name__}
        attributes = {**self._run.of_group, names.OPERATION: names.PROCESS.operation, **failed}
        took = tally_of(names.PROCESS_DURATION, self._written_s - self._came_s)
        self._run.telemetry.record(names.PROCESS_DURATION, took, attributes)
        if self._span is not None:
            self._span.end(failed.get(names.ERROR))

    def refused(self, letters: Sequence[tuple[str, DeadLetter]]) -> None:
        """Note letters, each with its topic."""
        self._letters += letters

    def written(self, sound: Sequence[Record], appended_ms: list[int]) -> None:
        """Note that all effects and letters are written; `appended_ms` are the times of the sound records."""
        self._written_s, self._written_ms = self._run.clock_s(), self._run.clock_ms()
        self._sound, self._appended_ms = sound, appended_ms

    def _committed(self) -> None:
        self._call(names.COMMIT_OPERATION, self._run.clock_s() - self._written_s)
        for topic, times_ms in self._by_topic().items():
            tally, ahead = ages(names.PROCESSING_LATENCY, times_ms, self._written_ms)
            # A broker's clock that runs ahead of ours by more than the record took: it took no time that we can see.
            none = Tally((ahead, *(0 for _ in names.PROCESSING_LATENCY.bounds_s)), 0.0, 0.0, 0.0)
            whole = none if tally is None else tally.plus(none) if ahead else tally
            attributes = {names.DESTINATION: topic, names.GROUP: self._run.of_group[names.GROUP]}
            self._run.telemetry.record(names.PROCESSING_LATENCY, whole, attributes)
        self._count_letters()

    def _by_topic(self) -> dict[str, list[int]]:
        topics = [record.topic() or "" for record in self._sound]
        if len(set(topics)) == 1:
            return {topics[0]: self._appended_ms}
        times_ms: defaultdict[str, list[int]] = defaultdict(list)
        for topic, time_ms in zip(topics, self._appended_ms, strict=True):
            times_ms[topic].append(time_ms)
        return times_ms

    def _count_letters(self) -> None:
        self._run.violations.count(
            Refused(letter.topic or "", letter.rule, _KIND_OF_TOPIC.get(letter.topic or ""), letter.firmware)
            for _, letter in self._letters
        )
        for topic, count in Counter(topic for topic, _ in self._letters).items():
            attributes = {names.SYSTEM: names.KAFKA, names.OPERATION: names.SEND.operation, names.DESTINATION: topic}
            self._run.telemetry.count(names.SENT_MESSAGES, count, attributes)

    def _call(self, operation: tuple[str, str], took_s: float) -> None:
        attributes = {**self._run.of_group, names.OPERATION: operation[0], names.OPERATION_TYPE: operation[1]}
        self._run.telemetry.record(names.OPERATION_DURATION, tally_of(names.OPERATION_DURATION, took_s), attributes)
