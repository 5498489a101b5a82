"""What a run of ingest measures, from batches to a broker in memory."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from gridctl.assets.table import AssetTable
from gridctl.contracts.assets import AssetRecord
from gridctl.contracts.deadletter import DEAD_LETTER_SUBJECT, UNROUTED_DLQ
from gridctl.contracts.kinds import TOPIC_OF_KIND
from gridctl.contracts.priority import PriorityLevel
from gridctl.deadletters.letter import DeadLetters
from gridctl.errors import Unavailable
from gridctl.ingest.pipeline import Pipeline
from gridctl.ingest.ports import Batch
from gridctl.ingest.telemetry import IngestTelemetry
from gridctl.ingest.validate import Validator
from gridctl.runtime.telemetry import names
from gridctl.streams.codec import FramedEncoder, framed_encoder
from tests.support.memory_registry import MemoryRegistry
from tests.support.memory_telemetry import MemoryTelemetry
from tests.support.memory_topics import MemoryTopics

Line = Callable[..., bytes]
DLQ_OF = {topic: f"{topic}.dlq" for topic in TOPIC_OF_KIND.values()}
TOPICS = dict.fromkeys([*DLQ_OF, *DLQ_OF.values(), UNROUTED_DLQ], 1)
TOOK_MS = 700


class Bench:
    """A pipeline with telemetry; the clock goes on by TOOK_MS between the hand-over and the acknowledgement."""

    def __init__(
        self,
        encoders: dict[str, FramedEncoder],
        schemas: dict[str, str],
        registry: MemoryRegistry,
        now_ms: int,
        topics: dict[str, int] | None = None,
    ) -> None:
        self.telemetry = MemoryTelemetry()
        self.publisher = MemoryTopics(TOPICS if topics is None else topics)
        self.table = AssetTable(lambda: 0.0)
        self.table.note_complete(0.0)
        times_ms = iter([now_ms, now_ms + TOOK_MS])
        times_s = iter([5.0, 5.0 + TOOK_MS / 1000])
        self.pipeline = Pipeline(
            Validator(),
            self.table,
            encoders,
            self.publisher,
            DeadLetters(self.publisher, framed_encoder(DEAD_LETTER_SUBJECT, schemas[DEAD_LETTER_SUBJECT], registry)),
            dlq_of=DLQ_OF,
            clock_ms=lambda: next(times_ms),
            telemetry=IngestTelemetry(self.telemetry, lambda: next(times_s)),
        )

    def run(self, *raws: bytes) -> None:
        self.pipeline.submit(Batch(raws, lambda index: f"test:{index}"))
        self.pipeline.drain()


@pytest.fixture
def bench(encoders: dict[str, FramedEncoder], schemas: dict[str, str], registry: MemoryRegistry, now_ms: int) -> Bench:
    return Bench(encoders, schemas, registry, now_ms)


def asset(device_id: str, level: PriorityLevel) -> AssetRecord:
    times: dict[str, Any] = {"valid_from_ms": 0, "updated_at_ms": 0}
    return AssetRecord(device_id=device_id, circuit_id="c-1", feeder_id="f-1", priority_level=level, **times)


def test_latency_is_from_the_event_to_the_acknowledgement_by_kind_and_priority(
    bench: Bench, line: Line, now_ms: int
) -> None:
    bench.table.take("th-1", asset("th-1", PriorityLevel.LIFE_SUSTAINING))
    bench.run(line(), line(event_time_ms=now_ms - 100_000), line("charger"), line(device_id="th-2"))
    found = bench.telemetry.recorded(names.INGESTION_LATENCY)
    assert {series: (sum(tally.counts), tally.total) for series, tally in found.items()} == {
        ("thermostat", "LIFE_SUSTAINING"): (2, 101.4),
        ("thermostat", "UNKNOWN"): (1, 0.7),
        ("charger", "UNKNOWN"): (1, 0.7),
    }
    tally = found["thermostat", "LIFE_SUSTAINING"]
    assert (tally.low, tally.high) == (0.7, 100.7)
    assert tally.counts[names.LATENCY_BOUNDS_S.index(1)] == tally.counts[names.LATENCY_BOUNDS_S.index(300)] == 1


def test_a_clock_that_runs_ahead_is_counted_and_is_no_latency(bench: Bench, line: Line, now_ms: int) -> None:
    bench.run(line(event_time_ms=now_ms + TOOK_MS + 1), line(event_time_ms=now_ms + TOOK_MS))
    assert bench.telemetry.counted(names.CLOCK_AHEAD) == {("thermostat", "UNKNOWN"): 1}
    tally = bench.telemetry.recorded(names.INGESTION_LATENCY)["thermostat", "UNKNOWN"]
    assert (sum(tally.counts), tally.low, tally.high) == (1, 0.0, 0.0)


def test_refusals_are_counted_by_topic_rule_and_family_and_are_among_the_records(bench: Bench, line: Line) -> None:
    broken = [line(power_w="x", firmware="3.0.1")] * 6
    bench.run(line(), *broken, line("scada", points=7), b"{", json.dumps({"kind": "toaster"}).encode())
    violations = bench.telemetry.counted(names.SCHEMA_VIOLATIONS)
    assert violations == {
        ("iot.thermostat", "wrong_type", "thermostat other"): 4,
        ("iot.thermostat", "wrong_type", "thermostat 3.0"): 2,
        ("scada.measurement", "wrong_type", "scada unknown"): 1,
        ("unrouted", "json_truncated", "unknown"): 1,
        ("unrouted", "kind_unknown", "unknown"): 1,
    }
    records = bench.telemetry.counted(names.INGEST_RECORDS)
    assert records == {("iot.thermostat",): 7, ("scada.measurement",): 1, ("unrouted",): 2}
    sent = bench.telemetry.counted(names.SENT_MESSAGES)
    assert sent == {
        ("kafka", "send", "iot.thermostat"): 1,
        ("kafka", "send", "iot.thermostat.dlq"): 6,
        ("kafka", "send", "scada.measurement.dlq"): 1,
        ("kafka", "send", "unrouted.dlq"): 2,
    }


def test_a_batch_is_a_span_that_its_letters_name(bench: Bench, line: Line) -> None:
    bench.run(line(), b"{")
    [span] = bench.telemetry.spans
    assert (span.name, span.ends) == ("send None", [None])
    assert span.attributes == {names.BATCH_COUNT: 2, names.REFUSED_COUNT: 1}
    [letter] = bench.publisher.held("unrouted.dlq")
    assert span.headers[0] in letter.headers()
    [event] = bench.publisher.held("iot.thermostat")
    assert event.headers() == []
    took = bench.telemetry.recorded(names.OPERATION_DURATION)
    assert took["kafka", "send", "send"].total == pytest.approx(TOOK_MS / 1000)


def test_a_batch_of_one_topic_names_it(bench: Bench, line: Line) -> None:
    bench.run(line(), line())
    assert [span.name for span in bench.telemetry.spans] == ["send iot.thermostat"]
    assert set(bench.telemetry.recorded(names.OPERATION_DURATION)) == {("kafka", "send", "send", "iot.thermostat")}


def test_what_kafka_does_not_take_is_counted_with_its_error(
    encoders: dict[str, FramedEncoder], schemas: dict[str, str], registry: MemoryRegistry, now_ms: int, line: Line
) -> None:
    bench = Bench(encoders, schemas, registry, now_ms, topics={"ev.session": 1})
    with pytest.raises(Unavailable):
        bench.run(line(), line())
    assert bench.telemetry.counted(names.SENT_MESSAGES) == {("kafka", "send", "iot.thermostat", "undelivered"): 2}
    assert bench.telemetry.counted(names.INGEST_RECORDS) == {}
    assert bench.telemetry.spans[0].ends == ["undelivered"]
    assert list(bench.telemetry.recorded(names.OPERATION_DURATION)) == [
        ("kafka", "send", "send", "iot.thermostat", "undelivered")
    ]
