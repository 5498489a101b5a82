"""The work that every system does on every record, written once so that no system does less than another.

Ingest: JSON bytes -> Pydantic model (strict) -> event time bounds -> msg_id -> stamp from the asset table -> Avro with
Confluent framing -> produce keyed, acks=all, idempotent, lz4. Process: consume -> Avro decode -> compare-and-set of the
device and of its circuit's total in Redis -> commit after the effect.

Only pydantic and the contracts are imported here, so that it runs in every peer's environment.
"""

import argparse
import json
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pydantic import TypeAdapter  # noqa: E402 -- the path comes first

from gridctl.contracts.assets import AssetRecord, stamp_of  # noqa: E402
from gridctl.contracts.clock import event_time_problem  # noqa: E402
from gridctl.contracts.events import ThermostatReading  # noqa: E402
from gridctl.contracts.ids import msg_id  # noqa: E402

SUBJECT = "iot.thermostat-value"
SCHEMA = (ROOT / "schemas" / SUBJECT / "v1.avsc").read_text(encoding="utf-8")
PRODUCER = {"enable.idempotence": True, "acks": "all", "compression.type": "lz4", "linger.ms": 5}
BATCH = 500

READING = TypeAdapter(ThermostatReading)

# Per record: device, event time, power in milliwatts, circuit, body. The newest event time of a device wins.
COMPARE_AND_SET = """
local applied = 0
for i = 1, #ARGV, 5 do
  local old = redis.call('HGET', KEYS[1], ARGV[i])
  local old_time, old_power, old_circuit = -1, 0, nil
  if old then
    local t, p, c = string.match(old, '^(%d+)|(-?%d+)|([^|]*)|')
    old_time, old_power, old_circuit = tonumber(t), tonumber(p), c
  end
  if tonumber(ARGV[i+1]) > old_time then
    if old_circuit then redis.call('HINCRBY', KEYS[2], old_circuit, string.format('%.0f', -old_power)) end
    redis.call('HINCRBY', KEYS[2], ARGV[i+3], ARGV[i+2])
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i+1]..'|'..ARGV[i+2]..'|'..ARGV[i+3]..'|'..ARGV[i+4])
    applied = applied + 1
  end
end
return applied
"""


class Options(argparse.Namespace):
    """What the driver passes to every system."""

    case: str
    bootstrap: str
    registry: str
    redis: str
    records: Path
    assets: Path
    topic: str
    group: str
    count: int


def options() -> Options:
    """Read the driver's arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=["ingest", "process"])
    for name in ("bootstrap", "registry", "redis", "topic", "group"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--assets", type=Path, required=True)
    parser.add_argument("--count", type=int, required=True)
    return parser.parse_args(namespace=Options())


def load_records(path: Path, count: int) -> list[bytes]:
    """Return the first `count` JSON lines, without their line ends."""
    with path.open("rb") as file:
        return [line.rstrip(b"\n") for _, line in zip(range(count), file, strict=False)]


def load_assets(path: Path) -> dict[str, AssetRecord]:
    """Return the asset table by device."""
    with path.open("rb") as file:
        records = (AssetRecord.model_validate_json(line) for line in file)
        return {record.device_id: record for record in records}


def to_event(raw: bytes, assets: Mapping[str, AssetRecord], now_ms: int) -> dict[str, Any]:
    """Do what the peers' users would write: validate, check, stamp; return the Avro record."""
    reading = READING.validate_json(raw)
    problem = event_time_problem(reading.event_time_ms, now_ms)
    if problem:
        raise ValueError(problem)
    level, circuit = stamp_of(assets.get(reading.device_id), reading.event_time_ms)
    event = dict(reading.__dict__)
    del event["kind"]
    event["msg_id"] = msg_id(reading.device_id, reading.event_time_ms)
    event["priority_level"] = level
    event["circuit_id"] = circuit
    return event


def apply_batch(script: Callable[..., Any], events: Iterable[Mapping[str, Any]], prefix: str) -> None:
    """Apply decoded events with one script call a shard touched, as the platform does."""
    arguments: dict[int, list[Any]] = {}
    for event in events:
        device = event["device_id"]
        time_ms = event["event_time_ms"]
        if not isinstance(time_ms, int):  # some deserializers turn timestamp-millis into datetime
            time_ms = int(time_ms.timestamp() * 1000)
        body = f"{event['temperature_c']}|{event['setpoint_c']}|{event['mode']}|{event['action']}|{event['msg_id']}"
        row = (device, time_ms, round(event["power_w"] * 1000), event["circuit_id"] or "UNKNOWN", body)
        arguments.setdefault(zlib.crc32(device.encode()) % 16, []).extend(row)
    for shard, flat in arguments.items():
        script(keys=[f"{prefix}{{{shard}}}:d", f"{prefix}{{{shard}}}:c"], args=flat)


class Clock:
    """Process CPU (all threads) and wall time from construction; the start of the interpreter is outside."""

    def __init__(self) -> None:
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def report(self, events: int) -> None:
        """Print what the driver reads."""
        cpu_s, wall_s = time.process_time() - self.cpu, time.perf_counter() - self.wall
        print(json.dumps({"events": events, "cpu_s": cpu_s, "wall_s": wall_s}))
