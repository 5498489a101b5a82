"""One suite for the Kafka adapters: on the embedded broker, and in the real tier on a cluster of Apache Kafka."""

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pytest
from confluent_kafka import ConsumerGroupState, Producer
from confluent_kafka.admin import AdminClient

from gridctl.adapters.kafka.admin import KafkaTopics
from gridctl.adapters.kafka.consumer import KafkaEvents
from gridctl.adapters.kafka.producer import KafkaPublisher
from gridctl.contracts.topics import TopicCatalogue, TopicSpec
from gridctl.errors import Unavailable
from gridctl.governance.topics import LiveTopic, apply, plan
from gridctl.streams.publisher import Message, Receipt
from tests.running_stack import RunningStack
from tests.support.publishing import settled
from tests.support.topics import own_topic
from tests.support.wait import wait_until

pytestmark = [pytest.mark.stack]
LOG_APPEND_TIME = 2
PARTITIONS = 4

Publish = Callable[..., Receipt]


@pytest.fixture
def spec() -> TopicSpec:
    """A topic of this test alone."""
    return own_topic(PARTITIONS)


@pytest.fixture
def topic(stack: RunningStack, spec: TopicSpec) -> str:
    KafkaTopics(stack.bootstrap, {}).create(spec)
    brokers = [KafkaTopics(address, stack.kafka) for address in stack.bootstrap.split(",")]
    wait_until(lambda: all(spec.name in broker.topics() for broker in brokers))  # each hears of it a moment later
    return spec.name


@pytest.fixture
def publish(stack: RunningStack, topic: str) -> Iterator[Publish]:
    with KafkaPublisher(stack.bootstrap, {}, frozenset({topic})) as publisher:
        yield partial(sent, publisher, topic)


def sent(publisher: KafkaPublisher, topic: str, messages: list[Message]) -> Receipt:
    """Publish and wait for the acknowledgements."""
    receipt = Receipt()
    publisher.publish(topic, messages, receipt)
    return settled(publisher, receipt)


def numbered(count: int) -> list[Message]:
    return [{"key": f"d-{number}", "value": str(number).encode()} for number in range(count)]


def member(stack: RunningStack, topic: str, group: str, instance_id: str | None = None) -> KafkaEvents:
    return KafkaEvents(stack.bootstrap, stack.kafka, group=group, topics=[topic], instance_id=instance_id)


def read(events: KafkaEvents, count: int, timeout_s: float = 30) -> list[bytes]:
    """Return the values of the next records, at least `count` unless the time is over."""
    found: list[bytes] = []
    deadline_s = time.monotonic() + timeout_s
    while len(found) < count and time.monotonic() < deadline_s:
        found += [record.value() or b"" for record in events.batch(500)]
    return found


def test_a_created_topic_is_as_declared(stack: RunningStack, spec: TopicSpec, topic: str) -> None:
    live = KafkaTopics(stack.bootstrap, {}).topics()
    assert plan(TopicCatalogue(topic=[spec]), {topic: live[topic]}) == []


def test_drift_is_seen_and_mended(stack: RunningStack, spec: TopicSpec, topic: str) -> None:
    admin = KafkaTopics(stack.bootstrap, {})
    changed = TopicCatalogue(topic=[spec.model_copy(update={"retention_ms": 1_000_000, "partitions": PARTITIONS + 2})])
    mine = {topic: admin.topics()[topic]}
    assert [change.action for change in plan(changed, mine)] == ["add_partitions", "set_config"]
    admin.add_partitions(topic, PARTITIONS + 2)
    admin.set_config(topic, {"retention.ms": "1000000"})
    wait_until(lambda: plan(changed, {topic: admin.topics()[topic]}) == [])  # a cluster shows it a moment later


def test_applying_twice_changes_nothing(stack: RunningStack, spec: TopicSpec) -> None:
    class Mine(KafkaTopics):
        """Sees only the topic of this test."""

        def topics(self) -> dict[str, LiveTopic]:
            return {name: topic for name, topic in super().topics().items() if name == spec.name}

    catalogue, admin = TopicCatalogue(topic=[spec]), Mine(stack.bootstrap, {})
    assert [change.action for change in apply(catalogue, admin)] == ["create"]
    admin.create(spec)  # as one who was slower does
    # Another broker of the cluster may hear of the topic a moment later.
    wait_until(lambda: apply(catalogue, admin) == [])


def test_what_is_acknowledged_can_be_read_in_the_order_of_each_key(
    stack: RunningStack, topic: str, publish: Publish
) -> None:
    sent = [{"key": f"d-{number % 7}", "value": str(number).encode()} for number in range(2_000)]
    ticket = publish(sent)
    assert (ticket.outstanding, ticket.undelivered) == (0, [])
    with member(stack, topic, topic) as events:
        values = read(events, len(sent))
    assert sorted(values, key=int) == [message["value"] for message in sent]
    for key in range(7):
        mine = [int(value) for value in values if int(value) % 7 == key]
        assert mine == sorted(mine)


@pytest.mark.embedded
def test_a_backlog_beyond_the_clients_usual_limit_of_an_answer_is_read(own_stack: RunningStack) -> None:
    topic, value = "iot.thermostat.dlq", os.urandom(2_000_000)
    with KafkaPublisher(own_stack.bootstrap, {}, frozenset({topic})) as publisher:
        for _ in range(52):
            assert sent(publisher, topic, [{"key": "d-1", "value": value}]).undelivered == []
    with member(own_stack, topic, topic) as events:
        assert len(read(events, 52)) == 52


def test_record_time_is_the_brokers(stack: RunningStack, topic: str) -> None:
    before_ms = time.time_ns() // 1_000_000
    producer = Producer({"bootstrap.servers": stack.bootstrap})
    producer.produce(topic, b"1", timestamp=1_000)
    assert producer.flush(20) == 0
    with member(stack, topic, topic) as events:
        times: list[tuple[int, int]] = []
        while not times:
            times += [record.timestamp() for record in events.batch(10)]
    [(kind, at_ms)] = times
    assert kind == LOG_APPEND_TIME
    assert at_ms >= before_ms - 1_000


def test_a_topic_that_is_not_there_is_named(stack: RunningStack) -> None:
    with pytest.raises(Unavailable, match=r"no topic absent\.topic"):
        KafkaPublisher(stack.bootstrap, {}, frozenset({"absent.topic"}))
    with pytest.raises(Unavailable, match=r"no topic absent\.topic"):
        member(stack, "absent.topic", "g")


def test_what_was_not_committed_comes_again_and_what_was_does_not(
    stack: RunningStack, topic: str, publish: Publish
) -> None:
    publish(numbered(100))
    with member(stack, topic, topic) as events:
        assert len(read(events, 100)) == 100
    with member(stack, topic, topic) as events:
        assert len(read(events, 100)) == 100, "the first member committed nothing"
        assert not events.is_drained()
        events.commit()
        wait_until(events.is_drained)
    publish(numbered(5))
    with member(stack, topic, topic) as events:
        assert len(read(events, 5)) == 5


def test_a_group_without_assignment_is_not_drained(stack: RunningStack, topic: str, publish: Publish) -> None:
    publish(numbered(10))
    with member(stack, topic, topic) as events:
        assert not events.is_drained()


def test_a_group_that_waits_for_a_member_that_hangs_is_not_drained(
    stack: RunningStack, topic: str, publish: Publish
) -> None:
    """Until the session of the one that hangs is over the broker answers the other's join only, and that late."""
    publish(numbered(10))
    admin = AdminClient({"bootstrap.servers": stack.bootstrap})
    with stack.start("process", "--group", topic) as hanging:
        try:
            group = admin.describe_consumer_groups
            wait_until(lambda: group([topic])[topic].result().state == ConsumerGroupState.STABLE)
            hanging.send_signal(signal.SIGSTOP)
            with member(stack, topic, topic) as late:
                until_s = time.monotonic() + 9
                while time.monotonic() < until_s:
                    late.batch(10)
                    assert not late.is_drained()
        finally:
            hanging.kill()


def test_an_empty_topic_is_drained(stack: RunningStack, topic: str) -> None:
    with member(stack, topic, topic) as events:
        assert events.is_drained()


@contextmanager
def reading(events: KafkaEvents) -> Iterator[list[tuple[bytes, int]]]:
    """Read and commit in a thread, as each member does in its own process; yield value and partition of each record.

    A commit waits on the broker while the group is being arranged, so no two members may wait for one another.
    """
    seen: list[tuple[bytes, int]] = []
    over = threading.Event()

    def loop() -> None:
        while not over.is_set():
            records = events.batch(500)
            if records:
                events.commit()
            seen.extend((record.value() or b"", record.partition() or 0) for record in records)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(loop)
        try:
            yield seen
        finally:
            over.set()
            running.result(60)


def test_two_members_share_the_partitions(stack: RunningStack, topic: str, publish: Publish) -> None:
    with (
        member(stack, topic, topic) as first,
        member(stack, topic, topic) as second,
        reading(first) as of_first,
        reading(second) as of_second,
    ):

        def is_shared() -> bool:
            this_round = uuid.uuid4().hex.encode()
            publish([{"key": f"d-{number}", "value": this_round} for number in range(40)])

            def places() -> list[list[int]]:
                return [[place for value, place in seen if value == this_round] for seen in (of_first, of_second)]

            wait_until(lambda: sum(map(len, places())) >= 40)
            mine, others = map(set, places())
            return bool(mine and others) and mine | others == set(range(PARTITIONS)) and not mine & others

        wait_until(is_shared, 60, otherwise="they never had different partitions")


def test_a_static_member_that_comes_back_has_its_partitions_at_once(
    stack: RunningStack, topic: str, publish: Publish
) -> None:
    publish(numbered(40))
    first = member(stack, topic, topic, "one")
    assert len(read(first, 40)) == 40
    first.close()  # a static member does not leave the group, as one that was killed does not
    started_s = time.monotonic()
    with member(stack, topic, topic, "one") as again:
        assert len(read(again, 40)) == 40
        took_s = time.monotonic() - started_s
    assert took_s < 30, "it waited for the session of its former self to time out"


def test_a_broker_that_is_not_there_is_named_within_ten_seconds() -> None:
    started_s = time.monotonic()
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
        KafkaTopics("127.0.0.1:9", {}).topics()
    assert time.monotonic() - started_s < 25, "10 s on a machine that is not busy"
