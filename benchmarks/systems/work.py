"""The work that every system does on every record, written once so that no system does less than another.

Ingest: JSON bytes -> the contract's Pydantic model (strict) -> event time bounds -> msg_id -> stamps from the asset
table -> Avro with Confluent framing -> produced keyed, acks=all, idempotent, lz4; what is refused becomes a dead
letter. `state.py` has the work of the other case. Only pydantic and pure modules of ours are imported here, so that it
runs in every peer's environment.
"""

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from gridctl.assets.protection import stamp_of
from gridctl.contracts.assets import AssetRecord
from gridctl.contracts.clock import event_time_problem
from gridctl.contracts.events import Reading
from gridctl.contracts.ids import msg_id
from gridctl.contracts.kinds import any_reading

ROOT = Path(__file__).resolve().parents[2]
TOPIC = "iot.thermostat"
DLQ = "iot.thermostat.dlq"
SCHEMA = (ROOT / "schemas" / f"{TOPIC}-value" / "v1.avsc").read_text(encoding="utf-8")
PRODUCER: dict[str, Any] = {"enable.idempotence": True, "acks": "all", "compression.type": "lz4", "linger.ms": 5}
BATCH = 1000

READING: TypeAdapter[Reading] = TypeAdapter(any_reading())


class Options(argparse.Namespace):
    """What the driver passes to every system."""

    case: str
    bootstrap: str
    registry: str
    redis: str
    records: Path
    assets: Path
    group: str
    count: int


def options() -> Options:
    """Read the driver's arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=["ingest", "process"])
    for name in ("bootstrap", "registry", "redis", "group"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--assets", type=Path, required=True)
    parser.add_argument("--count", type=int, required=True)
    return parser.parse_args(namespace=Options())


def load_records(given: Options) -> list[bytes]:
    """Return the first `count` JSON lines, without their line ends."""
    with given.records.open("rb") as file:
        return [line.rstrip(b"\n") for _, line in zip(range(given.count), file, strict=False)]


def load_assets(given: Options) -> dict[str, AssetRecord]:
    """Return the asset table by device."""
    with given.assets.open("rb") as file:
        records = (AssetRecord.model_validate_json(line) for line in file)
        return {record.device_id: record for record in records}


def to_event(raw: bytes, assets: Mapping[str, AssetRecord]) -> dict[str, Any]:
    """Validate, check and stamp, as the users of the peers would write it; raise ValueError for a dead letter."""
    reading = READING.validate_json(raw)
    problem = event_time_problem(reading.event_time_ms, time.time_ns() // 1_000_000)
    if problem:
        raise ValueError(problem)
    event = dict(reading.__dict__)
    del event["kind"]
    event["msg_id"] = msg_id(reading.device_id, reading.event_time_ms)
    event["priority_level"], event["circuit_id"] = stamp_of(assets.get(reading.device_id), reading.event_time_ms)
    return event


class Clock:
    """Process CPU (user and system, all threads) and wall time; the start of the interpreter is outside.

    CPU counts from the start. Where batches are told, wall time counts from the end of the first one, without its
    events: before it lies the time in which a broker arranges a group.
    """

    def __init__(self) -> None:
        self.events = self.outside = 0
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def batch(self, events: int) -> int:
        """Count a batch; return the events so far."""
        if not self.events:
            self.outside, self.wall = events, time.perf_counter()
        self.events += events
        return self.events

    def report(self, events: int) -> None:
        """Print what the driver reads."""
        cpu_s, wall_s = time.process_time() - self.cpu, time.perf_counter() - self.wall
        rate = (events - self.outside) / wall_s
        print(json.dumps({"events": events, "cpu_us_per_event": cpu_s / events * 1e6, "events_per_s": rate}))
