"""Arroyo: its Kafka producer; a batching strategy whose offsets are committed after the effect."""

import time
from collections import deque
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import redis
from arroyo.backends.kafka import KafkaConsumer, KafkaPayload, KafkaProducer
from arroyo.backends.kafka.configuration import build_kafka_configuration, build_kafka_consumer_configuration
from arroyo.commit import ONCE_PER_SECOND
from arroyo.processing import StreamProcessor
from arroyo.processing.strategies import BatchStep, CommitOffsets, ProcessingStrategyFactory, RunTask
from arroyo.types import Commit, Message, Partition, Topic
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from work import (
    BATCH,
    COMPARE_AND_SET,
    PRODUCER,
    SCHEMA,
    Clock,
    Options,
    apply_batch,
    load_assets,
    load_records,
    options,
    to_event,
)

IN_FLIGHT = 10_000


def ingest(given: Options) -> None:
    """Produce with arroyo's producer and wait for every future."""
    client = SchemaRegistryClient({"url": given.registry})
    serialize = AvroSerializer(client, SCHEMA, conf={"auto.register.schemas": False})
    context = SerializationContext("iot.thermostat", MessageField.VALUE)
    configuration = build_kafka_configuration(default_config={}, bootstrap_servers=[given.bootstrap])
    producer = KafkaProducer({**configuration, **PRODUCER})
    records, assets = load_records(given.records, given.count), load_assets(given.assets)
    topic = Topic(given.topic)
    clock = Clock()
    pending: deque[Any] = deque()
    for raw in records:
        event = to_event(raw, assets, time.time_ns() // 1_000_000)
        payload = KafkaPayload(event["device_id"].encode(), serialize(event, context), [])
        pending.append(producer.produce(topic, payload))
        if len(pending) > IN_FLIGHT:
            pending.popleft().result()
    for future in pending:
        future.result()
    clock.report(len(records))
    producer.close().result()


def process(given: Options) -> None:
    """Batch, decode and apply, commit once a second (arroyo's usual policy)."""
    client = SchemaRegistryClient({"url": given.registry})
    deserialize = AvroDeserializer(client)
    context = SerializationContext(given.topic, MessageField.VALUE)
    script = redis.Redis.from_url(given.redis).register_script(COMPARE_AND_SET)
    seen, prefix = 0, uuid4().hex

    def apply(message: Message[Any]) -> Any:
        nonlocal seen
        values = [item.payload.value for item in message.payload]
        apply_batch(script, [deserialize(value, context) for value in values], prefix)
        seen += len(values)
        return message.payload

    class Factory(ProcessingStrategyFactory[KafkaPayload]):
        def create_with_partitions(self, commit: Commit, _partitions: Mapping[Partition, int]) -> Any:
            return BatchStep(BATCH, 0.5, RunTask(apply, CommitOffsets(commit)))

    consumer = KafkaConsumer(
        build_kafka_consumer_configuration(
            default_config={},
            bootstrap_servers=[given.bootstrap],
            group_id=given.group,
            auto_offset_reset="earliest",
        )
    )
    processor = StreamProcessor(consumer, Topic(given.topic), Factory(), ONCE_PER_SECOND)
    clock = Clock()
    while seen < given.count:
        processor._run_once()  # noqa: SLF001 -- its run() has no way to stop at a count
    clock.report(seen)
    processor._shutdown()  # noqa: SLF001


if __name__ == "__main__":
    chosen = options()
    {"ingest": ingest, "process": process}[chosen.case](chosen)
