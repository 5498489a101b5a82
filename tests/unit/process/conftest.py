"""A registry with the platform's schemas, and events framed as a producer frames them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gridctl.adapters.schema_files import read_tree
from gridctl.avro.codec import compile_encoder
from gridctl.contracts.framing import frame_header
from gridctl.contracts.ids import msg_id
from gridctl.contracts.kinds import TOPIC_OF_KIND
from gridctl.contracts.registry import SchemaLookup
from gridctl.process.decode import EventReader
from gridctl.streams.codec import FramedDecoder
from tests.support.memory_events import MemoryRecord
from tests.support.memory_registry import MemoryRegistry

TIME_MS = 1_768_435_200_000
VALUES: dict[str, dict[str, Any]] = {
    "thermostat": {
        "firmware": "2.4.1",
        "temperature_c": 21.5,
        "setpoint_c": 21.0,
        "humidity_pct": 40.0,
        "mode": "HEAT",
        "action": "HEATING",
        "power_w": 1500.0,
    },
    "charger": {
        "firmware": "1.0.0",
        "status": "CHARGING",
        "session_id": "s-1",
        "power_w": -7200.5,
        "current_a": 32.0,
        "voltage_v": 230.0,
        "session_energy_wh": 1200,
    },
    "scada": {
        "poll_seq": 7,
        "interval_ms": 1000,
        "points": [{"name": "voltage", "value": 11000.0, "unit": "V", "quality": "GOOD"}],
    },
}

SCHEMAS = {
    kind: file.text
    for kind, topic in TOPIC_OF_KIND.items()
    if (file := read_tree(Path(__file__).parents[3] / "schemas").newest(f"{topic}-value"))
}


@pytest.fixture(scope="session")
def schemas() -> dict[str, str]:
    """Our newest schema of each kind."""
    return SCHEMAS


@pytest.fixture(scope="session")
def values() -> dict[str, dict[str, Any]]:
    """A sound reading of each kind, without the fields that all share."""
    return VALUES


@pytest.fixture(scope="session")
def time_ms() -> int:
    """The event time of an event where the test names none."""
    return TIME_MS


@pytest.fixture(scope="session")
def registry() -> MemoryRegistry:
    """The platform's schemas, registered."""
    filled = MemoryRegistry()
    for kind, topic in TOPIC_OF_KIND.items():
        filled.register(f"{topic}-value", SCHEMAS[kind])
    return filled


def reader_of(registry: SchemaLookup, schemas: dict[str, str]) -> EventReader:
    """Return a reader of events that finds the writers' schemas in this registry."""
    return EventReader({kind: FramedDecoder(registry, schema) for kind, schema in schemas.items()}, 60_000)


@pytest.fixture(scope="session")
def reader(registry: MemoryRegistry) -> EventReader:
    """A reader of the platform's topics."""
    return reader_of(registry, SCHEMAS)


@pytest.fixture(scope="session")
def frame(registry: MemoryRegistry) -> Callable[..., bytes]:
    """Return a function that gives the framed value of an event; named fields differ from a sound one."""
    encoders = {}
    for kind, schema in SCHEMAS.items():
        found = registry.find(f"{TOPIC_OF_KIND[kind]}-value", schema)
        assert found is not None
        encoders[kind] = (frame_header(found.schema_id), compile_encoder(schema))

    def make(kind: str = "thermostat", device_id: str = "d-1", event_time_ms: int = TIME_MS, **changed: Any) -> bytes:
        header, encode = encoders[kind]
        stamps = {"msg_id": msg_id(device_id, event_time_ms), "priority_level": "ESSENTIAL", "circuit_id": "c-1"}
        event = {"device_id": device_id, "event_time_ms": event_time_ms, **VALUES[kind], **stamps, **changed}
        return header + encode(event)

    return make


@pytest.fixture(scope="session")
def record(frame: Callable[..., bytes]) -> Callable[..., MemoryRecord]:
    """Return a function that gives the record of an event, appended a second after its time."""

    def make(kind: str = "thermostat", device_id: str = "d-1", event_time_ms: int = TIME_MS, **changed: Any) -> Any:
        value = frame(kind, device_id, event_time_ms, **changed)
        return MemoryRecord(TOPIC_OF_KIND[kind], device_id.encode(), value, event_time_ms + 1000)

    return make
