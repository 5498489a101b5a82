"""FastStream (confluent): gathered confirmations; a batch subscriber that acknowledges after the effect."""

import asyncio
from typing import Any

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from faststream import AckPolicy, FastStream
from faststream.confluent import KafkaBroker
from faststream.confluent.annotations import KafkaMessage

from state import State
from work import BATCH, DLQ, PRODUCER, SCHEMA, TOPIC, Clock, Options, load_assets, load_records, options, to_event

CONTEXT = SerializationContext(TOPIC, MessageField.VALUE)


async def ingest(given: Options) -> None:
    """Publish without waiting for each, gather the confirmations a batch at a time."""
    client = SchemaRegistryClient({"url": given.registry})
    serialize = AvroSerializer(client, SCHEMA, conf={"auto.register.schemas": False})
    broker = KafkaBroker(
        given.bootstrap,
        enable_idempotence=True,
        acks="all",
        compression_type="lz4",
        linger_ms=PRODUCER["linger.ms"],
        logger=None,
    )
    records, assets = load_records(given), load_assets(given)
    async with broker:
        await broker.start()
        clock = Clock()
        pending: list[Any] = []
        for raw in records:
            try:
                event = to_event(raw, assets)
            except ValueError as error:
                await broker.publish(raw, DLQ, headers={"reason": str(error)})
                continue
            body, key = serialize(event, CONTEXT), event["device_id"].encode()
            pending.append(await broker.publish(body, TOPIC, key=key, no_confirm=True))
            if len(pending) >= BATCH:
                await asyncio.gather(*pending)
                pending.clear()
        await asyncio.gather(*pending)
        clock.report(len(records))


async def process(given: Options) -> None:
    """Consume in batches; the offset is committed after the handler returns."""
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": given.registry}))
    state = State(given)
    broker = KafkaBroker(given.bootstrap, logger=None)
    app = FastStream(broker, logger=None)

    async def undecoded(message: KafkaMessage) -> Any:
        return message.body

    @broker.subscriber(
        TOPIC,
        group_id=given.group,
        batch=True,
        max_records=BATCH,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.REJECT_ON_ERROR,
        decoder=undecoded,
    )
    async def handle(message: KafkaMessage) -> None:
        for one in message.raw_message:
            state.add(one.key(), one.value(), one.timestamp()[1], lambda frame: deserialize(frame, CONTEXT))
        state.apply()
        if clock.batch(len(message.raw_message)) >= given.count:
            clock.report(clock.events)
            app.exit()

    clock = Clock()
    await app.run()


if __name__ == "__main__":
    chosen = options()
    asyncio.run({"ingest": ingest, "process": process}[chosen.case](chosen))
