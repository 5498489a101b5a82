"""The batch pipeline: validate, stamp, encode, publish; or reject with a reason.

A batch is done when the broker has acknowledged every event and every dead letter that became of it; only then is its
source acknowledged. A broker that is away is waited for: what is in flight is kept, and no more is read than fits.
If one of them cannot be written all the same, nothing more is acknowledged and the run ends as Unavailable.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from gridctl.assets.table import AssetTable
from gridctl.avro.codec import AvroEncodeError
from gridctl.contracts.deadletter import RAW_CAP_BYTES, UNROUTED_DLQ
from gridctl.contracts.events import STAMPS, Reading
from gridctl.contracts.ids import msg_id
from gridctl.contracts.kinds import KINDS, TOPIC_OF_KIND
from gridctl.contracts.registry import SchemaLookup
from gridctl.deadletters.letter import DeadLetters, letter_of
from gridctl.deadletters.refusal import Names, Oversize, Refusal
from gridctl.errors import Unavailable
from gridctl.ingest.ports import Batch, Source
from gridctl.ingest.telemetry import BatchTelemetry, IngestTelemetry
from gridctl.ingest.validate import Validator, check_oversize
from gridctl.runtime.clock import wall_clock_ms
from gridctl.runtime.deadline import Outlast, before_the_deadline
from gridctl.streams.codec import FramedEncoder, framed_encoder
from gridctl.streams.publisher import Message, Publisher, Receipt

# Messages handed over and not yet acknowledged: some tens of megabytes, and well within librdkafka's own queue.
IN_FLIGHT_MESSAGES = 20_000
IN_FLIGHT_BYTES = 32 * 1024 * 1024
# An acknowledgement that is owed for longer than this shows that the broker does not take records, whatever it answers.
LATE_S = 10.0
# Ids that are remembered to count duplicates, in each of two generations: some 16 MB.
REMEMBERED_IDS = 65_536
AGAIN = "run `gridctl doctor`; run the same again afterwards, what is sent twice is applied once"

Refused = tuple[Refusal, bytes | Oversize, str]


@dataclass
class Counts:
    """What became of the records so far: `read` = `published` + `rejected` once everything is acknowledged."""

    read: int = 0
    published: int = 0
    rejected: int = 0
    duplicates_on_input: int = 0


@dataclass(slots=True)
class _InFlight:
    receipt: Receipt
    acknowledge: Callable[[], None]
    published: int
    rejected: int
    size: int
    measured: BatchTelemetry | None
    size_bytes: int
    handed_over_s: float


class Pipeline:
    """One run's path from raw bytes to the broker. Not for use by several threads.

    `encoders` are by kind, `dlq_of` is the dead letter topic of each kind's topic. Without `telemetry` nothing is
    measured.
    """

    def __init__(
        self,
        validator: Validator,
        assets: AssetTable,
        encoders: Mapping[str, FramedEncoder],
        publisher: Publisher,
        letters: DeadLetters,
        *,
        dlq_of: Mapping[str, str],
        raw_cap_bytes: int = RAW_CAP_BYTES,
        clock_ms: Callable[[], int] = wall_clock_ms,
        telemetry: IngestTelemetry | None = None,
        outlast: Outlast = before_the_deadline,
    ) -> None:
        self.counts = Counts()
        self._validator = validator
        self._assets = assets
        self._encoders = encoders
        self._publisher = publisher
        self._letters = letters
        self._dlq_of = {kind: dlq_of[topic] for kind, topic in TOPIC_OF_KIND.items()}
        self._raw_cap_bytes = raw_cap_bytes
        self._clock_ms = clock_ms
        self._telemetry = telemetry
        self._in_flight: deque[_InFlight] = deque()
        self._outlast = outlast
        self._outstanding = self._outstanding_bytes = 0
        self._ids: set[str] = set()
        self._older_ids: set[str] = set()

    def submit(self, batch: Batch) -> None:
        """Take a batch to the broker, without waiting for its acknowledgement unless too much is in flight."""
        receipt = Receipt()
        measured = None if self._telemetry is None else self._telemetry.batch()
        now_ms = self._clock_ms()
        refused: list[Refused] = [(check_oversize(record), record, record.origin) for record in batch.oversize]
        outgoing = self._encoded(batch, now_ms, refused, measured)
        refused_by_topic = self._by_topic(refused)
        trace = [] if measured is None else measured.sending(outgoing, refused_by_topic)
        for topic, messages in outgoing.items():
            self._publisher.publish(topic, messages, receipt)
        for topic, listed in refused_by_topic.items():
            for refusal, record, source in listed:
                letter = letter_of(refusal, record, source, now_ms=now_ms, cap_bytes=self._raw_cap_bytes)
                self._letters.send(topic, letter, receipt, trace)
        size = len(batch.records) + len(batch.oversize)
        self.counts.read += size
        size_bytes = sum(map(len, batch.records)) + sum(len(record.head) for record in batch.oversize)
        self._outstanding += size
        self._outstanding_bytes += size_bytes
        # The records themselves are not kept here: the publisher holds what became of them.
        self._in_flight.append(
            _InFlight(
                receipt,
                batch.acknowledge,
                size - len(refused),
                len(refused),
                size,
                measured,
                size_bytes,
                time.monotonic(),
            )
        )
        self.poll(0.0)
        self._settle(lambda: self._outstanding <= IN_FLIGHT_MESSAGES and self._outstanding_bytes <= IN_FLIGHT_BYTES)

    def poll(self, timeout_s: float = 0.0) -> None:
        """Serve acknowledgements and complete batches in order; Unavailable when one could not be written."""
        self._publisher.poll(timeout_s)
        while self._in_flight:
            first = self._in_flight[0]
            if first.measured is not None and first.receipt.undelivered:
                first.measured.failed(first.receipt.undelivered)
            first.receipt.check(
                "the broker did not take a record",
                AGAIN,
            )
            if first.receipt.outstanding:
                return
            self._in_flight.popleft()
            self._outstanding -= first.size
            self._outstanding_bytes -= first.size_bytes
            self.counts.published += first.published
            self.counts.rejected += first.rejected
            if first.measured is not None:
                first.measured.acknowledged(self._clock_ms())
            first.acknowledge()

    def drain(self) -> None:
        """Wait until everything that was submitted is acknowledged; Unavailable when it cannot be."""
        self._settle(lambda: not self._in_flight)

    def _settle(self, goal: Callable[[], bool]) -> None:
        if not self._outlast(goal, lambda: self.poll(0.1)):
            raise Unavailable(
                f"{self._outstanding} records were read and not acknowledged by the broker",
                next_step=AGAIN,
            )

    def require_acknowledgements(self) -> None:
        """Raise Unavailable where one is late; for any thread."""
        with suppress(IndexError):  # nothing is in flight
            late_s = time.monotonic() - self._in_flight[0].handed_over_s
            if late_s > LATE_S:
                raise Unavailable(f"the broker has acknowledged nothing for {LATE_S:.0f} s", next_step=AGAIN)

    def _by_topic(self, refused: list[Refused]) -> dict[str, list[Refused]]:
        """Return what is refused by the dead letter topic that it goes to."""
        found: dict[str, list[Refused]] = {}
        for each in refused:
            found.setdefault(self._dlq_of.get(each[0].names.kind or "", UNROUTED_DLQ), []).append(each)
        return found

    def _encoded(
        self, batch: Batch, now_ms: int, refused: list[Refused], measured: BatchTelemetry | None
    ) -> dict[str, list[Message]]:
        """Return the messages by topic; what is refused is added to `refused`."""
        check, stamp, encoders = self._validator.check, self._assets.stamps(), self._encoders
        messages: dict[str, list[Message]] = {}
        ids: list[str] = []
        emitted = None if measured is None else measured.emitted
        levels_of, levels = "", defaultdict[str, list[int]](list)
        for index, raw in enumerate(batch.records):
            reading = check(raw, now_ms)
            if isinstance(reading, Refusal):
                refused.append((reading, raw, batch.origin(index)))
                continue
            kind, device_id, at_ms = reading.kind, reading.device_id, reading.event_time_ms
            encoder = encoders[kind]
            message_id = msg_id(device_id, at_ms)
            priority_level, circuit_id = stamp(device_id, at_ms)
            try:
                body = encoder.body(reading.__dict__, message_id, priority_level, circuit_id)
            except AvroEncodeError as error:
                refused.append((_unencodable(error, reading), raw, batch.origin(index)))
                continue
            ids.append(message_id)
            if emitted is not None:
                if kind != levels_of:
                    levels_of, levels = kind, emitted[kind]
                levels[priority_level].append(at_ms)
            topic_messages = messages.get(kind)
            if topic_messages is None:
                topic_messages = messages[kind] = []
            topic_messages.append({"key": device_id, "value": encoder.header + body})
        self._remember(ids)
        return {TOPIC_OF_KIND[kind]: listed for kind, listed in messages.items()}

    def _remember(self, ids: list[str]) -> None:
        """Count the ids that came before, as far back as two generations reach."""
        remembered = len(self._ids) + len(self._older_ids)
        self._ids.update(ids)
        self._older_ids.difference_update(ids)  # each id is in one generation
        fresh = len(self._ids) + len(self._older_ids) - remembered
        self.counts.duplicates_on_input += len(ids) - fresh
        if len(self._ids) > REMEMBERED_IDS:
            self._older_ids, self._ids = self._ids, set()


@dataclass(frozen=True)
class Until:
    """When a run without an end of input ends: after `duration_s`, or `idle_s` after the last record."""

    duration_s: float | None = None
    idle_s: float | None = None


def run(source: Source, pipeline: Pipeline, until: Until, each_moment: Callable[[], None]) -> None:
    """Run to the end and drain; `each_moment` is called at least every few tenths of a second and may raise."""
    started = last_record = time.monotonic()
    for batch in source.batches():
        now = time.monotonic()
        if batch.records or batch.oversize:
            pipeline.submit(batch)
            last_record = now
        else:
            pipeline.poll()
        each_moment()
        over = until.duration_s is not None and now - started >= until.duration_s
        if over or (until.idle_s is not None and now - last_record >= until.idle_s):
            source.stop()
    pipeline.drain()
    each_moment()


def load_encoders(schemas: Mapping[str, str], lookup: SchemaLookup) -> dict[str, FramedEncoder]:
    """Return the encoder of each kind's events; `schemas` are texts by subject. Unavailable when one is unregistered.

    `body(reading.__dict__, msg_id, priority_level, circuit_id)` gives the body of an event.
    """
    return {
        name: framed_encoder(kind.subject, schemas[kind.subject], lookup, extra=STAMPS) for name, kind in KINDS.items()
    }


def _unencodable(error: AvroEncodeError, reading: Reading) -> Refusal:
    names = Names(reading.kind, reading.device_id, getattr(reading, "firmware", None))
    return Refusal("ENCODE", "does_not_fit_schema", str(error), error.field or None, names)
