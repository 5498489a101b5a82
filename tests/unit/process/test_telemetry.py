"""What a processor measures, from records in memory to a state in memory."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from gridctl.contracts.kinds import TOPIC_OF_KIND
from gridctl.errors import Unavailable
from gridctl.process.decode import EventReader
from gridctl.process.ports import Applied, Effect
from gridctl.process.processor import Processor
from gridctl.process.telemetry import ProcessTelemetry
from gridctl.runtime.telemetry import names
from tests.support.memory_events import MemoryEvents, MemoryLetters, MemoryRecord
from tests.support.memory_state import MemoryState
from tests.support.memory_telemetry import MemoryTelemetry
from tests.support.memory_topics import MemoryTopics

DLQ_OF = {topic: f"{topic}.dlq" for topic in TOPIC_OF_KIND.values()}
GROUP = "g-1"
MakeRecord = Callable[..., MemoryRecord]


class Bench:
    """A processor with telemetry. Its monotonic clock goes on by 0.25 s at every look."""

    def __init__(self, records: Sequence[MemoryRecord], reader: EventReader, now_ms: int, store: Any = None) -> None:
        self.telemetry, self.letters = MemoryTelemetry(), MemoryLetters()
        self._looks = 0
        self.processor = Processor(
            MemoryEvents(records),
            reader,
            store or MemoryState(),
            self.letters,
            MemoryTopics({}),
            dlq_of=DLQ_OF,
            clock_ms=lambda: now_ms,
            telemetry=ProcessTelemetry(self.telemetry, GROUP, lambda: now_ms, self._clock_s),
        )

    def _clock_s(self) -> float:
        self._looks += 1
        return self._looks / 4


def test_latency_is_from_the_append_to_the_effect_by_topic(
    record: MakeRecord, reader: EventReader, time_ms: int
) -> None:
    records = [record(), record(device_id="d-2", event_time_ms=time_ms - 9_000), record("charger", device_id="d-3")]
    bench = Bench(records, reader, time_ms + 1_300)  # each is appended a second after its time
    assert bench.processor.step(100) == 3
    found = bench.telemetry.recorded(names.PROCESSING_LATENCY)
    assert {series: (sum(tally.counts), tally.total) for series, tally in found.items()} == {
        ("iot.thermostat", GROUP): (2, 9.6),
        ("ev.session", GROUP): (1, 0.3),
    }
    consumed = bench.telemetry.counted(names.CONSUMED_MESSAGES)
    assert consumed == {("kafka", "poll", "iot.thermostat", GROUP): 2, ("kafka", "poll", "ev.session", GROUP): 1}


def test_a_broker_ahead_of_our_clock_makes_no_negative_latency(
    record: MakeRecord, reader: EventReader, time_ms: int
) -> None:
    bench = Bench([record(), record(device_id="d-2", event_time_ms=time_ms - 500)], reader, time_ms + 600)
    bench.processor.step(100)
    tally = bench.telemetry.recorded(names.PROCESSING_LATENCY)["iot.thermostat", GROUP]
    assert (tally.counts[0], sum(tally.counts), tally.low, tally.high) == (1, 2, 0.0, 0.1)


def test_refusals_are_counted_those_that_the_state_met_too(
    record: MakeRecord, reader: EventReader, time_ms: int
) -> None:
    records = [
        record(power_w=1.0),
        record(power_w=2.0),
        record("charger", temperature_c=1, power_w=float("nan")),
        MemoryRecord("ev.session", b"x", b"\x00", time_ms),
    ]
    bench = Bench(records, reader, time_ms + 2_000)
    bench.processor.step(100)
    assert bench.telemetry.counted(names.SCHEMA_VIOLATIONS) == {
        ("iot.thermostat", "msg_id_conflict", "thermostat other"): 1,
        ("ev.session", "contract_broken", "charger other"): 1,
        ("ev.session", "frame_too_short", "charger unknown"): 1,
    }
    sent = bench.telemetry.counted(names.SENT_MESSAGES)
    assert sent == {("kafka", "send", "iot.thermostat.dlq"): 1, ("kafka", "send", "ev.session.dlq"): 2}
    [span] = bench.telemetry.spans
    assert (span.name, span.ends, span.attributes[names.BATCH_COUNT]) == ("process None", [None], 4)
    assert bench.letters.traces == [span.headers] * 3


def test_poll_work_and_commit_have_durations_of_their_own(
    record: MakeRecord, reader: EventReader, time_ms: int
) -> None:
    bench = Bench([record()], reader, time_ms)
    bench.processor.step(100)
    took = bench.telemetry.recorded(names.OPERATION_DURATION)
    assert {series: tally.total for series, tally in took.items()} == {
        ("kafka", "poll", "receive", GROUP): 0.25,
        ("kafka", "commit", "settle", GROUP): 0.25,
    }
    worked = bench.telemetry.recorded(names.PROCESS_DURATION)
    assert {series: tally.total for series, tally in worked.items()} == {("kafka", "process", GROUP): 0.25}
    assert bench.processor.step(100) == 0
    assert len(bench.telemetry.spans) == 1


class Away(MemoryState):
    """A state that does not answer."""

    def apply(self, effects: Sequence[Effect]) -> Applied:
        raise Unavailable(f"no answer for {len(effects)} effects", next_step="wait")


def test_a_batch_that_fails_says_why_and_counts_nothing_else(
    record: MakeRecord, reader: EventReader, time_ms: int
) -> None:
    bench = Bench([record()], reader, time_ms, Away())
    with pytest.raises(Unavailable):
        bench.processor.step(100)
    assert bench.telemetry.spans[0].ends == ["Unavailable"]
    assert list(bench.telemetry.recorded(names.PROCESS_DURATION)) == [("kafka", "process", GROUP, "Unavailable")]
    assert bench.telemetry.recorded(names.PROCESSING_LATENCY) == {}
