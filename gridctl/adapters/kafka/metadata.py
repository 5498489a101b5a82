"""What a cluster says of itself; the first thing that every client asks, and where it is seen that none is there."""

import socket
from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

# The package names these without exporting them, which strict typing takes at its word.
from confluent_kafka.admin._metadata import ClusterMetadata

from gridctl.adapters.kafka.config import Overrides, client_config
from gridctl.adapters.kafka.errors import ANSWER_TIMEOUT_S, translated
from gridctl.streams.reader import TopicAbsent

PATIENCE_S = 1.0
PING_TIMEOUT_S = 2.0


def metadata_of(
    client: Producer | Consumer | AdminClient, bootstrap: str, timeout_s: float = ANSWER_TIMEOUT_S
) -> ClusterMetadata:
    """Ask for the metadata of all topics; raise KafkaException when no broker answers.

    The client tries again until the time is over, also where nothing listens. When it has no answer soon, every address
    is asked once whether anything does, and nobody waits for the rest.
    """
    try:
        return client.list_topics(timeout=min(PATIENCE_S, timeout_s))
    except KafkaException:
        if timeout_s <= PATIENCE_S or all(_refuses(address) for address in bootstrap.split(",")):
            raise
    return client.list_topics(timeout=timeout_s - PATIENCE_S)


def partitions_of(
    client: Producer | Consumer | AdminClient, bootstrap: str, topics: Sequence[str]
) -> list[TopicPartition]:
    """Return all partitions of topics; raise TopicAbsent where one of the topics is not there, or KafkaException."""
    known = metadata_of(client, bootstrap).topics
    absent = [topic for topic in topics if topic not in known]
    if absent:
        raise TopicAbsent(
            f"Kafka at {bootstrap} has no topic {', '.join(absent)}", next_step="run `gridctl topics apply`"
        )
    for topic in topics:
        error = known[topic].error
        if error is not None:
            raise KafkaException(error)
    return [TopicPartition(topic, number) for topic in topics for number in known[topic].partitions]


class Pulse:
    """Asks a broker whether it answers, for a thread beside the work.

    It is a client of its own: calls on one client wait for each other (confluent-kafka 2.16), and a consumer that
    polls without a pause lets no other call through.
    """

    def __init__(self, bootstrap: str, overrides: Overrides, topic: str) -> None:
        """Take a topic to ask for: the metadata of one is little."""
        self._bootstrap = bootstrap
        self._topic = topic
        with translated(bootstrap):
            self._client = AdminClient(client_config("admin", bootstrap, overrides))

    def require(self) -> None:
        """Raise Unavailable unless a broker answers soon."""
        with translated(self._bootstrap):
            self._client.list_topics(self._topic, timeout=PING_TIMEOUT_S)


def require_reachable(bootstrap: str, overrides: Overrides, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
    """Raise Unavailable unless a broker answers a metadata request within the time."""
    with translated(bootstrap):
        metadata_of(AdminClient(client_config("admin", bootstrap, overrides)), bootstrap, timeout_s)


def _refuses(address: str) -> bool:
    host, _, port = address.strip().rpartition("://")[2].rpartition(":")
    if not port.isdecimal():
        return False
    try:
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE_S).close()
    except ConnectionRefusedError:
        return True
    except (OSError, OverflowError):
        return False
    return False
