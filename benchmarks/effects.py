"""What a run left behind: every system must leave the same events in Kafka, and the same state in Redis."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256

import redis
from confluent_kafka import Consumer, TopicPartition

TOPIC = "iot.thermostat"
SHARDS = 16
TIMEOUT_S = 30.0


class Effects:
    """Compares runs of one case by a digest of what they left."""

    def __init__(self, bootstrap: str, redis_url: str) -> None:
        self._redis = redis.Redis.from_url(redis_url)
        self._bootstrap = bootstrap
        self._known: dict[str, tuple[str, str]] = {}

    @contextmanager
    def compared(self, case: str, system: str) -> Iterator[None]:
        """End the comparison unless what runs inside leaves what the first system of the case left."""
        self._redis.flushdb()
        with self._reader() as reader:
            before = _ends(reader)
        yield
        with self._reader() as reader:
            digest = _published_since(before, reader) if case == "ingest" else self._state()
        first, known = self._known.setdefault(case, (system, digest))
        if digest != known:
            sys.exit(f"\n{case}: {system} left something else than {first}")

    def _reader(self) -> closing[Consumer]:
        settings = {"bootstrap.servers": self._bootstrap, "group.id": "bench-effects", "enable.auto.commit": False}
        return closing(Consumer(settings))

    def _state(self) -> str:
        digest = sha256()
        for shard in range(SHARDS):
            for name in ("devices", "power_mw", "count", "effects"):
                fields = self._redis.hgetall(f"{{gs{shard:02d}}}:{name}")
                digest.update(repr(sorted(map(repr, fields.items()))).encode())
        return digest.hexdigest()


def _ends(reader: Consumer) -> dict[int, int]:
    partitions = reader.list_topics(TOPIC, timeout=TIMEOUT_S).topics[TOPIC].partitions
    places = [TopicPartition(TOPIC, number) for number in partitions]
    return {place.partition: reader.get_watermark_offsets(place, TIMEOUT_S)[1] for place in places}


def _published_since(before: dict[int, int], reader: Consumer) -> str:
    left = sum(_ends(reader).values()) - sum(before.values())
    reader.assign([TopicPartition(TOPIC, number, offset) for number, offset in before.items()])
    records: list[bytes] = []
    while left > 0:
        messages = reader.consume(10_000, 1.0)
        if not messages:
            sys.exit(f"\n{left} events could not be read again")
        records += [(message.key() or b"") + b"\0" + (message.value() or b"") for message in messages]
        left -= len(messages)
    return sha256(b"\0".join(sorted(records))).hexdigest()
