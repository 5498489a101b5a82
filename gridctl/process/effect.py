"""What an event means for the grid state."""

from collections.abc import Mapping
from typing import Any

from gridctl.contracts.events import Kind
from gridctl.process.ports import Effect
from gridctl.state.model import NO_CIRCUIT
from gridctl.state.record import pack_register


def effect_of(kind: Kind, event: Mapping[str, Any], device_id: bytes, frame: bytes) -> Effect:
    """Return the effect of a sound event; `frame` is the event as it came, kept in the state."""
    power_mw, good = kind.contribution(event)
    circuit = (event["circuit_id"] or NO_CIRCUIT).encode()
    record = pack_register(event["event_time_ms"], power_mw, good, kind.code, circuit, frame)
    return Effect(device_id, record)
