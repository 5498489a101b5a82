"""Each class of lag in a situation that is built, on the embedded broker, and in the real tier on Apache Kafka."""

import time

import pytest

from gridctl.adapters.kafka.consumer import KafkaEvents
from gridctl.adapters.kafka.lag import KafkaLag
from gridctl.errors import Unavailable
from gridctl.lag.model import GroupLag, LagClass, PartitionLag
from gridctl.lag.source import Look, measurement_of
from tests.running_stack import RunningStack
from tests.support.lag import LagBench
from tests.support.wait import wait_until

pytestmark = [pytest.mark.stack]
PARTITIONS = 2
MANY = 1_000


class Bench(LagBench):
    """What `lag` says of the group."""

    def __init__(self, stack: RunningStack) -> None:
        super().__init__(stack.bootstrap, PARTITIONS)
        self.source = KafkaLag(stack.bootstrap, stack.kafka)

    def look(self) -> Look:
        return self.source.look([self.group], max_heads=MANY)

    def lag(self, earlier: Look | None = None) -> GroupLag:
        [found] = measurement_of(self.look(), earlier).groups
        return found


@pytest.fixture
def bench(stack: RunningStack) -> Bench:
    return Bench(stack)


def of(partition: PartitionLag) -> tuple[LagClass, int | None, int | None]:
    return partition.lag_class, partition.lag, partition.lost


def test_committed_and_never_committed(bench: Bench) -> None:
    bench.append(0, 10)
    bench.append(1, 7)
    bench.delete_before(1, 2)
    bench.commit(0, 4)
    found = bench.lag()
    assert list(map(of, found.partitions)) == [(LagClass.COMMITTED, 6, 0), (LagClass.NEVER_COMMITTED, 5, 0)]
    assert (found.lag, found.state, found.cause) == (11, "EMPTY", None)
    assert [(each.start, each.end, each.stable_end) for each in found.partitions] == [(0, 10, 10), (2, 7, 7)]


def test_retention_has_passed_the_commit(bench: Bench) -> None:
    bench.append(0, 10)
    bench.commit(0, 3)
    bench.delete_before(0, 8)
    assert of(bench.lag().partitions[0]) == (LagClass.RETENTION_LOST, 2, 5)


def test_a_consumer_that_stands_still(bench: Bench) -> None:
    bench.append(0, 10)
    bench.append(1, 10)
    bench.commit(0, 3)
    bench.commit(1, 3)
    before = bench.look()
    bench.commit(1, 4)
    found = bench.lag(before)
    assert [each.lag_class for each in found.partitions] == [LagClass.STALLED, LagClass.COMMITTED]
    assert (found.partitions[0].cause or "").startswith("no progress in ")


def test_an_open_transaction_is_between_the_stable_end_and_the_end(bench: Bench) -> None:
    bench.append(0, 5)
    bench.commit(0, 5)
    with bench.open_transaction(0):
        before = bench.look()
        bench.append(0, 3)
        found = bench.lag(before).partitions[0]
    assert (found.committed, found.stable_end, found.end, found.lag) == (5, 5, 9, 4)
    assert found.lag_class is LagClass.STALLED
    assert "an open transaction at offset 5 holds back 4 offsets, for at least" in (found.cause or "")


def test_marks_of_transactions_are_offsets_but_nothing_waits(bench: Bench) -> None:
    with bench.open_transaction(0):
        pass
    bench.commit(0, 1)  # behind the record, before the mark
    wait_until(lambda: bench.lag().partitions[0].end == 2)  # it is written a moment after the producer is told
    found = bench.lag().partitions[0]
    assert (found.lag, found.time_lag_s) == (1, 0.0)


def test_the_time_lag_is_the_age_of_the_oldest_record_that_waits(bench: Bench) -> None:
    before_s = time.time()
    bench.append(0, 1)
    after_s = time.time()
    time.sleep(0.3)
    bench.append(0, 1)
    bench.append(1, 1)
    bench.commit(0, 0)
    bench.commit(1, 1)
    old, none = bench.lag().partitions
    assert old.time_lag_s is not None
    assert old.time_lag_error_s is not None
    since_s = old.measured_ms / 1000 - old.time_lag_s
    assert before_s - 0.002 <= since_s <= after_s + 0.002
    assert 0 < old.time_lag_error_s < 5
    assert none.time_lag_s == 0.0
    assert measurement_of(bench.source.look([bench.group])).groups[0].time_lag_s is None, "it was not asked for"


def test_a_commit_beyond_the_end_is_unknown(bench: Bench) -> None:
    bench.append(0, 5)
    bench.commit(0, 6)
    found = bench.lag()
    assert of(found.partitions[0]) == (LagClass.UNKNOWN, None, None)
    assert found.lag is None
    assert "the commit 6 lies beyond the log's end 5" in (found.partitions[0].cause or "")


def test_a_group_that_is_not_there(bench: Bench) -> None:
    found = bench.lag()
    assert (found.state, found.lag, found.cause, found.partitions) == ("DEAD", None, "there is no such group", ())


def test_a_topic_that_the_group_does_not_read(bench: Bench) -> None:
    bench.commit(0, 0)
    [found] = measurement_of(bench.source.look([bench.group], ["iot.thermostat"])).groups
    assert (found.lag, found.partitions) == (None, ())
    assert "no commit and no member" in (found.cause or "")
    assert bench.group not in [each.group for each in bench.source.look(None, ["iot.thermostat"]).groups]


def test_members_and_what_they_have_not_committed(bench: Bench, stack: RunningStack) -> None:
    bench.append(0, 3)
    with KafkaEvents(stack.bootstrap, stack.kafka, group=bench.group, topics=[bench.topic]) as events:
        wait_until(lambda: events.batch(10))
        found = bench.lag()
        assert found.state == "STABLE"
        [member] = found.members
        assert [place.partition for place in member.places] == [0, 1]
        assert [each.lag_class for each in found.partitions] == [LagClass.NEVER_COMMITTED] * 2
        everything = bench.source.look(None, [bench.topic])
        assert [(each.group, each.state, len(each.members)) for each in everything.groups] == [
            (bench.group, "STABLE", 1)
        ]


def test_no_broker_is_not_a_lag() -> None:
    with pytest.raises(Unavailable):
        KafkaLag("127.0.0.1:1", {}).look()
