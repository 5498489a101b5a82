"""What `lag` says in each situation beside what kafka-consumer-groups prints for the same, on Apache Kafka."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from gridctl.adapters.kafka.coordinators import OFFSETS_TOPIC, partition_of
from gridctl.adapters.kafka.lag import KafkaLag
from gridctl.adapters.probes import PROBES
from gridctl.lag.model import GroupLag, LagClass
from gridctl.lag.source import Look, measurement_of
from gridctl.local.stack import kafka
from gridctl.local.stack.processes import stop
from tests.running_stack import RunningStack
from tests.support.lag import LagBench
from tests.support.wait import wait_until

pytestmark = [pytest.mark.real]
TOOL = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"

Row = tuple[str, str, str]


def printed(bootstrap: str, *groups: str) -> subprocess.CompletedProcess[str]:
    """Return what kafka-consumer-groups prints of groups."""
    named = [word for group in groups for word in ("--group", group)]
    command = [
        str(kafka.java()),
        "-cp",
        f"{kafka.libraries()}/*",
        TOOL,
        "--bootstrap-server",
        bootstrap,
        "--describe",
        *named,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


def rows(bootstrap: str, *groups: str) -> dict[str, list[Row]]:
    """Return the tool's CURRENT-OFFSET, LOG-END-OFFSET and LAG of each group's partitions, in order."""
    found: dict[str, list[tuple[int, Row]]] = {}
    for words in map(str.split, printed(bootstrap, *groups).stdout.splitlines()):
        if len(words) > 5 and words[0] in groups:
            found.setdefault(words[0], []).append((int(words[2]), (words[3], words[4], words[5])))
    return {group: [row for _, row in sorted(each)] for group, each in found.items()}


def look(bench: LagBench) -> Look:
    return KafkaLag(bench.bootstrap, {}).look([bench.group], max_heads=100)


def lag(bench: LagBench, earlier: Look | None = None) -> GroupLag:
    [found] = measurement_of(look(bench), earlier).groups
    return found


def test_each_class_beside_the_tool_of_kafka(stack: RunningStack) -> None:
    committed, lost, stuck, gone = (LagBench(stack.bootstrap) for _ in range(4))
    for bench in (committed, lost, stuck):
        bench.append(0, 10)
        bench.append(1, 10)
        bench.commit(0, 3)
    lost.delete_before(0, 8)
    with stuck.open_transaction(1):
        stuck.commit(1, 10)
        before = look(stuck)
        stuck.append(1, 4)
        held = lag(stuck, before)
        theirs = rows(stack.bootstrap, committed.group, lost.group, stuck.group)
    first, second = lag(committed).partitions
    assert (first.lag_class, first.lag) == (LagClass.COMMITTED, 7)
    assert theirs[committed.group] == [("3", "10", "7")], "the tool leaves out what was never committed"
    assert (second.lag_class, second.lag) == (LagClass.NEVER_COMMITTED, 10)
    gap = lag(lost).partitions[0]
    assert (gap.lag_class, gap.lag, gap.lost) == (LagClass.RETENTION_LOST, 2, 5)
    assert theirs[lost.group][0] == ("3", "10", "7"), "the tool counts what is gone for ever"
    stalled, behind = held.partitions
    assert (stalled.lag_class, behind.lag_class) == (LagClass.STALLED, LagClass.STALLED)
    assert (behind.lag, behind.stable_end, behind.end) == (5, 10, 15)
    assert "an open transaction at offset 10 holds back 5 offsets" in (behind.cause or "")
    assert theirs[stuck.group][1] == ("10", "15", "5"), "the tool does not say why"
    nobody = lag(gone)
    assert (nobody.state, nobody.lag, nobody.cause) == ("DEAD", None, "there is no such group")
    answer = printed(stack.bootstrap, gone.group)
    assert f"Group {gone.group} not found" in answer.stdout


@contextmanager
def cluster(directory: Path) -> Iterator[tuple[str, list[int]]]:
    """Yield the address of three brokers of this test alone, and their process ids in the order of their numbers."""
    part = kafka.cluster(directory, 3)
    try:
        wait_until(lambda: _answers(part.address), 60)
        wait_until(
            lambda: len(AdminClient({"bootstrap.servers": part.address}).list_topics(timeout=5).brokers) == 3, 60
        )
        yield part.address, [process.pid for process in part.processes]
    finally:
        for process in part.processes:
            os.kill(process.pid, signal.SIGCONT)
        stop(part.processes)


def _answers(address: str) -> bool:
    try:
        PROBES["broker"](address)
    except Exception:  # noqa: BLE001 -- whatever it is, it does not answer yet
        return False
    return True


def _led(admin: AdminClient, topic: str) -> int:
    """Return how many partitions of a topic have a leader, as the cluster shows it."""
    shown = admin.list_topics(timeout=10).topics.get(topic)
    return 0 if shown is None else sum(each.leader >= 0 for each in shown.partitions.values())


@pytest.mark.timeout(300)
def test_a_broker_that_hangs_hides_only_its_own_part(tmp_path: Path) -> None:
    with cluster(tmp_path) as (address, pids):
        bench = LagBench(address, 6)
        single = f"{bench.topic}.single"  # one copy of each partition: nobody takes over from a broker that is away
        bench.admin.create_topics([NewTopic(single, 6, 1)])[single].result(20)
        wait_until(lambda: _led(bench.admin, single) == 6)
        bench.topic = single
        for partition in range(6):
            bench.append(partition, 5)
            bench.commit(partition, 2)
        known = bench.admin.list_topics(timeout=10).topics
        offsets = known[OFFSETS_TOPIC].partitions
        coordinator = offsets[partition_of(bench.group, len(offsets))].leader
        away = next(number for number in (1, 2, 3) if number != coordinator)
        unknown = {number for number, each in known[single].partitions.items() if each.leader == away}
        assert 0 < len(unknown) < 6
        os.kill(pids[away - 1], signal.SIGSTOP)
        _hidden_by(bench, away, unknown)
        os.kill(pids[away - 1], signal.SIGCONT)
        wait_until(lambda: lag(bench).lag == 18, 60)
        os.kill(pids[coordinator - 1], signal.SIGSTOP)
        _coordinator_away(bench, coordinator)


def _hidden_by(bench: LagBench, away: int, unknown: set[int]) -> None:
    begun_s = time.monotonic()
    found = lag(bench)
    assert time.monotonic() - begun_s < 30
    assert {each.place.partition for each in found.partitions if each.lag is None} == unknown
    assert (found.lag, found.lag_is_at_least) == (None, 3 * (6 - len(unknown)))
    [cause] = {each.cause for each in found.partitions if each.lag is None}
    assert cause in {f"broker {away}, which leads it: no answer in time", "it has no leader"}


def _coordinator_away(bench: LagBench, coordinator: int) -> None:
    """The group is not known, and this process goes on: the client would end it on a question to the coordinator."""
    begun_s = time.monotonic()
    found = lag(bench)
    assert time.monotonic() - begun_s < 30
    assert found.lag is None
    causes = (found.cause or "") + "".join(each.cause or "" for each in found.partitions)
    assert f"broker {coordinator}, which leads it: no answer in time" in causes or "it has no leader" in causes
    every = KafkaLag(bench.bootstrap, {}).look()
    assert not measurement_of(every).is_known
