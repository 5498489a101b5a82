"""Events, framed as a producer frames them, and what reads them."""

from collections.abc import Callable
from typing import Any

import pytest

from gridctl.contracts.ids import msg_id
from gridctl.contracts.kinds import KINDS, TOPIC_OF_KIND
from gridctl.contracts.registry import SchemaLookup
from gridctl.process.decode import EventReader
from gridctl.streams.codec import FramedDecoder, framed_encoder
from tests.support.memory_events import MemoryRecord
from tests.support.memory_registry import MemoryRegistry
from tests.support.readings import READINGS, TIME_MS


@pytest.fixture(scope="session")
def values() -> dict[str, dict[str, Any]]:
    """A sound reading of each kind, without the fields that all share."""
    return READINGS


@pytest.fixture(scope="session")
def time_ms() -> int:
    """The event time of an event where the test names none."""
    return TIME_MS


def reader_of(registry: SchemaLookup, schemas: dict[str, str]) -> EventReader:
    """Return a reader of events that finds the writers' schemas in this registry."""
    return EventReader({name: FramedDecoder(registry, schemas[kind.subject]) for name, kind in KINDS.items()}, 60_000)


@pytest.fixture(scope="session")
def reader(registry: MemoryRegistry, schemas: dict[str, str]) -> EventReader:
    """A reader of the platform's topics."""
    return reader_of(registry, schemas)


@pytest.fixture(scope="session")
def frame(registry: MemoryRegistry, schemas: dict[str, str]) -> Callable[..., bytes]:
    """Return a function that gives the framed value of an event; named fields differ from a sound one."""
    encoders = {name: framed_encoder(kind.subject, schemas[kind.subject], registry) for name, kind in KINDS.items()}

    def make(kind: str = "thermostat", device_id: str = "d-1", event_time_ms: int = TIME_MS, **changed: Any) -> bytes:
        encoder = encoders[kind]
        stamps = {"msg_id": msg_id(device_id, event_time_ms), "priority_level": "ESSENTIAL", "circuit_id": "c-1"}
        event = {"device_id": device_id, "event_time_ms": event_time_ms, **READINGS[kind], **stamps, **changed}
        return encoder.header + encoder.body(event)

    return make


@pytest.fixture(scope="session")
def record(frame: Callable[..., bytes]) -> Callable[..., MemoryRecord]:
    """Return a function that gives the record of an event, appended a second after its time."""

    def make(kind: str = "thermostat", device_id: str = "d-1", event_time_ms: int = TIME_MS, **changed: Any) -> Any:
        value = frame(kind, device_id, event_time_ms, **changed)
        return MemoryRecord(TOPIC_OF_KIND[kind], device_id.encode(), value, event_time_ms + 1000)

    return make
