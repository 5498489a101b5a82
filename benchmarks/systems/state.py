"""The processing work of the peers: the checks of the contract, then the platform's own state script through redis-py.

Each event is compared and set by event time, circuit totals change by the difference; one script call a state shard,
all of a batch in one pipeline. What breaks the contract becomes a dead letter, and the caller commits afterwards.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
from confluent_kafka import Producer
from pydantic import TypeAdapter

from gridctl.contracts.clock import event_time_problem
from gridctl.contracts.ids import msg_id
from gridctl.contracts.kinds import KINDS
from gridctl.process.decode import effect_of
from gridctl.state.model import SHARDS, shard_of
from work import DLQ, PRODUCER, ROOT, Options

SCRIPT = (ROOT / "gridctl/adapters/state.lua").read_text(encoding="utf-8")
Decode = Callable[[bytes], dict[str, Any]]
THERMOSTAT = KINDS["thermostat"]
EVENT = TypeAdapter(THERMOSTAT.event)
EPOCH, MILLISECOND = datetime.fromtimestamp(0, UTC), timedelta(milliseconds=1)


class State:
    """The grid state and the dead letters of one run."""

    def __init__(self, given: Options) -> None:
        self.client = redis.Redis.from_url(given.redis)
        self.script = self.client.register_script(SCRIPT)
        self.letters = Producer({"bootstrap.servers": given.bootstrap, **PRODUCER})
        self.keys = [
            [f"{{gs{shard:02d}}}:{name}" for name in ("devices", "power_mw", "count", "effects")]
            for shard in range(SHARDS)
        ]
        self.pending: list[list[bytes]] = [[] for _ in range(SHARDS)]

    def add(self, key: bytes, frame: bytes, at_ms: int, decode: Decode) -> None:
        """Take a record; `decode` gives the event in its frame."""
        try:
            device_id, record = checked(key, frame, at_ms, decode(frame))
        except ValueError as error:
            self.letters.produce(DLQ, frame, key, headers={"reason": str(error)})
            return
        self.pending[shard_of(device_id)] += (device_id, record)

    def apply(self) -> None:
        """Apply what was taken, and wait until dead letters are acknowledged."""
        pipeline = self.client.pipeline(transaction=False)
        for shard, arguments in enumerate(self.pending):
            if arguments:
                self.script(keys=self.keys[shard], args=[b"apply", *arguments], client=pipeline)
        for _, *contested in pipeline.execute():
            assert not contested, "two different events of one device and time"
        self.pending = [[] for _ in range(SHARDS)]
        self.letters.flush()


def checked(key: bytes, frame: bytes, at_ms: int, event: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return device and state record of an event that keeps the contract; raise ValueError for a dead letter."""
    moment = event["event_time_ms"]
    if isinstance(moment, datetime):  # what their deserializers make of timestamp-millis
        event["event_time_ms"] = moment = (moment - EPOCH) // MILLISECOND
    EVENT.validate_python({"kind": "thermostat", **event}, strict=False)
    if event["msg_id"] != msg_id(event["device_id"], moment):
        raise ValueError("msg_id_mismatch")
    if key != event["device_id"].encode():
        raise ValueError("key_mismatch")
    problem = event_time_problem(moment, at_ms)
    if problem:
        raise ValueError(problem)
    return effect_of(THERMOSTAT, event, key, frame)
