"""What an event means for the grid state."""

from collections.abc import Mapping
from typing import Any

from gridctl.process.ports import Effect
from gridctl.state.model import NO_CIRCUIT
from gridctl.state.record import CODE_OF_KIND, pack_register

MILLIWATTS = 1000


def effect_of(kind: str, event: Mapping[str, Any], device_id: bytes, frame: bytes) -> Effect:
    """Return the effect of a sound event; `frame` is the event as it came, kept in the state."""
    good = True
    power_mw = 0  # SCADA devices measure power, they are not loads
    if kind == "scada":
        good = any(point["quality"] == "GOOD" for point in event["points"])
    else:
        power_mw = round(event["power_w"] * MILLIWATTS)
    circuit = (event["circuit_id"] or NO_CIRCUIT).encode()
    record = pack_register(event["event_time_ms"], power_mw, good, CODE_OF_KIND[kind], circuit, frame)
    return Effect(device_id, record)
