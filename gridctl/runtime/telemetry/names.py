"""Every name that telemetry writes: OpenTelemetry's messaging conventions 1.44, and our own under `gridstream.`.

The conventions are in development, so they stand here alone. docs/telemetry.md shows the same to people.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

SYSTEM = "messaging.system"
OPERATION = "messaging.operation.name"
OPERATION_TYPE = "messaging.operation.type"
DESTINATION = "messaging.destination.name"
GROUP = "messaging.consumer.group.name"
BATCH_COUNT = "messaging.batch.message_count"
ERROR = "error.type"
KIND = "gridstream.kind"
PRIORITY_LEVEL = "gridstream.priority_level"
RULE = "gridstream.rule"
FIRMWARE_FAMILY = "gridstream.firmware_family"
REFUSED_COUNT = "gridstream.batch.refused_count"

KAFKA = "kafka"
OTHER = "other"
"""The value for everything beyond the bound of distinct values of an attribute."""

# The conventions name these bounds for every duration of messaging.
DURATION_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
# Up to an hour: a device that was out of reach sends what it kept.
LATENCY_BOUNDS_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)


@dataclass(frozen=True)
class Metric:
    """A counter, or with bounds (in seconds) a histogram; `attributes` are all that its values may have."""

    name: str
    unit: str
    description: str
    attributes: tuple[str, ...]
    bounds_s: tuple[float, ...] = ()

    @cached_property
    def bounds_ms(self) -> tuple[int, ...]:
        """The bounds in milliseconds."""
        return tuple(round(bound_s * 1000) for bound_s in self.bounds_s)


class SpanName(NamedTuple):
    """The spans of one operation; with one destination its name follows the operation's."""

    operation: str
    type: str
    kind: str
    description: str


SENT_MESSAGES = Metric(
    "messaging.client.sent.messages",
    "{message}",
    "Messages that Kafka has acknowledged, and with error.type those that it has not",
    (SYSTEM, OPERATION, DESTINATION, ERROR),
)
CONSUMED_MESSAGES = Metric(
    "messaging.client.consumed.messages",
    "{message}",
    "Messages that were delivered to a processor",
    (SYSTEM, OPERATION, DESTINATION, GROUP),
)
OPERATION_DURATION = Metric(
    "messaging.client.operation.duration",
    "s",
    "Time of a call to Kafka: a batch's from hand-over to acknowledgement, a poll's that had records, a commit's",
    (SYSTEM, OPERATION, OPERATION_TYPE, DESTINATION, GROUP, ERROR),
    DURATION_BOUNDS_S,
)
PROCESS_DURATION = Metric(
    "messaging.process.duration",
    "s",
    "Time from a batch's arrival at a processor until its effect and its dead letters are written",
    (SYSTEM, OPERATION, GROUP, ERROR),
    DURATION_BOUNDS_S,
)
INGESTION_LATENCY = Metric(
    "gridstream.ingestion.latency",
    "s",
    "Time from a device's event to its acknowledgement by Kafka",
    (KIND, PRIORITY_LEVEL),
    LATENCY_BOUNDS_S,
)
CLOCK_AHEAD = Metric(
    "gridstream.ingestion.clock_ahead",
    "{event}",
    "Events whose device's clock ran ahead of ours when Kafka acknowledged them; they are in no latency",
    (KIND, PRIORITY_LEVEL),
)
INGEST_RECORDS = Metric(
    "gridstream.ingest.records",
    "{record}",
    "Records that ingest has taken, published or refused, once their event or dead letter is acknowledged",
    (DESTINATION,),
)
SCHEMA_VIOLATIONS = Metric(
    "gridstream.schema.violations",
    "{record}",
    "Records that were refused, once their dead letter is acknowledged",
    (DESTINATION, RULE, FIRMWARE_FAMILY),
)
PROCESSING_LATENCY = Metric(
    "gridstream.processing.latency",
    "s",
    "Time from a record's append to Kafka to its effect in the grid state",
    (DESTINATION, GROUP),
    LATENCY_BOUNDS_S,
)

METRICS = (
    SENT_MESSAGES,
    CONSUMED_MESSAGES,
    OPERATION_DURATION,
    PROCESS_DURATION,
    INGESTION_LATENCY,
    CLOCK_AHEAD,
    INGEST_RECORDS,
    SCHEMA_VIOLATIONS,
    PROCESSING_LATENCY,
)

SEND = SpanName("send", "send", "PRODUCER", "A batch of ingest, or a write to the ledger, until Kafka has all of it")
PROCESS = SpanName("process", "process", "CONSUMER", "A batch of a processor, from its arrival to its commit")
RECEIVE = SpanName("receive", "receive", "CLIENT", "A command's reading of dead letters or of the ledger")
POLL_OPERATION, COMMIT_OPERATION = ("poll", "receive"), ("commit", "settle")

SPANS = (SEND, PROCESS, RECEIVE)
