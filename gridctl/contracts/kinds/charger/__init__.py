"""EV chargers, and the vehicles that charge or feed the grid there."""

from gridctl.contracts.events import Kind
from gridctl.contracts.kinds.charger.model import ChargerEvent, ChargerReading

KIND = Kind(
    code=2,
    topic="ev.session",
    reading=ChargerReading,
    event=ChargerEvent,
    shown=("power_w", "status"),
)
