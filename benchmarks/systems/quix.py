"""Quix Streams: its native Avro serializer and its producer; an Application with a batching sink."""

import json
from typing import Any

from quixstreams import Application
from quixstreams.models import MessageField, SerializationContext
from quixstreams.models.serializers.avro import AvroDeserializer, AvroSerializer
from quixstreams.models.serializers.schema_registry import (
    SchemaRegistryClientConfig,
    SchemaRegistrySerializationConfig,
)
from quixstreams.sinks import BatchingSink, SinkBatch

from state import State
from work import BATCH, DLQ, PRODUCER, SCHEMA, TOPIC, Clock, Options, load_assets, load_records, options, to_event

CONTEXT = SerializationContext(TOPIC, MessageField.VALUE)


def ingest(given: Options) -> None:
    """Serialize with the native serializer, produce, flush."""
    serialize = AvroSerializer(
        json.loads(SCHEMA),
        schema_registry_client_config=SchemaRegistryClientConfig(url=given.registry),
        schema_registry_serialization_config=SchemaRegistrySerializationConfig(auto_register_schemas=False),
    )
    app = Application(broker_address=given.bootstrap, producer_extra_config=PRODUCER, loglevel="ERROR")
    records, assets = load_records(given), load_assets(given)
    with app.get_producer() as producer:
        clock = Clock()
        for raw in records:
            try:
                event = to_event(raw, assets)
            except ValueError as error:
                producer.produce(DLQ, raw, headers={"reason": str(error)})
                continue
            producer.produce(TOPIC, serialize(event, CONTEXT), event["device_id"])
        producer.flush()
        clock.report(len(records))


class GridSink(BatchingSink):
    """Decodes and applies a batch; stops the application at the asked count."""

    def __init__(self, given: Options, app: Application) -> None:
        super().__init__()
        self.count, self.app, self.state = given.count, app, State(given)
        decode = AvroDeserializer(schema_registry_client_config=SchemaRegistryClientConfig(url=given.registry))
        self.decode: Any = lambda frame: decode(frame, CONTEXT)
        self.clock = Clock()

    def write(self, batch: SinkBatch) -> None:
        """Apply one partition's batch."""
        for item in batch:
            self.state.add(item.key, item.value, item.timestamp, self.decode)
        self.state.apply()
        if self.clock.batch(batch.size) >= self.count:
            self.clock.report(self.clock.events)
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
    topic = app.topic(TOPIC, key_deserializer="bytes", value_deserializer="bytes")
    app.dataframe(topic).sink(GridSink(given, app))
    app.run()


if __name__ == "__main__":
    chosen = options()
    {"ingest": ingest, "process": process}[chosen.case](chosen)
