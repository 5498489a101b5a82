"""Sound readings, and the pipeline's parts with a registry and a broker in memory."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from gridctl.ingest.pipeline import load_encoders
from gridctl.streams.codec import FramedEncoder
from tests.support.memory_registry import MemoryRegistry

NOW_MS = 1_768_435_200_000
READINGS: dict[str, dict[str, Any]] = {
    "thermostat": {
        "kind": "thermostat",
        "device_id": "th-1",
        "event_time_ms": NOW_MS,
        "firmware": "2.4.1",
        "temperature_c": 21.5,
        "setpoint_c": 21.0,
        "humidity_pct": 40.0,
        "mode": "HEAT",
        "action": "HEATING",
        "power_w": 1500.0,
    },
    "charger": {
        "kind": "charger",
        "device_id": "ev-1",
        "event_time_ms": NOW_MS,
        "firmware": "1.0.0",
        "status": "CHARGING",
        "session_id": "s-1",
        "power_w": -7200.5,
        "current_a": 32.0,
        "voltage_v": 230.0,
        "session_energy_wh": 1200,
    },
    "scada": {
        "kind": "scada",
        "device_id": "feeder-1",
        "event_time_ms": NOW_MS,
        "poll_seq": 7,
        "interval_ms": 1000,
        "points": [
            {"name": "voltage", "value": 11000.0, "unit": "V", "quality": "GOOD"},
            {"name": "current", "value": None, "unit": "A", "quality": "MISSING"},
        ],
    },
}

Line = Callable[..., bytes]


@pytest.fixture(scope="session")
def now_ms() -> int:
    """The time at which the readings are judged; they are of that time too."""
    return NOW_MS


@pytest.fixture(scope="session")
def line() -> Line:
    """Make a reading's line: a kind, and fields to put in its place; `...` leaves one out."""

    def make(sound: str = "thermostat", /, **changes: Any) -> bytes:
        values = {**READINGS[sound], **changes}
        return json.dumps({name: value for name, value in values.items() if value is not ...}).encode()

    return make


@pytest.fixture(scope="session")
def encoders(schemas: dict[str, str], registry: MemoryRegistry) -> dict[str, FramedEncoder]:
    return load_encoders(schemas, registry)
