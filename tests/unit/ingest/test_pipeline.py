"""From batches to a broker in memory: what is published, rejected, counted and acknowledged, and when."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from gridctl.assets.table import UNKNOWN_AFTER_S, AssetTable
from gridctl.avro.codec import AvroEncodeError, compile_decoder
from gridctl.contracts.assets import AssetRecord
from gridctl.contracts.deadletter import DEAD_LETTER_SUBJECT, UNROUTED_DLQ
from gridctl.contracts.framing import HEADER_BYTES, schema_id_of
from gridctl.contracts.ids import msg_id
from gridctl.contracts.kinds import TOPIC_OF_KIND
from gridctl.contracts.priority import PriorityLevel
from gridctl.deadletters.letter import DeadLetters
from gridctl.deadletters.refusal import Oversize
from gridctl.errors import Unavailable
from gridctl.ingest import pipeline as pipeline_module
from gridctl.ingest.pipeline import Pipeline, Until, load_encoders, run
from gridctl.ingest.ports import Batch
from gridctl.ingest.validate import Validator
from gridctl.streams.codec import FramedEncoder, framed_encoder
from tests.support.memory_registry import MemoryRegistry
from tests.support.memory_topics import MemoryTopics

Line = Callable[..., bytes]
Encoders = dict[str, FramedEncoder]
DLQ_OF = {topic: f"{topic}.dlq" for topic in TOPIC_OF_KIND.values()}
DLQS = [*DLQ_OF.values(), UNROUTED_DLQ]
TOPICS = dict.fromkeys([*DLQ_OF, *DLQS], 1)


def registry_of(schemas: dict[str, str]) -> MemoryRegistry:
    """Return a registry that gives the ids of the `registry` fixture."""
    filled = MemoryRegistry()
    for subject, text in schemas.items():
        filled.register(subject, text)
    return filled


def batch(*raws: bytes, oversize: Sequence[Oversize] = (), acknowledge: Callable[[], None] = lambda: None) -> Batch:
    return Batch(raws, lambda index: f"test:{index + 1}", oversize, acknowledge)


class Bench:
    """A pipeline with its publisher at hand."""

    def __init__(self, encoders: Encoders, now_ms: int, schemas: dict[str, str], **options: Any) -> None:
        self.publisher: MemoryTopics = options.pop("publisher", None) or MemoryTopics(TOPICS)
        self.table = AssetTable(lambda: 0.0)
        self.table.note_complete(0.0)
        self.schemas = schemas
        letter_encoder = framed_encoder(DEAD_LETTER_SUBJECT, schemas[DEAD_LETTER_SUBJECT], registry_of(schemas))
        self.pipeline = Pipeline(
            Validator(),
            self.table,
            encoders,
            self.publisher,
            DeadLetters(self.publisher, letter_encoder),
            dlq_of=DLQ_OF,
            clock_ms=lambda: now_ms,
            **options,
        )

    @property
    def counts(self) -> tuple[int, int, int, int]:
        counts = self.pipeline.counts
        return counts.read, counts.published, counts.rejected, counts.duplicates_on_input

    def events(self, topic: str) -> list[dict[str, Any]]:
        decode = compile_decoder(self.schemas[f"{topic}-value"], self.schemas[f"{topic}-value"])
        return [dict(decode(event.value() or b"", HEADER_BYTES)) for event in self.publisher.held(topic)]

    def letters(self) -> list[dict[str, Any]]:
        text = self.schemas[DEAD_LETTER_SUBJECT]
        decode = compile_decoder(text, text)
        return [dict(decode(letter.value() or b"", HEADER_BYTES)) for letter in self.publisher.held(*DLQS)]


@pytest.fixture
def bench(encoders: Encoders, now_ms: int, schemas: dict[str, str]) -> Bench:
    return Bench(encoders, now_ms, schemas)


def test_each_kind_goes_to_its_topic_under_its_device_with_the_stamps(bench: Bench, line: Line, now_ms: int) -> None:
    bench.table.take(
        "ev-1",
        AssetRecord(
            device_id="ev-1",
            circuit_id="circuit-7",
            feeder_id="feeder-1",
            priority_level=PriorityLevel.ESSENTIAL,
            valid_from_ms=0,
            updated_at_ms=0,
        ),
    )
    bench.pipeline.submit(batch(line("thermostat"), line("charger"), line("scada")))
    bench.pipeline.drain()
    assert bench.counts == (3, 3, 0, 0)
    assert {event.topic(): event.key() for event in bench.publisher.held(*TOPICS)} == {
        "iot.thermostat": b"th-1",
        "ev.session": b"ev-1",
        "scada.measurement": b"feeder-1",
    }
    [charger], [thermostat] = bench.events("ev.session"), bench.events("iot.thermostat")
    assert (charger["priority_level"], charger["circuit_id"]) == ("ESSENTIAL", "circuit-7")
    assert (thermostat["priority_level"], thermostat["circuit_id"]) == ("UNKNOWN", None)
    assert charger["msg_id"] == msg_id("ev-1", now_ms)
    assert bench.events("scada.measurement")[0]["points"][1]["quality"] == "MISSING"


def test_messages_name_the_schema_that_the_registry_holds(
    bench: Bench, line: Line, registry: Any, schemas: dict[str, str]
) -> None:
    bench.pipeline.submit(batch(line(), b"x"))
    bench.pipeline.drain()
    [event], [letter] = bench.publisher.held("iot.thermostat"), bench.publisher.held(*DLQS)
    assert (
        schema_id_of(event.value() or b"")
        == registry.find("iot.thermostat-value", schemas["iot.thermostat-value"]).schema_id
    )
    assert (
        schema_id_of(letter.value() or b"")
        == registry.find(DEAD_LETTER_SUBJECT, schemas[DEAD_LETTER_SUBJECT]).schema_id
    )


def test_what_is_refused_becomes_a_letter_and_touches_nothing_else(bench: Bench, line: Line, now_ms: int) -> None:
    long = Oversize(line()[:50], 5_000_000, "a" * 64, "test:9")
    bench.pipeline.submit(batch(line(device_id="a"), b"{", line(mode="X"), line(device_id="b"), oversize=[long]))
    bench.pipeline.drain()
    assert bench.counts == (5, 2, 3, 0)
    assert [event["device_id"] for event in bench.events("iot.thermostat")] == ["a", "b"]
    assert {(letter["source"], letter["stage"], letter["rule"]) for letter in bench.letters()} == {
        ("test:9", "RECEIVE", "too_large"),
        ("test:2", "PARSE", "json_truncated"),
        ("test:3", "VALIDATE", "not_in_list"),
    }
    assert {letter["rejected_at_ms"] for letter in bench.letters()} == {now_ms}
    assert {letter.topic() for letter in bench.publisher.held(*DLQS)} == {"iot.thermostat.dlq", "unrouted.dlq"}


def test_a_letter_holds_the_record_up_to_the_cap(encoders: Encoders, schemas: dict[str, str], now_ms: int) -> None:
    bench = Bench(encoders, now_ms, schemas, raw_cap_bytes=3)
    bench.pipeline.submit(batch(b"abcdef"))
    bench.pipeline.drain()
    assert [(letter["raw"], letter["raw_length"]) for letter in bench.letters()] == [(b"abc", 6)]


def test_an_encoder_that_refuses_makes_a_letter(
    encoders: Encoders, schemas: dict[str, str], now_ms: int, line: Line
) -> None:
    def refuse(*_: object) -> bytes:
        raise AvroEncodeError("mode", "symbol is not in the enum")

    bench = Bench({**encoders, "thermostat": FramedEncoder(b"", refuse)}, now_ms, schemas)
    bench.pipeline.submit(batch(line(), line("charger")))
    bench.pipeline.drain()
    assert bench.counts == (2, 1, 1, 0)
    [letter] = bench.letters()
    assert (letter["stage"], letter["rule"], letter["field"], letter["device_id"]) == (
        "ENCODE",
        "does_not_fit_schema",
        "mode",
        "th-1",
    )


def test_duplicates_are_counted_and_published_all_the_same(bench: Bench, line: Line, now_ms: int) -> None:
    bench.pipeline.submit(batch(line(), line(), line(device_id="x")))
    bench.pipeline.submit(batch(line(), line(event_time_ms=now_ms - 1)))
    bench.pipeline.drain()
    assert bench.counts == (5, 5, 0, 2)


def test_ids_are_remembered_for_two_generations_and_no_longer(
    bench: Bench, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline_module, "REMEMBERED_IDS", 2)
    seen = []
    for device_id in ("a", "b", "c", "a", "d", "e", "f", "g", "h", "i", "a"):
        bench.pipeline.submit(batch(line(device_id=device_id)))
        seen.append(bench.pipeline.counts.duplicates_on_input)
    assert seen[3] == 1
    assert seen[-1] == 1
    assert len(bench.pipeline._ids) + len(bench.pipeline._older_ids) <= 6


class Slow(MemoryTopics):
    """Acknowledges a message only when it is told to, in any order."""

    def __init__(self) -> None:
        super().__init__({})
        self.open: list[Any] = []

    def publish(self, _topic: str, messages: list[dict[str, Any]], ticket: Any) -> None:
        ticket.outstanding += len(messages)
        self.open += [ticket] * len(messages)

    def publish_one(self, _topic: str, _message: Any, _headers: Any, ticket: Any) -> None:
        ticket.outstanding += 1
        self.open.append(ticket)

    def poll(self, timeout_s: float) -> None:
        """Do nothing: the test settles."""


def test_batches_are_acknowledged_in_order_and_only_when_all_of_them_is(
    encoders: Encoders, schemas: dict[str, str], now_ms: int, line: Line
) -> None:
    slow = Slow()
    bench = Bench(encoders, now_ms, schemas, publisher=slow)
    done: list[str] = []
    bench.pipeline.submit(batch(line(device_id="a"), b"garbage", acknowledge=lambda: done.append("first")))
    bench.pipeline.submit(batch(line(device_id="b"), acknowledge=lambda: done.append("second")))
    event, letter, second = slow.open
    second.outstanding -= 1
    bench.pipeline.poll()
    event.outstanding -= 1
    bench.pipeline.poll()
    assert done == []
    assert bench.counts == (3, 0, 0, 0)
    letter.outstanding -= 1
    bench.pipeline.poll()
    assert done == ["first", "second"]
    assert bench.counts == (3, 2, 1, 0)


@pytest.mark.parametrize("topic", ["iot.thermostat", "unrouted.dlq"])
def test_what_cannot_be_written_ends_the_run_and_nothing_after_it_is_acknowledged(
    topic: str, encoders: Encoders, schemas: dict[str, str], now_ms: int, line: Line
) -> None:
    bench = Bench(encoders, now_ms, schemas, publisher=MemoryTopics({name: 1 for name in TOPICS if name != topic}))
    done: list[int] = []
    bench.pipeline.submit(batch(line("charger"), acknowledge=lambda: done.append(1)))
    with pytest.raises(Unavailable, match=topic):
        bench.pipeline.submit(batch(line(), b"x", acknowledge=lambda: done.append(2)))
    with pytest.raises(Unavailable):
        bench.pipeline.submit(batch(line("charger"), acknowledge=lambda: done.append(3)))
    with pytest.raises(Unavailable):
        bench.pipeline.drain()
    assert done == [1]


def test_a_broker_that_stops_answering_ends_the_run(
    encoders: Encoders, schemas: dict[str, str], now_ms: int, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline_module, "IN_FLIGHT_MESSAGES", 3)
    bench = Bench(encoders, now_ms, schemas, publisher=Slow(), outlast=lambda goal, _: goal())
    bench.pipeline.submit(batch(*[line()] * 3))
    with pytest.raises(Unavailable, match="4 records were read and not acknowledged"):
        bench.pipeline.submit(batch(line()))


def test_large_records_in_flight_are_bounded_by_their_bytes(
    encoders: Encoders, schemas: dict[str, str], now_ms: int, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline_module, "IN_FLIGHT_BYTES", 3 * len(line()))
    bench = Bench(encoders, now_ms, schemas, publisher=Slow(), outlast=lambda goal, _: goal())
    bench.pipeline.submit(batch(*[line()] * 3))
    with pytest.raises(Unavailable, match="4 records"):
        bench.pipeline.submit(batch(line()))


def test_an_acknowledgement_that_is_late_is_an_outage_until_it_comes(
    encoders: Encoders, schemas: dict[str, str], now_ms: int, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow()
    bench = Bench(encoders, now_ms, schemas, publisher=slow)
    bench.pipeline.require_acknowledgements()
    bench.pipeline.submit(batch(line()))
    bench.pipeline.require_acknowledgements()
    monkeypatch.setattr(pipeline_module, "LATE_S", -1.0)
    with pytest.raises(Unavailable, match="acknowledged nothing"):
        bench.pipeline.require_acknowledgements()
    slow.open[0].outstanding = 0
    bench.pipeline.poll()
    bench.pipeline.require_acknowledgements()


def test_a_schema_that_is_not_registered_is_said_before_anything_is_read(schemas: dict[str, str]) -> None:
    class Nothing:
        def find(self, subject: str, schema: str) -> None:
            """Know nothing."""

        def schema_by_id(self, schema_id: int) -> None:
            """Know nothing."""

    with pytest.raises(Unavailable, match=r"scada\.measurement-value"):
        load_encoders(schemas, Nothing())


class Script:
    """A source that plays batches, and goes on with empty ones until it is stopped."""

    def __init__(self, *batches: Batch) -> None:
        self.pending = list(batches)
        self.stopped = False

    def batches(self) -> Iterator[Batch]:
        while not self.stopped:
            yield self.pending.pop(0) if self.pending else Batch((), str)

    def stop(self) -> None:
        self.stopped = True


@pytest.mark.parametrize("until", [Until(duration_s=0.05), Until(idle_s=0.05)])
def test_a_run_ends_by_duration_or_idleness_with_everything_acknowledged(
    until: Until, bench: Bench, line: Line
) -> None:
    source = Script(batch(line()), Batch((), str), batch(b"x"))
    moments: list[int] = []
    run(source, bench.pipeline, until, lambda: moments.append(1))
    assert source.stopped
    assert bench.counts == (2, 1, 1, 0)
    assert len(moments) > 3


def test_a_batch_is_stamped_by_the_age_that_the_table_has_then(
    encoders: Encoders, schemas: dict[str, str], now_ms: int, line: Line
) -> None:
    bench = Bench(encoders, now_ms, schemas)
    record = {"device_id": "a", "circuit_id": "c", "feeder_id": "f", "priority_level": PriorityLevel.DISCRETIONARY}
    bench.table.take("a", AssetRecord.model_validate({**record, "valid_from_ms": 0, "updated_at_ms": 0}))
    bench.pipeline.submit(batch(line(device_id="a")))
    bench.table.note_complete(-UNKNOWN_AFTER_S)
    bench.pipeline.submit(batch(line(device_id="a")))
    bench.pipeline.drain()
    levels = [event["priority_level"] for event in bench.events("iot.thermostat")]
    assert levels == ["DISCRETIONARY", "UNKNOWN"]


def test_a_check_that_fails_ends_the_run(bench: Bench, line: Line) -> None:
    def fail() -> None:
        raise Unavailable("the asset table no longer follows")

    with pytest.raises(Unavailable, match="asset table"):
        run(Script(batch(line())), bench.pipeline, Until(), fail)
