"""The limit: `produce_batch` of payloads encoded beforehand; `consume` with a commit a batch. No work on records."""

import time

from confluent_kafka import Consumer, Producer
from work import BATCH, PRODUCER, SCHEMA, Clock, Options, load_assets, load_records, options, to_event

from gridctl.contracts.avro import compile_encoder
from gridctl.contracts.framing import frame_header


def ingest(given: Options) -> None:
    """Produce payloads that were encoded before the clock starts."""
    encode, assets = compile_encoder(SCHEMA), load_assets(given.assets)
    now_ms = time.time_ns() // 1_000_000
    events = [to_event(raw, assets, now_ms) for raw in load_records(given.records, given.count)]
    records = [{"key": event["device_id"].encode(), "value": frame_header(1) + encode(event)} for event in events]
    producer = Producer({"bootstrap.servers": given.bootstrap, **PRODUCER})
    clock = Clock()
    for start in range(0, len(records), BATCH):
        batch = records[start : start + BATCH]
        while batch:
            accepted = producer.produce_batch(given.topic, batch)
            producer.poll(0 if accepted == len(batch) else 0.05)
            batch = [record for record in batch if record.pop("_error", None) is not None]
    producer.flush()
    clock.report(len(records))


def process(given: Options) -> None:
    """Consume and read every value, commit a batch."""
    consumer = Consumer(
        {
            "bootstrap.servers": given.bootstrap,
            "group.id": given.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([given.topic])
    seen, size = 0, 0
    clock = Clock()
    while seen < given.count:
        messages = consumer.consume(BATCH, 1.0)
        if messages:
            size += sum(len(message.value()) for message in messages)
            consumer.commit(asynchronous=False)
            seen += len(messages)
    clock.report(seen)
    consumer.close()


if __name__ == "__main__":
    chosen = options()
    {"ingest": ingest, "process": process}[chosen.case](chosen)
