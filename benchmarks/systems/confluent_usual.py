"""The usual path: Producer with AvroSerializer; Consumer with AvroDeserializer."""

from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from state import State
from work import BATCH, DLQ, PRODUCER, SCHEMA, TOPIC, Clock, Options, load_assets, load_records, options, to_event

CONTEXT = SerializationContext(TOPIC, MessageField.VALUE)


def ingest(given: Options) -> None:
    """Produce every record and wait for all acknowledgements."""
    client = SchemaRegistryClient({"url": given.registry})
    serialize = AvroSerializer(client, SCHEMA, conf={"auto.register.schemas": False})
    producer = Producer({"bootstrap.servers": given.bootstrap, **PRODUCER})
    records, assets = load_records(given), load_assets(given)
    failures: list[KafkaError] = []

    def delivered(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            failures.append(error)

    def produce(topic: str, key: str | None, value: Any, headers: Any = None) -> None:
        while True:
            try:
                producer.produce(topic, value, key, headers=headers, on_delivery=delivered)
            except BufferError:
                producer.poll(0.05)
            else:
                return

    clock = Clock()
    for raw in records:
        try:
            event = to_event(raw, assets)
        except ValueError as error:
            produce(DLQ, None, raw, {"reason": str(error)})
            continue
        produce(TOPIC, event["device_id"], serialize(event, CONTEXT))
        producer.poll(0)
    producer.flush()
    clock.report(len(records))
    assert not failures


def process(given: Options) -> None:
    """Consume in batches, decode, apply, commit."""
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": given.registry}))
    state = State(given)
    consumer = Consumer(
        {
            "bootstrap.servers": given.bootstrap,
            "group.id": given.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    clock = Clock()
    consumer.subscribe([TOPIC])
    while clock.events < given.count:
        messages = consumer.consume(BATCH, 0.1)
        if messages:
            for message in messages:
                state.add(
                    message.key(), message.value(), message.timestamp()[1], lambda frame: deserialize(frame, CONTEXT)
                )
            state.apply()
            consumer.commit(asynchronous=False)
            clock.batch(len(messages))
    clock.report(clock.events)
    consumer.close()


if __name__ == "__main__":
    chosen = options()
    {"ingest": ingest, "process": process}[chosen.case](chosen)
