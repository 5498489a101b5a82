"""Following `grid.asset`: the whole topic into a table at the start, and what is added from then on.

Between two looks at where the topic ends the partitions are paused: a broker that answers a fetch at once when it has
nothing, as the embedded one does, would otherwise be asked ten thousand times a second.
"""

import time
from collections.abc import Callable, Mapping
from math import inf
from threading import Event, Thread
from typing import Any, Self

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition
from pydantic import ValidationError

from gridctl.adapters.kafka.config import client_config
from gridctl.adapters.kafka.errors import ANSWER_TIMEOUT_S, translated, unavailable
from gridctl.adapters.kafka.metadata import topics_of
from gridctl.assets.table import AssetTable
from gridctl.avro.codec import AvroDecodeError, compile_decoder
from gridctl.contracts.assets import ASSET_TOPIC, AssetRecord
from gridctl.contracts.framing import HEADER_BYTES, FramingError, schema_id_of
from gridctl.contracts.registry import SchemaLookup
from gridctl.errors import GridctlError, Unavailable

BATCH = 1_000
LOOK_EVERY_S = 0.5  # so long may an event still get the stamp that its device had before
STALLED_AFTER_S = 8.0
SETTINGS: dict[str, str | int | float | bool] = {
    # Partitions are assigned by hand and nothing is committed; the client wants a name all the same.
    "group.id": "gridctl-asset-table",
    "enable.auto.commit": False,
    "auto.offset.reset": "earliest",
    "check.crcs": True,
}


class AssetFollower:
    """Keeps a table up to date. A context manager: within it the table holds at least what the topic held before."""

    def __init__(
        self,
        bootstrap: str,
        overrides: Mapping[str, str | int | float | bool],
        lookup: SchemaLookup,
        reader_schema: str,
    ) -> None:
        """Take the broker, and our schema of the record, into which every writer's is read."""
        self.table = AssetTable()
        self._bootstrap = bootstrap
        self._lookup = lookup
        self._reader_schema = reader_schema
        self._decoders: dict[int, Callable[[bytes, int], Any] | None] = {}
        self._stopping = Event()
        self._failure: BaseException | None = None
        self._partitions: list[TopicPartition] = []
        with translated(bootstrap):
            self._consumer = Consumer(client_config(bootstrap, {**SETTINGS, **overrides}))
        self._thread = Thread(target=self._follow, name="asset-table", daemon=True)

    def __enter__(self) -> Self:
        try:
            self._load()
        except BaseException:
            self._consumer.close()
            raise
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._consumer.close()

    def check(self) -> None:
        """Raise what ended the following: stamps from a table that no longer follows must not be used."""
        if self._failure is None:
            return
        if isinstance(self._failure, GridctlError):
            raise self._failure
        raise unavailable(self._bootstrap, f"following {ASSET_TOPIC} failed: {self._failure}") from self._failure

    def _load(self) -> None:
        """Read every partition to where it ended when this began."""
        with translated(self._bootstrap):
            known = topics_of(self._consumer, self._bootstrap, [ASSET_TOPIC])[ASSET_TOPIC]
            if known.error is not None:
                raise KafkaException(known.error)
            self._partitions = [TopicPartition(ASSET_TOPIC, number) for number in known.partitions]
            begin = [TopicPartition(ASSET_TOPIC, number, OFFSET_BEGINNING) for number in known.partitions]
            self._consumer.assign(begin)
            self._consumer.pause(self._partitions)
            self._read_to(self._ends())

    def _ends(self) -> dict[int, int]:
        """Return where the partitions end that hold more than was read."""
        ends: dict[int, int] = {}
        for place in self._consumer.position(self._partitions):
            low, high = self._consumer.get_watermark_offsets(place, timeout=ANSWER_TIMEOUT_S)
            if max(low, place.offset) < high:  # before the first record the position is a negative word for "none"
                ends[place.partition] = high
        return ends

    def _read_to(self, ends: dict[int, int]) -> None:
        if not ends:
            return
        waiting = [TopicPartition(ASSET_TOPIC, number) for number in ends]
        self._consumer.resume(waiting)
        deadline_s = time.monotonic() + STALLED_AFTER_S
        while ends:
            if self._read_some(0.1):
                deadline_s = time.monotonic() + STALLED_AFTER_S
            elif time.monotonic() > deadline_s:
                raise unavailable(self._bootstrap, f"{ASSET_TOPIC} could not be read to its end")
            # A compacted partition may end before its last offset has a record: the position goes past it.
            for place in self._consumer.position(waiting):
                if place.offset >= ends.get(place.partition, inf):
                    del ends[place.partition]
        self._consumer.pause(waiting)

    def _follow(self) -> None:
        looked_s = time.monotonic()
        try:
            while not self._stopping.wait(LOOK_EVERY_S):
                self._read_some(0)  # hears of errors
                try:
                    ends = self._ends()
                except KafkaException:  # a broker that is away comes back, or ends this soon
                    if time.monotonic() - looked_s > STALLED_AFTER_S:
                        raise
                    continue
                self._read_to(ends)
                looked_s = time.monotonic()
        except (GridctlError, KafkaException) as failure:
            self._failure = failure

    def _read_some(self, timeout_s: float) -> int:
        messages = self._consumer.consume(BATCH, timeout_s)
        for message in messages:
            error = message.error()
            if error is None:
                self._take(message)
            elif error.fatal() or error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise KafkaException(error)
        return len(messages)

    def _take(self, message: Message) -> None:
        key, value = message.key(), message.value()
        device_id = key.decode("utf-8", "replace") if isinstance(key, bytes) else None
        record = None if value is None else self._decoded(value)
        if record is not None and record.device_id == device_id:
            self.table.put(record)
            return
        # Deleted, or not readable: either way nothing is known of the device, and UNKNOWN is protected.
        if device_id is not None:
            self.table.forget(device_id)

    def _decoded(self, value: bytes) -> AssetRecord | None:
        try:
            schema_id = schema_id_of(value)
            if schema_id not in self._decoders:
                text = self._lookup.schema_by_id(schema_id)
                self._decoders[schema_id] = None if text is None else compile_decoder(text, self._reader_schema)
            decode = self._decoders[schema_id]
            # From Avro an enum comes as its text, so this is the one place where a model takes text for it.
            return None if decode is None else AssetRecord.model_validate(decode(value, HEADER_BYTES), strict=False)
        except (FramingError, AvroDecodeError, ValidationError):
            return None
        except Unavailable:
            raise
        except GridctlError:
            return None  # the writer's schema is broken
