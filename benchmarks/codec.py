"""The generated codec beside fastavro, on the platform's own events: `.venv/bin/python benchmarks/codec.py`.

Interleaved rounds, medians, process CPU time: nanoseconds an event, and how many times faster than fastavro.
"""

import json
import statistics
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro

from gridctl.avro.codec import compile_decoder, compile_encoder

SCHEMAS = Path(__file__).parents[1] / "schemas"
ROUNDS = 9
CALLS = 20_000
FRAME = b"\0\0\0\0\1"

STAMPS = {"msg_id": "0123456789abcdef" * 2, "priority_level": "ESSENTIAL", "circuit_id": "circuit-0012"}
THERMOSTAT = {
    "device_id": "thermostat-0000123",
    "event_time_ms": 1_764_000_000_123,
    "firmware": "2.4.1",
    "temperature_c": 21.5,
    "setpoint_c": 20.0,
    "humidity_pct": 40.5,
    "mode": "HEAT",
    "action": "HEATING",
    "power_w": 1500.0,
}
POINTS = [{"name": f"bus-1/ai-{i}", "value": 1.5 * i, "unit": "kV", "quality": "GOOD"} for i in range(8)]
SCADA = {
    "device_id": "rtu-000017",
    "event_time_ms": 1_764_000_000_123,
    "poll_seq": 123_456,
    "interval_ms": 2000,
    "points": POINTS,
}


def medians_ns(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median CPU time of one call, by name, in nanoseconds; the rounds are interleaved."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start = time.process_time_ns()
            for _ in range(CALLS):
                call()
            spent[name].append((time.process_time_ns() - start) / CALLS)
    return {name: statistics.median(values) for name, values in spent.items()}


def case(title: str, subject: str, reading: dict[str, Any]) -> None:
    """Print one line an operation for an event."""
    text = (SCHEMAS / subject / "v1.avsc").read_text()
    record = reading | STAMPS
    peer = fastavro.parse_schema(json.loads(text))
    encode, decode = compile_encoder(text), compile_decoder(text)
    stamped = compile_encoder(text, tuple(STAMPS))
    msg_id, priority_level, circuit_id = STAMPS.values()
    payload = FRAME + encode(record)

    def peer_encode() -> bytes:
        out = BytesIO()
        fastavro.schemaless_writer(out, peer, record)
        return out.getvalue()

    def peer_decode() -> Any:
        return fastavro.schemaless_reader(BytesIO(payload[len(FRAME) :]), peer, None)

    if FRAME + peer_encode() != payload or decode(payload, len(FRAME)) != record:
        raise SystemExit(f"{title}: the two codecs disagree")
    found = medians_ns(
        {
            "encode": lambda: encode(record),
            "encode, stamps apart": lambda: stamped(reading, msg_id, priority_level, circuit_id),
            "encode by fastavro": peer_encode,
            "decode": lambda: decode(payload, len(FRAME)),
            "decode by fastavro": peer_decode,
        }
    )
    for name, nanoseconds in found.items():
        ratio = found[f"{name[:6]} by fastavro"] / nanoseconds
        print(f"{title:12} {name:22} {nanoseconds:8.0f} ns {ratio:6.2f} x fastavro")


if __name__ == "__main__":
    case("thermostat", "iot.thermostat-value", THERMOSTAT)
    case("scada, 8 pts", "scada.measurement-value", SCADA)
