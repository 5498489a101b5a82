"""FastStream (confluent): gathered confirmations; a batch subscriber that acknowledges after the effect."""

import asyncio
import time
from typing import Any
from uuid import uuid4

import redis
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from faststream import AckPolicy, FastStream
from faststream.confluent import KafkaBroker
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

IN_FLIGHT = 1000


async def ingest(given: Options) -> None:
    """Publish without waiting for each, gather the confirmations a thousand at a time."""
    client = SchemaRegistryClient({"url": given.registry})
    serialize = AvroSerializer(client, SCHEMA, conf={"auto.register.schemas": False})
    context = SerializationContext("iot.thermostat", MessageField.VALUE)
    broker = KafkaBroker(
        given.bootstrap,
        enable_idempotence=True,
        acks="all",
        compression_type="lz4",
        linger_ms=int(str(PRODUCER["linger.ms"])),
        logger=None,
    )
    records, assets = load_records(given.records, given.count), load_assets(given.assets)
    async with broker:
        await broker.start()
        publisher = broker.publisher(given.topic)
        await publisher.start()
        clock = Clock()
        pending: list[Any] = []
        for raw in records:
            event = to_event(raw, assets, time.time_ns() // 1_000_000)
            body = serialize(event, context)
            pending.append(await broker.publish(body, given.topic, key=event["device_id"].encode(), no_confirm=True))
            if len(pending) >= IN_FLIGHT:
                await asyncio.gather(*pending)
                pending.clear()
        await asyncio.gather(*pending)
        clock.report(len(records))


async def process(given: Options) -> None:
    """Consume in batches; the offset is committed after the handler returns."""
    client = SchemaRegistryClient({"url": given.registry})
    deserialize = AvroDeserializer(client)
    context = SerializationContext(given.topic, MessageField.VALUE)
    script = redis.Redis.from_url(given.redis).register_script(COMPARE_AND_SET)
    broker = KafkaBroker(given.bootstrap, logger=None)
    app = FastStream(broker, logger=None)
    seen, prefix = 0, uuid4().hex
    clock: Clock | None = None

    @broker.subscriber(
        given.topic,
        group_id=given.group,
        batch=True,
        max_records=BATCH,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.REJECT_ON_ERROR,
    )
    async def handle(bodies: list[bytes]) -> None:
        nonlocal seen, clock
        apply_batch(script, [deserialize(body, context) for body in bodies], prefix)
        seen += len(bodies)
        if seen >= given.count and clock is not None:
            clock.report(seen)
            clock = None
            app.exit()

    clock = Clock()
    await app.run()


if __name__ == "__main__":
    chosen = options()
    asyncio.run({"ingest": ingest, "process": process}[chosen.case](chosen))
