"""The lag of 1,000 groups of 10 partitions beside kafka-consumer-groups, on Apache Kafka: whole commands, same numbers.

Both are timed as a user calls them, start of the process included, one after the other in each round. Without Java and
Maven nothing is measured.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from gridctl.errors import GridctlError
from gridctl.local.stack.kafka import java, libraries

GRIDCTL = Path(sys.executable).parent / "gridctl"
TOPIC = "bench.lag"
PARTITIONS, RECORDS, PENDING = 10, 2_000, 100
TOOL = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"

Lags = dict[tuple[str, int], int]


@contextmanager
def kafka(directory: Path, brokers: int) -> Iterator[str]:
    """Yield the address of a fresh cluster."""
    environment = {**os.environ, "GRIDCTL_STATE_DIR": str(directory)}
    up = [str(GRIDCTL), "up", "--broker", "kafka", "--brokers", str(brokers)]
    subprocess.run(up, env=environment, check=True, capture_output=True)
    try:
        status = subprocess.run([GRIDCTL, "status", "-o", "json"], env=environment, check=True, capture_output=True)
        yield {part["name"]: part["address"] for part in json.loads(status.stdout)["parts"]}["broker"]
    finally:
        subprocess.run([GRIDCTL, "down"], env=environment, check=True, capture_output=True)


def fill(bootstrap: str, groups: int) -> Lags:
    """Make a topic with records and a commit of every group in every partition; return the lags that follow."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.create_topics([NewTopic(TOPIC, PARTITIONS)]).values():
        future.result()
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 20})
    for number in range(RECORDS * PARTITIONS):
        producer.produce(TOPIC, b"x" * 100, partition=number % PARTITIONS)
        producer.poll(0)
    assert producer.flush(60) == 0
    draws, pending = random.Random(7), []
    lags: Lags = {}
    for number in range(groups):
        group = f"bench-{number:04}"
        commits = [draws.randrange(RECORDS + 1) for _ in range(PARTITIONS)]
        lags |= {(group, partition): RECORDS - commit for partition, commit in enumerate(commits)}
        places = [TopicPartition(TOPIC, partition, commit) for partition, commit in enumerate(commits)]
        request = [ConsumerGroupTopicPartitions(group, places)]
        pending.append(admin.alter_consumer_group_offsets(request)[group])
        if len(pending) == PENDING:
            for future in pending:
                future.result()
            pending.clear()
    for future in pending:
        future.result()
    return lags


def timed(command: Sequence[str]) -> tuple[float, str]:
    """Return the wall seconds of a command and its stdout."""
    begun_s = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.perf_counter() - begun_s, done.stdout


def ours(printed: str) -> Lags:
    return {
        (group["group"], partition["partition"]): partition["lag"]
        for group in json.loads(printed)["groups"]
        for partition in group["partitions"]
    }


def theirs(printed: str) -> Lags:
    """Return GROUP, PARTITION and LAG of the tool's rows."""
    rows = (line.split() for line in printed.splitlines())
    return {(row[0], int(row[2])): int(row[5]) for row in rows if len(row) > 5 and row[1] == TOPIC}


def main() -> None:
    """Start Kafka, fill it, and print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=1_000)
    parser.add_argument("--brokers", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    try:
        tool = [str(java()), "-cp", f"{libraries()}/*", TOOL]
    except GridctlError as error:
        print(f"lag: not measured: {error}", file=sys.stderr)
        return
    with (
        tempfile.TemporaryDirectory(prefix="gridstream-bench-lag-") as directory,
        kafka(Path(directory), given.brokers) as at,
    ):
        lags = fill(at, given.groups)
        own = [str(GRIDCTL), "-X", f"bootstrap={at}", "lag", "show", "-o", "json"]
        peer = [*tool, "--bootstrap-server", at, "--all-groups", "--describe"]
        seconds: dict[str, list[float]] = {"gridctl lag show": [], "kafka-consumer-groups": []}
        for number in range(given.rounds):
            print(f"\rlag: round {number + 1}/{given.rounds}", end="", file=sys.stderr, flush=True)
            for name, command, read in (("gridctl lag show", own, ours), ("kafka-consumer-groups", peer, theirs)):
                took_s, printed = timed(command)
                seconds[name].append(took_s)
                if read(printed) != lags:
                    sys.exit(f"\n{name} printed other numbers than the {len(lags)} that were made")
        print(file=sys.stderr)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    print(
        f"lag of {given.groups} groups x {PARTITIONS} partitions, {given.brokers} broker(s), same {len(lags)} numbers"
    )
    for name, values in seconds.items():
        print(f"  {name:22} {medians[name]:6.2f} s wall, process start included [{min(values):.2f}-{max(values):.2f}]")
    print(f"  ratio {medians['kafka-consumer-groups'] / medians['gridctl lag show']:.1f} x")


if __name__ == "__main__":
    main()
