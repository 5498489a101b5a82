"""Following `grid.asset`: the whole topic into a table at the start, and what is added from then on.

A topic or a registry that does not answer is asked again, as long as the run lasts. The table grows older meanwhile,
and knows itself when it is too old. What never passes by itself ends the run.

Between two checks of the topic's end the partitions are paused: a broker that answers a fetch at once when it has
nothing, as the embedded one does, would otherwise be asked ten thousand times a second.
"""

import time
from collections import deque
from collections.abc import Callable
from math import inf
from threading import Event, Thread
from typing import Self

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition
from pydantic import ValidationError

from gridctl.adapters.kafka.config import Overrides, client_config
from gridctl.adapters.kafka.errors import ANSWER_TIMEOUT_S, is_final, translated, unavailable
from gridctl.adapters.kafka.metadata import partitions_of
from gridctl.assets.table import UNKNOWN_AFTER_S, AssetTable
from gridctl.contracts.assets import ASSET_TOPIC, AssetRecord
from gridctl.contracts.registry import SchemaLookup
from gridctl.errors import Unavailable, Unrecoverable
from gridctl.streams.codec import FramedDecoder, Unreadable

BATCH = 1_000
LOOK_EVERY_S = 0.5  # an event may get the stamp that its device had before for this long
STALLED_AFTER_S = 8.0
STALE_AFTER_S = 10.0  # longer than a look at a broker that is only slow


class AssetFollower:
    """Keeps a table up to date. A context manager: within it the table holds at least what the topic held before."""

    def __init__(
        self,
        bootstrap: str,
        overrides: Overrides,
        lookup: SchemaLookup,
        reader_schema: str,
        warn: Callable[[str], None],
    ) -> None:
        """Take the broker, our schema of the record, into which every writer's is read, and who hears warnings."""
        self.table = AssetTable(time.monotonic)
        self._bootstrap = bootstrap
        self._decoder = FramedDecoder(lookup, reader_schema)
        self._warn = warn
        self._pending: deque[Message] = deque()
        self._stopping = Event()
        self._failure: BaseException | None = None
        self._problem = ""
        self._is_stale = False
        self._partitions: list[TopicPartition] = []
        with translated(bootstrap):
            # The position shows where a partition ends, so an event at every check is not needed.
            own = {"enable.partition.eof": False}
            self._consumer = Consumer(client_config("reader", bootstrap, overrides, own))
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
        """Warn once when the table becomes stale and once when it follows again; raise what never passes by itself."""
        if self._failure is not None:
            raise self._failure
        age_s = self.table.age_s()
        if (age_s > STALE_AFTER_S) is self._is_stale:
            return
        self._is_stale = not self._is_stale
        if self._is_stale:
            self._warn(
                f"{ASSET_TOPIC} could not be followed for {age_s:.0f} s: {self._problem or 'the broker is slow'}; "
                f"events get the stamps that were known, and after {UNKNOWN_AFTER_S:.0f} s the priority UNKNOWN"
            )
        else:
            self._warn(f"{ASSET_TOPIC} is followed again: events get the stamps of now")

    def _load(self) -> None:
        """Read every partition to where it ended when this began."""
        with translated(self._bootstrap):
            self._partitions = partitions_of(self._consumer, self._bootstrap, [ASSET_TOPIC])
            begin = [TopicPartition(ASSET_TOPIC, each.partition, OFFSET_BEGINNING) for each in self._partitions]
            self._consumer.assign(begin)
            self._consumer.pause(self._partitions)
        self._catch_up()

    def _follow(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            try:
                self._catch_up()
            except Exception as failure:  # noqa: BLE001 -- `check` raises it where it is heard
                if not isinstance(failure, Unavailable) or isinstance(failure, Unrecoverable):
                    self._failure = failure
                    return
                self._problem = failure.message

    def _catch_up(self) -> None:
        """Read to where the topic ends now; the table is complete for the time when this began."""
        began_s = time.monotonic()
        self._decoder.forget_unknown()
        with translated(self._bootstrap):
            self._read_some(0)  # sees errors, and takes what waits since the registry was away
            self._read_to(self._ends())
        if not self._stopping.is_set():
            self.table.note_complete(began_s)

    def _ends(self) -> dict[int, int]:
        """Return where the partitions end that hold more than was read."""
        ends: dict[int, int] = {}
        for place in self._consumer.position(self._partitions):
            low, high = self._consumer.get_watermark_offsets(place, timeout=ANSWER_TIMEOUT_S)
            if place.offset > high:
                words = f"{ASSET_TOPIC} is shorter than what was read of it: deleted and created again, or truncated"
                raise KafkaException(KafkaError(KafkaError._AUTO_OFFSET_RESET, words))  # noqa: SLF001 -- its public name starts so
            if max(low, place.offset) < high:  # before the first record the position is a negative word for "none"
                ends[place.partition] = high
        return ends

    def _read_to(self, ends: dict[int, int]) -> None:
        if not ends:
            return
        waiting = [TopicPartition(ASSET_TOPIC, number) for number in ends]
        self._consumer.resume(waiting)
        try:
            deadline_s = time.monotonic() + STALLED_AFTER_S
            while ends and not self._stopping.is_set():
                if self._read_some(0.1):
                    deadline_s = time.monotonic() + STALLED_AFTER_S
                elif time.monotonic() > deadline_s:
                    raise unavailable(self._bootstrap, f"{ASSET_TOPIC} could not be read to its end")
                # A compacted partition may end before its last offset has a record: the position goes past it.
                for place in self._consumer.position(waiting):
                    if place.offset >= ends.get(place.partition, inf):
                        del ends[place.partition]
        finally:
            self._consumer.pause(waiting)

    def _read_some(self, timeout_s: float) -> int:
        """Take what has come; what cannot be taken now stays for the next time."""
        if not self._pending:
            self._pending.extend(self._consumer.consume(BATCH, timeout_s))
        count = len(self._pending)
        while self._pending:
            message = self._pending[0]
            error = message.error()
            if error is None:
                self._take(message)
            self._pending.popleft()
            if error is not None and (error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART or is_final(error)):
                raise KafkaException(error)
        return count

    def _take(self, message: Message) -> None:
        key, value = message.key(), message.value()
        if isinstance(key, bytes):
            self.table.take(key.decode("utf-8", "replace"), None if value is None else self._decoded(value))

    def _decoded(self, value: bytes) -> AssetRecord | None:
        """Return the record, or None where nothing can read it; raise Unavailable when its schema cannot be asked."""
        try:
            # From Avro an enum comes as its text, so this is the one place where a model takes text for it.
            return AssetRecord.model_validate(self._decoder.decode(value), strict=False)
        except (Unreadable, ValidationError):
            return None
