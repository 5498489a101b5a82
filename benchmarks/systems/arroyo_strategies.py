"""Arroyo: its Kafka producer; a batching strategy whose offsets are committed after the effect."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from arroyo.backends.kafka import KafkaConsumer, KafkaPayload, KafkaProducer
from arroyo.backends.kafka.configuration import build_kafka_configuration, build_kafka_consumer_configuration
from arroyo.commit import ONCE_PER_SECOND
from arroyo.processing import StreamProcessor
from arroyo.processing.strategies import BatchStep, CommitOffsets, ProcessingStrategyFactory, RunTask
from arroyo.types import Commit, Message, Partition, Topic
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from state import State
from work import BATCH, DLQ, PRODUCER, SCHEMA, TOPIC, Clock, Options, load_assets, load_records, options, to_event

CONTEXT = SerializationContext(TOPIC, MessageField.VALUE)
IN_FLIGHT = 10_000


def ingest(given: Options) -> None:
    """Produce with arroyo's producer and wait for every future."""
    client = SchemaRegistryClient({"url": given.registry})
    serialize = AvroSerializer(client, SCHEMA, conf={"auto.register.schemas": False})
    configuration = build_kafka_configuration(default_config={}, bootstrap_servers=[given.bootstrap])
    producer = KafkaProducer({**configuration, **PRODUCER})
    records, assets = load_records(given), load_assets(given)
    topic, letters = Topic(TOPIC), Topic(DLQ)
    clock = Clock()
    pending: deque[Any] = deque()
    for raw in records:
        try:
            event = to_event(raw, assets)
        except ValueError as error:
            letter = KafkaPayload(None, raw, [("reason", str(error).encode())])
            pending.append(producer.produce(letters, letter))
            continue
        payload = KafkaPayload(event["device_id"].encode(), serialize(event, CONTEXT), [])
        pending.append(producer.produce(topic, payload))
        if len(pending) > IN_FLIGHT:
            pending.popleft().result()
    for future in pending:
        future.result()
    clock.report(len(records))
    producer.close().result()


def process(given: Options) -> None:
    """Batch, decode and apply, commit once a second (arroyo's usual policy)."""
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": given.registry}))
    state = State(given)

    def apply(message: Message[Any]) -> Any:
        for item in message.payload:
            payload, at_ms = item.payload, int(item.timestamp.timestamp() * 1000)
            state.add(payload.key, payload.value, at_ms, lambda frame: deserialize(frame, CONTEXT))
        state.apply()
        clock.batch(len(message.payload))
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
    clock = Clock()
    processor = StreamProcessor(consumer, Topic(TOPIC), Factory(), ONCE_PER_SECOND)
    while clock.events < given.count:
        processor._run_once()  # noqa: SLF001 -- its run() has no way to stop at a count
    clock.report(clock.events)
    processor._shutdown()  # noqa: SLF001


if __name__ == "__main__":
    chosen = options()
    {"ingest": ingest, "process": process}[chosen.case](chosen)
