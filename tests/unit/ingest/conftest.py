"""Sound readings, and the pipeline's parts with a registry and a broker in memory."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from gridctl.ingest.pipeline import load_encoders
from gridctl.streams.codec import FramedEncoder
from tests.support.memory_registry import MemoryRegistry
from tests.support.readings import READINGS, TIME_MS

DEVICE_OF = {"thermostat": "th-1", "charger": "ev-1", "scada": "feeder-1"}

Line = Callable[..., bytes]


@pytest.fixture(scope="session")
def now_ms() -> int:
    """The time at which the readings are judged; they are of that time too."""
    return TIME_MS


@pytest.fixture(scope="session")
def line() -> Line:
    """Make a reading's line: a kind, and fields to put in its place; `...` leaves one out."""

    def make(sound: str = "thermostat", /, **changes: Any) -> bytes:
        shared = {"kind": sound, "device_id": DEVICE_OF[sound], "event_time_ms": TIME_MS}
        values = {**shared, **READINGS[sound], **changes}
        return json.dumps({name: value for name, value in values.items() if value is not ...}).encode()

    return make


@pytest.fixture(scope="session")
def encoders(schemas: dict[str, str], registry: MemoryRegistry) -> dict[str, FramedEncoder]:
    return load_encoders(schemas, registry)
