"""Sound readings, and the pipeline's parts with a registry and a broker in memory."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gridctl.adapters.memory_registry import MemoryRegistry
from gridctl.adapters.schema_files import read_tree
from gridctl.contracts.deadletter import DEAD_LETTER_SUBJECT
from gridctl.contracts.events import TOPIC_OF_KIND
from gridctl.ingest.encode import Encoders, load_encoders

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
def schemas() -> dict[str, str]:
    """The newest schema of each subject that ingest writes."""
    tree = read_tree(Path(__file__).parents[3] / "schemas")
    subjects = [*(f"{topic}-value" for topic in TOPIC_OF_KIND.values()), DEAD_LETTER_SUBJECT, "grid.asset-value"]
    return {subject: file.text for subject in subjects if (file := tree.newest(subject))}


@pytest.fixture(scope="session")
def registry(schemas: dict[str, str]) -> MemoryRegistry:
    registry = MemoryRegistry()
    for subject, text in schemas.items():
        registry.register(subject, text)
    return registry


@pytest.fixture(scope="session")
def encoders(schemas: dict[str, str], registry: MemoryRegistry) -> Encoders:
    return load_encoders(schemas, registry)
