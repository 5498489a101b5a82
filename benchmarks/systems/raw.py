"""The limit: `produce_batch` of payloads encoded beforehand; `consume` with a commit a batch. No work on records."""

from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient

from gridctl.contracts.avro import compile_encoder
from gridctl.contracts.framing import frame_header
from work import BATCH, PRODUCER, SCHEMA, TOPIC, Clock, Options, load_assets, load_records, options, to_event


def ingest(given: Options) -> None:
    """Produce payloads that were encoded before the clock starts."""
    encode, assets = compile_encoder(SCHEMA), load_assets(given)
    registered = SchemaRegistryClient({"url": given.registry}).get_latest_version(f"{TOPIC}-value")
    header = frame_header(registered.schema_id)
    events = [to_event(raw, assets) for raw in load_records(given)]
    records = [{"key": event["device_id"], "value": header + encode(event)} for event in events]
    producer = Producer({"bootstrap.servers": given.bootstrap, **PRODUCER})
    failures: list[KafkaError] = []

    def delivered(error: KafkaError | None, _message: object) -> None:
        if error is not None:
            failures.append(error)

    clock = Clock()
    for start in range(0, len(records), BATCH):
        batch = records[start : start + BATCH]
        while batch:
            accepted = producer.produce_batch(TOPIC, batch, on_delivery=delivered)
            if accepted == len(batch):
                break
            batch = [record for record in batch if record.pop("_error", None) is not None]
            producer.poll(0.05)
        producer.poll(0)
    producer.flush()
    clock.report(len(records))
    assert not failures


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
    clock = Clock()
    consumer.subscribe([TOPIC])
    size = 0
    while clock.events < given.count:
        messages = consumer.consume(BATCH, 0.1)
        if messages:
            size += sum(len(message.value()) for message in messages)
            consumer.commit(asynchronous=False)
            clock.batch(len(messages))
    clock.report(clock.events)
    consumer.close()


if __name__ == "__main__":
    chosen = options()
    {"ingest": ingest, "process": process}[chosen.case](chosen)
