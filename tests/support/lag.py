"""A topic and a consumer group of one test alone, brought into whatever situation the test is about."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from gridctl.adapters.kafka.admin import KafkaTopics
from tests.support.topics import own_topic


class LagBench:
    """Both the topic and the group have the topic's name."""

    def __init__(self, bootstrap: str, partitions: int = 2) -> None:
        spec = own_topic(partitions)
        KafkaTopics(bootstrap, {}).create(spec)
        self.topic = self.group = spec.name
        self.bootstrap = bootstrap
        self.admin = AdminClient({"bootstrap.servers": bootstrap})

    def append(self, partition: int, count: int) -> None:
        producer = Producer({"bootstrap.servers": self.bootstrap})
        for number in range(count):
            producer.produce(self.topic, str(number), partition=partition)
        assert producer.flush(20) == 0

    def commit(self, partition: int, offset: int) -> None:
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": self.group})
        consumer.commit(offsets=[TopicPartition(self.topic, partition, offset)], asynchronous=False)
        consumer.close()

    def delete_before(self, partition: int, offset: int) -> None:
        [deleted] = self.admin.delete_records([TopicPartition(self.topic, partition, offset)]).values()
        deleted.result(20)

    @contextmanager
    def open_transaction(self, partition: int) -> Iterator[None]:
        """Hold a transaction open that has written one record."""
        settings = {"bootstrap.servers": self.bootstrap, "transactional.id": self.topic, "linger.ms": 0}
        producer = Producer(settings)
        producer.init_transactions(30)
        producer.begin_transaction()
        producer.produce(self.topic, b"in a transaction", partition=partition)
        producer.flush(20)
        try:
            yield
        finally:
            producer.abort_transaction(30)
