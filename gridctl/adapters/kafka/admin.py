"""Topics of a broker: implements TopicAdmin with the client's admin API."""

import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

# The package names these without exporting them, which strict typing takes at its word.
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewPartitions, NewTopic

from gridctl.adapters.kafka.config import Overrides, client_config
from gridctl.adapters.kafka.errors import ANSWER_TIMEOUT_S, error_of, translated, unavailable
from gridctl.adapters.kafka.metadata import metadata_of
from gridctl.contracts.topics import TopicSpec
from gridctl.governance.topics import LiveTopic

REPLICAS_MAX = 3
IN_SYNC_OF_THREE = "2"
APPEAR_TIMEOUT_S = 10.0


class KafkaTopics:
    """Implements TopicAdmin."""

    def __init__(self, bootstrap: str, overrides: Overrides) -> None:
        self._bootstrap = bootstrap
        with translated(bootstrap):
            self._client = AdminClient(client_config("admin", bootstrap, overrides))

    def topics(self) -> dict[str, LiveTopic]:
        """Return all topics but the broker's internal ones."""
        with translated(self._bootstrap):
            known = metadata_of(self._client, self._bootstrap).topics
            partitions = {name: len(topic.partitions) for name, topic in known.items() if not name.startswith("__")}
            resources = [ConfigResource(ResourceType.TOPIC, name) for name in partitions]
            answers = self._client.describe_configs(resources, request_timeout=ANSWER_TIMEOUT_S) if resources else {}
            configs = {resource.name: self._result(future) for resource, future in answers.items()}
        return {
            name: LiveTopic(name, count, {key: str(entry.value) for key, entry in configs[name].items()})
            for name, count in partitions.items()
        }

    def create(self, spec: TopicSpec) -> None:
        """Create a topic and wait until the broker shows it.

        One that is there already is not an error: somebody was faster, or the broker that listed the topics had not
        heard of it yet. What it has other than declared is seen when topics are compared the next time.
        """
        with translated(self._bootstrap):
            brokers = len(metadata_of(self._client, self._bootstrap).brokers)
            replicas = min(REPLICAS_MAX, brokers)
            config = dict(spec.config)
            if replicas == REPLICAS_MAX:
                config["min.insync.replicas"] = IN_SYNC_OF_THREE
            wanted = NewTopic(spec.name, spec.partitions, replicas, config=config)
            try:
                self._done(self._client.create_topics([wanted], request_timeout=ANSWER_TIMEOUT_S))
            except KafkaException as failure:
                error = error_of(failure)
                if error is None or error.code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
                return
            self._until_shown(spec)

    def add_partitions(self, name: str, total: int) -> None:
        """Raise the number of partitions."""
        with translated(self._bootstrap):
            self._done(self._client.create_partitions([NewPartitions(name, total)], request_timeout=ANSWER_TIMEOUT_S))

    def set_config(self, name: str, values: Mapping[str, str]) -> None:
        """Set these settings of a topic."""
        entries = [
            ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET) for key, value in values.items()
        ]
        resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries)
        with translated(self._bootstrap):
            self._done(self._client.incremental_alter_configs([resource], request_timeout=ANSWER_TIMEOUT_S))

    def _until_shown(self, spec: TopicSpec) -> None:
        """Wait until every partition has a leader: a cluster says so a moment after it has created the topic."""
        deadline_s = time.monotonic() + APPEAR_TIMEOUT_S
        while time.monotonic() < deadline_s:
            [described] = self._client.describe_topics(TopicCollection([spec.name])).values()
            try:
                leaders = [partition.leader for partition in self._result(described).partitions]
            except KafkaException:
                leaders = []
            if len(leaders) == spec.partitions and all(leader is not None for leader in leaders):
                return
            time.sleep(0.05)
        raise unavailable(self._bootstrap, f"{spec.name} was created and does not appear")

    def _done(self, answers: Mapping[Any, "Future[Any]"]) -> None:
        for future in answers.values():
            self._result(future)

    @staticmethod
    def _result(future: "Future[Any]") -> Any:
        return future.result(2 * ANSWER_TIMEOUT_S)
