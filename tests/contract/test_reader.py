"""One suite for reading a topic to a fixed end: in memory, and on a broker (Apache Kafka in the real tier)."""

import time
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Producer

from gridctl.adapters.kafka.admin import KafkaTopics
from gridctl.adapters.kafka.reader import KafkaReader
from gridctl.errors import Unavailable
from gridctl.streams.reader import Place, RangedReader, Span, TopicAbsent, newest
from tests.running_stack import RunningStack
from tests.support.memory_topics import MemoryTopics
from tests.support.topics import own_topic

PARTITIONS = 2


class MemoryBench:
    """A topic in memory. Its time moves when it is asked for."""

    def __init__(self) -> None:
        self.topic = "test.t1"
        self.topics = MemoryTopics({self.topic: PARTITIONS})
        self._now_ms = 1_000

    def reader(self) -> RangedReader:
        return self.topics

    def append(self, partition: int, *values: bytes) -> None:
        for value in values:
            self.topics.append(Place(self.topic, partition), None, value, self._now_ms)

    def abort(self, partition: int, *values: bytes) -> None:
        """Leave offsets with nothing to see: the values, and the mark of the transaction that they were in."""
        self.topics.partitions[Place(self.topic, partition)] += [None] * (len(values) + 1)

    def now_ms(self) -> int:
        """Return a time that lies after what was appended and before what will be."""
        self._now_ms += 2
        return self._now_ms - 1


class KafkaBench:
    """A topic of this test alone on a broker."""

    def __init__(self, bootstrap: str) -> None:
        spec = own_topic(PARTITIONS)
        KafkaTopics(bootstrap, {}).create(spec)
        self.topic = spec.name
        self._bootstrap = bootstrap
        self.opened = KafkaReader(bootstrap, {})

    def reader(self) -> RangedReader:
        return self.opened

    def append(self, partition: int, *values: bytes) -> None:
        producer = Producer({"bootstrap.servers": self._bootstrap, "enable.idempotence": True})
        for value in values:
            producer.produce(self.topic, value, partition=partition)
        assert producer.flush(20) == 0

    def abort(self, partition: int, *values: bytes) -> None:
        settings = {"bootstrap.servers": self._bootstrap, "transactional.id": self.topic}
        producer = Producer(settings)
        producer.init_transactions(20)
        producer.begin_transaction()
        for value in values:
            producer.produce(self.topic, value, partition=partition)
        assert producer.flush(20) == 0
        producer.abort_transaction(20)
        # Kafka answers before it has marked the records; whoever begins next waits for the marks.
        Producer(settings).init_transactions(20)

    def now_ms(self) -> int:
        time.sleep(0.05)
        now_ms = time.time_ns() // 1_000_000
        time.sleep(0.05)
        return now_ms


Bench = MemoryBench | KafkaBench


@pytest.fixture(params=["memory", pytest.param("broker", marks=pytest.mark.stack)])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        yield MemoryBench()
        return
    made = KafkaBench(request.getfixturevalue("stack").bootstrap)
    yield made
    made.opened.close()


def values(bench: Bench, spans: dict[Place, Span]) -> list[bytes]:
    """Return what the spans hold, one partition after the other."""
    records = list(bench.reader().read(spans))
    in_order = sorted(records, key=lambda record: record.partition() or 0)  # stable: offsets stay as they came
    return [record.value() or b"" for record in in_order]


def test_all_of_it_is_read_in_the_order_of_each_partition(bench: Bench) -> None:
    bench.append(0, *[b"%d" % number for number in range(3_000)])
    bench.append(1, b"x")
    spans = bench.reader().spans([bench.topic])
    assert spans == {Place(bench.topic, 0): Span(0, 3_000), Place(bench.topic, 1): Span(0, 1)}
    assert values(bench, spans) == [*[b"%d" % number for number in range(3_000)], b"x"]
    assert values(bench, spans) == [*[b"%d" % number for number in range(3_000)], b"x"], "the second time too"


def test_a_span_is_read_and_nothing_before_or_behind_it(bench: Bench) -> None:
    bench.append(0, *[b"%d" % number for number in range(10)])
    assert values(bench, {Place(bench.topic, 0): Span(3, 6)}) == [b"3", b"4", b"5"]


def test_the_end_does_not_move(bench: Bench) -> None:
    bench.append(0, b"before")
    spans = bench.reader().spans([bench.topic])
    bench.append(0, b"after")
    bench.append(1, b"after")
    assert values(bench, spans) == [b"before"]


def test_an_empty_topic_has_an_end_too(bench: Bench) -> None:
    spans = bench.reader().spans([bench.topic])
    assert [span.first == span.end for span in spans.values()] == [True] * PARTITIONS
    assert values(bench, spans) == []


def test_a_topic_that_is_not_there_is_named(bench: Bench) -> None:
    with pytest.raises(TopicAbsent, match=r"no topic absent\.topic"):
        bench.reader().spans([bench.topic, "absent.topic"])


def test_times_bound_what_is_read(bench: Bench) -> None:
    bench.append(0, b"first")
    since_ms = bench.now_ms()
    bench.append(0, b"second")
    bench.append(1, b"other")
    until_ms = bench.now_ms()
    bench.append(0, b"third")
    spans = bench.reader().spans
    topics = [bench.topic]
    assert values(bench, spans(topics, since_ms=since_ms)) == [b"second", b"third", b"other"]
    assert values(bench, spans(topics, until_ms=until_ms)) == [b"first", b"second", b"other"]
    assert values(bench, spans(topics, since_ms=since_ms, until_ms=until_ms)) == [b"second", b"other"]
    assert values(bench, spans(topics, since_ms=until_ms, until_ms=since_ms)) == []
    assert values(bench, spans(topics, since_ms=bench.now_ms())) == []


def test_an_end_that_shows_nothing_is_reached(bench: Bench) -> None:
    bench.append(0, b"seen")
    bench.abort(0, b"a", b"b")
    spans = bench.reader().spans([bench.topic])
    assert spans[Place(bench.topic, 0)].end > 1
    assert values(bench, spans) == [b"seen"]


def test_the_newest_are_found_behind_offsets_that_show_nothing(bench: Bench) -> None:
    bench.append(0, *[b"%d" % number for number in range(100)])
    bench.abort(0, *[b"lost"] * 30)
    spans = bench.reader().spans([bench.topic])
    assert [record.value() for record in newest(bench.reader(), spans, 2)][-2:] == [b"98", b"99"]
    assert len(newest(bench.reader(), spans, 1_000)) == 100


@pytest.mark.stack
def test_what_was_aborted_can_be_read_where_it_is_asked_for(stack: RunningStack) -> None:
    bench = KafkaBench(stack.bootstrap)
    bench.append(0, b"seen")
    bench.abort(0, b"aborted")
    with KafkaReader(stack.bootstrap, {}, committed=False) as reader:
        assert [record.value() for record in reader.read(reader.spans([bench.topic]))] == [b"seen", b"aborted"]
    bench.opened.close()


@pytest.mark.parametrize(
    "ask", [lambda reader: reader.spans(["x.y"]), lambda reader: list(reader.read({Place("x.y", 0): Span(0, 1)}))]
)
def test_a_broker_that_is_not_there_is_named(
    ask: Callable[[RangedReader], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridctl.adapters.kafka.reader.ANSWER_TIMEOUT_S", 1)
    with KafkaReader("127.0.0.1:9", {}) as reader, pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
        ask(reader)
