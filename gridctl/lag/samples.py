"""A measurement as metrics: kafka_exporter's names and meaning, and what it has no name for.

What is not known has no value: the sample says why. kafka_exporter (danielqsj, v1.9) writes -1 or 0 there.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from gridctl.lag.model import GroupLag, LagClass, PartitionLag
from gridctl.lag.series import LAG, LAG_CLASS, LAG_SECONDS, MEASURED
from gridctl.lag.source import Measurement

LAG_SUM = "kafka_consumergroup_lag_sum"

HELP: Mapping[str, str] = {
    "kafka_brokers": "Number of brokers in the cluster",
    "kafka_consumergroup_members": "Number of members of the group",
    "kafka_consumergroup_current_offset": "Committed offset of the group; absent where it never committed",
    LAG: "Offsets up to the high watermark that the group has not committed; absent where unknown",
    LAG_SUM: "Sum over the topic's partitions; absent where a partition is unknown",
    "kafka_topic_partition_current_offset": "High watermark of the partition",
    "kafka_topic_partition_oldest_offset": "First offset that the log holds",
    LAG_SECONDS: "Age of the oldest record that waits; absent where it was not measured",
    "gridstream_consumergroup_lost": "Offsets that retention took before the group had committed them",
    LAG_CLASS: "1 for the class that the lag is of",
    MEASURED: "When the lag was measured, in epoch seconds",
}
_OF_GROUPS = tuple(name for name in HELP if "consumergroup" in name)


class Sample(NamedTuple):
    """One value of a metric; the first of a measurement is when it was made.

    `value` is None where it is not known; `cause` says why then. Labels that are not known either are missing: an
    unknown group's sample has no topic and no partition.
    """

    name: str
    labels: Mapping[str, str]
    value: float | None
    measured_ms: int
    cause: str = ""


def samples(measurement: Measurement, measured_ms: int) -> Iterator[Sample]:
    """Yield the samples of a measurement."""
    yield Sample(MEASURED, {}, measured_ms / 1000, measured_ms)
    if measurement.brokers is not None:
        yield Sample("kafka_brokers", {}, measurement.brokers, measured_ms)
    if measurement.cause is not None:
        for name in _OF_GROUPS:
            yield Sample(name, {}, None, measured_ms, measurement.cause)
    for group in measurement.groups:
        yield from _of_group(group, measured_ms)
    yield from _logs(measurement)


def _of_group(group: GroupLag, measured_ms: int) -> Iterator[Sample]:
    labels = {"consumergroup": group.group}
    if group.cause is None:
        yield Sample("kafka_consumergroup_members", labels, len(group.members), measured_ms)
    else:
        for name in _OF_GROUPS:
            yield Sample(name, labels, None, measured_ms, group.cause)
    for topic, listed in groupby(group.partitions, key=lambda each: each.place.topic):
        partitions = list(listed)
        for each in partitions:
            yield from _of_partition(each, {**labels, "topic": topic, "partition": str(each.place.partition)})
        of_topic = {**labels, "topic": topic}
        unknown = next((each for each in partitions if each.lag is None), None)
        cause = group.cause or (unknown and f"partition {unknown.place.partition}: {unknown.cause}")
        total = None if cause else sum(each.lag or 0 for each in partitions)
        yield Sample(LAG_SUM, of_topic, total, measured_ms, cause or "")


def _of_partition(each: PartitionLag, labels: Mapping[str, str]) -> Iterator[Sample]:
    at_ms, cause = each.measured_ms, each.cause or "not known"
    yield Sample(LAG, labels, each.lag, at_ms, cause)
    yield Sample(LAG_CLASS, {**labels, "class": each.lag_class.value}, 1, at_ms)
    yield Sample(LAG_SECONDS, labels, each.time_lag_s, at_ms, "the age was not measured")
    if each.committed is not None:
        yield Sample("kafka_consumergroup_current_offset", labels, each.committed, at_ms)
    if each.lag_class is not LagClass.UNKNOWN and each.lost is not None:
        yield Sample("gridstream_consumergroup_lost", labels, each.lost, at_ms)


def _logs(measurement: Measurement) -> Iterator[Sample]:
    """Yield the ends of each log once, as the last group saw them."""
    newest = {each.place: each for group in measurement.groups for each in group.partitions if each.end is not None}
    for place, each in sorted(newest.items()):
        labels = {"topic": place.topic, "partition": str(place.partition)}
        yield Sample("kafka_topic_partition_current_offset", labels, each.end, each.measured_ms)
        if each.start is not None:
            yield Sample("kafka_topic_partition_oldest_offset", labels, each.start, each.measured_ms)
