"""The usual path: Producer with AvroSerializer, Consumer with AvroDeserializer and a redis-py script a batch."""

import time
from typing import Any
from uuid import uuid4

import redis
from confluent_kafka import Consumer, Producer
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


def ingest(given: Options) -> None:
    """Produce every record and wait for all acknowledgements."""
    client = SchemaRegistryClient({"url": given.registry})
    serialize = AvroSerializer(client, SCHEMA, conf={"auto.register.schemas": False})
    context = SerializationContext(given.topic, MessageField.VALUE)
    context.topic = "iot.thermostat"
    producer = Producer({"bootstrap.servers": given.bootstrap, **PRODUCER})
    records, assets = load_records(given.records, given.count), load_assets(given.assets)
    failures: list[Any] = []

    def delivered(error: object, _message: object) -> None:
        if error is not None:
            failures.append(error)

    clock = Clock()
    for raw in records:
        event = to_event(raw, assets, time.time_ns() // 1_000_000)
        while True:
            try:
                producer.produce(
                    given.topic, key=event["device_id"], value=serialize(event, context), on_delivery=delivered
                )
                break
            except BufferError:
                producer.poll(0.05)
        producer.poll(0)
    producer.flush()
    clock.report(len(records))
    assert not failures


def process(given: Options) -> None:
    """Consume in batches, decode, apply, commit."""
    client = SchemaRegistryClient({"url": given.registry})
    deserialize = AvroDeserializer(client)
    context = SerializationContext(given.topic, MessageField.VALUE)
    script = redis.Redis.from_url(given.redis).register_script(COMPARE_AND_SET)
    consumer = Consumer(
        {
            "bootstrap.servers": given.bootstrap,
            "group.id": given.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([given.topic])
    seen, prefix = 0, uuid4().hex
    clock = Clock()
    while seen < given.count:
        messages = consumer.consume(BATCH, 1.0)
        if messages:
            apply_batch(script, [deserialize(message.value(), context) for message in messages], prefix)
            consumer.commit(asynchronous=False)
            seen += len(messages)
    clock.report(seen)
    consumer.close()


if __name__ == "__main__":
    chosen = options()
    {"ingest": ingest, "process": process}[chosen.case](chosen)
