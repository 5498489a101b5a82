"""Which groups cannot be asked for, because the broker that coordinates them does not answer.

It is found out beforehand, with a question that is not for the coordinator: the client (librdkafka 2.16) ends the whole
process where a broker stops answering between being found as a coordinator and being asked
(https://github.com/confluentinc/librdkafka/issues/4605).
"""

from collections.abc import Iterable

from confluent_kafka.admin import AdminClient

# The package names this without exporting it, which strict typing takes at its word.
from confluent_kafka.admin._metadata import ClusterMetadata

from gridctl.adapters.kafka.log_ends import log_ends
from gridctl.streams.reader import Place

OFFSETS_TOPIC = "__consumer_offsets"


def groups_away(client: AdminClient, cluster: ClusterMetadata, groups: Iterable[str], limit_s: float) -> dict[str, str]:
    """Return why a group cannot be asked for, by its name; nothing where a cluster does not show where its groups are.

    A group is coordinated by the leader of a partition of the offsets topic, the one that its hash names.
    """
    topic = cluster.topics.get(OFFSETS_TOPIC)
    if topic is None or not topic.partitions:
        return {}
    one_of = {partition.leader: number for number, partition in topic.partitions.items()}
    asked = log_ends(client, cluster, [Place(OFFSETS_TOPIC, number) for number in one_of.values()], limit_s)
    problems = {leader: asked[Place(OFFSETS_TOPIC, number)].problem for leader, number in one_of.items()}
    found = ((group, topic.partitions.get(partition_of(group, len(topic.partitions)))) for group in groups)
    return {
        group: f"the group's coordinator cannot be asked: {problem}"
        for group, partition in found
        if partition is not None and (problem := problems[partition.leader]) is not None
    }


def partition_of(group: str, partitions: int) -> int:
    """Return the partition of the offsets topic that a group's commits are in: by Java's hash of its name."""
    code = 0
    encoded = group.encode("utf-16-be")
    for high, low in zip(encoded[::2], encoded[1::2], strict=True):
        code = (31 * code + (high << 8 | low)) & 0xFFFFFFFF
    return (code & 0x7FFFFFFF) % partitions
