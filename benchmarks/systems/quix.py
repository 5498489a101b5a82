"""Quix Streams: Topic with its Avro serializer and its Producer; an Application with a batching sink."""

import time
from typing import Any
from uuid import uuid4

import redis
from quixstreams import Application
from quixstreams.models import SerializationContext
from quixstreams.models.serializers.avro import AvroDeserializer, AvroSerializer
from quixstreams.models.serializers.schema_registry import (
    SchemaRegistryClientConfig,
    SchemaRegistrySerializationConfig,
)
from quixstreams.sinks import BatchingSink, SinkBatch
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
    to_event,
)
from work import options as read_options


def registry(given: Options) -> SchemaRegistryClientConfig:
    """Return the registry's address as Quix takes it."""
    return SchemaRegistryClientConfig(url=given.registry)


def ingest(given: Options) -> None:
    """Serialize with the native serializer, produce, flush."""
    import json

    serialize = AvroSerializer(
        json.loads(SCHEMA),
        schema_registry_client_config=registry(given),
        schema_registry_serialization_config=SchemaRegistrySerializationConfig(auto_register_schemas=False),
    )
    context = SerializationContext(topic="iot.thermostat")
    extra = {key: value for key, value in PRODUCER.items() if key != "acks"}
    app = Application(broker_address=given.bootstrap, producer_extra_config={"acks": "all", **extra})
    records, assets = load_records(given.records, given.count), load_assets(given.assets)
    with app.get_producer() as producer:
        clock = Clock()
        for raw in records:
            event = to_event(raw, assets, time.time_ns() // 1_000_000)
            producer.produce(given.topic, key=event["device_id"], value=serialize(event, context))
        producer.flush()
        clock.report(len(records))


class RedisSink(BatchingSink):
    """Writes a batch with the shared script; stops the application at the asked count."""

    def __init__(self, given: Options) -> None:
        super().__init__()
        self.given, self.seen, self.prefix = given, 0, uuid4().hex
        self.script = redis.Redis.from_url(given.redis).register_script(COMPARE_AND_SET)
        self.clock: Clock | None = None
        self.app: Any = None

    def write(self, batch: SinkBatch) -> None:
        """Apply one partition's batch."""
        events = [item.value for item in batch]
        apply_batch(self.script, events, self.prefix)
        self.seen += len(events)
        if self.seen >= self.given.count:
            assert self.clock is not None
            self.clock.report(self.seen)
            self.app.stop()


def process(given: Options) -> None:
    """Run the application until the sink has seen the asked count."""
    app = Application(
        broker_address=given.bootstrap,
        consumer_group=given.group,
        auto_offset_reset="earliest",
        commit_every=BATCH,
        loglevel="ERROR",
    )
    deserializer = AvroDeserializer(schema_registry_client_config=registry(given))
    topic = app.topic(given.topic, value_deserializer=deserializer)
    sink = RedisSink(given)
    sink.app = app
    app.dataframe(topic).sink(sink)
    sink.clock = Clock()
    app.run()


if __name__ == "__main__":
    chosen = read_options()
    {"ingest": ingest, "process": process}[chosen.case](chosen)
