"""The limit: `produce_batch` of payloads encoded beforehand; `consume` with a commit a batch. No work on records."""

from collections.abc import Callable

from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient

from gridctl.avro.codec import compile_encoder
from gridctl.contracts.framing import frame_header
from work import BATCH, PRODUCER, SCHEMA, TOPIC, Clock, Options, load_assets, load_records, options, to_event

IN_FLIGHT = 20_000  # more of them wait in the client's queue for nothing, and cost it its caches


def ingest(given: Options, work: Callable[[bytes], object] | None = None) -> None:
    """Produce payloads that were encoded before the clock starts; do `work` on each record, where it is given."""
    encode, assets = compile_encoder(SCHEMA), load_assets(given)
    registered = SchemaRegistryClient({"url": given.registry}).get_latest_version(f"{TOPIC}-value")
    header = frame_header(registered.schema_id)
    lines = load_records(given)
    events = [to_event(raw, assets) for raw in lines]
    records = [{"key": event["device_id"], "value": header + encode(event)} for event in events]
    producer = Producer({"bootstrap.servers": given.bootstrap, **PRODUCER})
    failures: list[KafkaError] = []

    def delivered(error: KafkaError | None, _message: object) -> None:
        if error is not None:
            failures.append(error)

    clock = Clock()
    for start in range(0, len(records), BATCH):
        if work is not None:
            for raw in lines[start : start + BATCH]:
                work(raw)
        accepted = producer.produce_batch(TOPIC, records[start : start + BATCH], on_delivery=delivered)
        assert accepted == len(records[start : start + BATCH])
        producer.poll(0)
        while len(producer) > IN_FLIGHT:
            producer.poll(0.1)
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
