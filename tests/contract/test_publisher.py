"""One suite for publishing, dead letters included: in memory, and on a broker (Apache Kafka in the real tier)."""

import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, Producer

from gridctl.adapters.kafka.admin import KafkaTopics
from gridctl.adapters.kafka.errors import error_of, failure_of, is_final
from gridctl.adapters.kafka.producer import KafkaPublisher
from gridctl.adapters.kafka.reader import KafkaReader
from gridctl.contracts.deadletter import DEAD_LETTER_SUBJECT, DeadLetter
from gridctl.deadletters.letter import DeadLetters, letter_of
from gridctl.deadletters.refusal import Refusal
from gridctl.deadletters.view import letter_row, stored_letters
from gridctl.errors import Unavailable, Unrecoverable
from gridctl.local.stack.model import read_stack
from gridctl.runtime.deadline import settle
from gridctl.streams.codec import FramedDecoder, framed_encoder
from gridctl.streams.publisher import Headers, Publisher, Receipt, Undelivered
from gridctl.streams.reader import RangedReader
from tests.running_stack import RunningStack
from tests.support.memory_registry import MemoryRegistry
from tests.support.memory_topics import MemoryTopics
from tests.support.paths import SCHEMAS
from tests.support.publishing import settled
from tests.support.topics import own_topic
from tests.support.wait import wait_until

LETTER_SCHEMA = (SCHEMAS / DEAD_LETTER_SUBJECT / "v2.avsc").read_text()
TOO_LONG = 1_500_000


class Bench:
    """A publisher, a topic of this test alone, and what that topic holds."""

    def __init__(self, publisher: Publisher, reader: RangedReader, topic: str) -> None:
        self.publisher = publisher
        self.reader = reader
        self.topic = topic

    def held(self) -> list[tuple[bytes | None, bytes | None]]:
        records = self.reader.read(self.reader.spans([self.topic]))
        return [(record.key(), record.value()) for record in records]


def made_topic(bootstrap: str) -> str:
    spec = own_topic(1)
    KafkaTopics(bootstrap, {}).create(spec)
    return spec.name


@pytest.fixture(params=["memory", pytest.param("broker", marks=pytest.mark.stack)])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        topics = MemoryTopics({"test.t": 1}, longest_bytes=1_048_588)
        yield Bench(topics, topics, "test.t")
        return
    bootstrap = request.getfixturevalue("stack").bootstrap
    topic = made_topic(bootstrap)
    with KafkaPublisher(bootstrap, {}, [topic]) as publisher, KafkaReader(bootstrap, {}) as reader:
        yield Bench(publisher, reader, topic)


def test_a_batch_is_there_once_it_is_acknowledged(bench: Bench) -> None:
    receipt = Receipt()
    bench.publisher.publish(bench.topic, [{"key": "d", "value": b"%d" % number} for number in range(500)], receipt)
    assert settled(bench.publisher, receipt).undelivered == []
    assert bench.held() == [(b"d", b"%d" % number) for number in range(500)]
    receipt.check("nothing came back", "")


def test_what_cannot_be_written_comes_back_as_it_was_with_its_reason(bench: Bench) -> None:
    long = os.urandom(TOO_LONG)
    receipt = Receipt()
    bench.publisher.publish(bench.topic, [{"key": "a", "value": long}, {"key": "b", "value": b"short"}], receipt)
    headers: Headers = [("gridstream.rule", b"r")]
    bench.publisher.publish_one(bench.topic, {"key": None, "value": long}, headers, receipt)
    batched, single = settled(bench.publisher, receipt).undelivered
    assert [_bytes(each.message["key"]) for each in (batched, single)] == [b"a", None]
    assert {each.message["value"] for each in (batched, single)} == {long}
    assert {(each.topic, each.is_final) for each in (batched, single)} == {(bench.topic, True)}
    assert (batched.headers, single.headers) == ([], headers)
    assert batched.reason
    assert bench.held() == [(b"b", b"short")]
    with pytest.raises(Unrecoverable, match=r"a record was not written: .* \(and 1 more\)"):
        receipt.check("a record was not written", "fix it")
    # What came back can be handed over again, by whatever kept it.
    again = Receipt()
    bench.publisher.publish_one(single.topic, single.message | {"value": b"cut"}, single.headers, again)
    assert settled(bench.publisher, again).undelivered == []
    assert bench.held()[-1] == (None, b"cut")


def _bytes(key: str | bytes | None) -> bytes | None:
    return key.encode() if isinstance(key, str) else key


def test_a_dead_letter_is_on_its_topic_once_it_is_settled(bench: Bench) -> None:
    registry = MemoryRegistry()
    registry.register(DEAD_LETTER_SUBJECT, LETTER_SCHEMA)
    encoder = framed_encoder(DEAD_LETTER_SUBJECT, LETTER_SCHEMA, registry)
    letters = DeadLetters(bench.publisher, encoder)

    def write(letter: DeadLetter) -> None:
        receipt = Receipt()
        letters.send(bench.topic, letter, receipt, trace=[])
        settle(bench.publisher, receipt, "a dead letter could not be written", "look")

    letter = letter_of(Refusal("DECODE", "bad_utf8", "no"), b"\xff", "kafka:t", now_ms=5, cap_bytes=10)
    write(letter)
    [found] = stored_letters(bench.reader, FramedDecoder(registry, LETTER_SCHEMA), [bench.topic])
    row = letter_row(found)
    assert (row["rule"], row["source"], row["attempt"], row["rejected_at_ms"]) == ("bad_utf8", "kafka:t", 1, 5)
    with pytest.raises(Unrecoverable, match="a dead letter could not be written"):
        write(letter.model_copy(update={"raw": os.urandom(TOO_LONG)}))


@pytest.mark.stack
def test_headers_arrive(stack: RunningStack) -> None:
    topic, receipt = made_topic(stack.bootstrap), Receipt()
    with KafkaPublisher(stack.bootstrap, {}, [topic]) as publisher, KafkaReader(stack.bootstrap, {}) as reader:
        publisher.publish_one(topic, {"key": None, "value": b"v"}, [("gridstream.rule", b"json_truncated")], receipt)
        settled(publisher, receipt)
        assert [record.headers() for record in reader.read(reader.spans([topic]))] == [
            [("gridstream.rule", b"json_truncated")]
        ]


def error_in(act: Callable[[], object]) -> KafkaException:
    with pytest.raises(KafkaException) as caught:
        act()
    return caught.value


@pytest.mark.stack
def test_a_producer_that_another_one_has_replaced_is_final(stack: RunningStack) -> None:
    topic = made_topic(stack.bootstrap)
    first, second = (
        Producer({"bootstrap.servers": stack.bootstrap, "transactional.id": topic, "log_level": 0}) for _ in range(2)
    )
    first.init_transactions(20)
    first.begin_transaction()
    first.produce(topic, b"x")
    first.flush(20)
    second.init_transactions(20)
    error = error_of(error_in(lambda: first.commit_transaction(20)))
    assert error is not None
    assert is_final(error), error
    assert isinstance(failure_of(stack.bootstrap, error), Unrecoverable)


def test_a_broker_that_does_not_answer_passes() -> None:
    with pytest.raises(Unavailable) as caught, KafkaPublisher("127.0.0.1:9", {}, ["t"]):
        pass
    assert not isinstance(caught.value, Unrecoverable)


def test_a_broker_that_is_not_asked_for_a_topic_gives_back_what_passes() -> None:
    receipt = Receipt()
    publisher = KafkaPublisher.__new__(KafkaPublisher)
    publisher._bootstrap, publisher._has_failed = "127.0.0.1:9", False
    publisher._producer = Producer({"bootstrap.servers": "127.0.0.1:9", "message.timeout.ms": 300, "log_level": 0})
    publisher.publish("t", [{"key": "a", "value": b"x"}], receipt)
    [given_back] = settled(publisher, receipt).undelivered
    assert not given_back.is_final
    with pytest.raises(Unavailable) as caught:
        receipt.check("not written", "wait")
    assert not isinstance(caught.value, Unrecoverable)


@pytest.mark.embedded
@pytest.mark.slow
def test_a_broker_that_forgot_the_producer_is_final_and_nothing_is_lost_in_silence(own_stack: RunningStack) -> None:
    """The embedded broker comes back without what it knew of the producer: the client's order cannot be kept."""
    topic, given_back = made_topic(own_stack.bootstrap), list[Undelivered]()
    stack = read_stack(own_stack.state_dir)
    assert stack is not None
    pid = next(part.processes[0].pid for part in stack.parts if part.name == "broker")
    command = Path(f"/proc/{pid}/cmdline").read_text().strip("\0").split("\0")

    def publish(value: bytes) -> list[Undelivered]:
        receipt = Receipt()
        publisher.publish(topic, [{"key": "d", "value": value}] * 10, receipt)
        return settled(publisher, receipt).undelivered

    def is_refused() -> bool:
        given_back.extend(publish(b"after"))
        return bool(given_back)

    with KafkaPublisher(own_stack.bootstrap, {}, [topic]) as publisher:
        assert publish(b"before") == []
        os.kill(pid, signal.SIGKILL)
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as again:
            try:
                wait_until(is_refused, otherwise=f"the broker takes it: {shlex.join(command)}")
            finally:
                again.terminate()
    assert {each.is_final for each in given_back} == {True}, given_back[0].reason
