"""Thermostats, and the heating or cooling equipment that they switch."""

from gridctl.contracts.events import Kind
from gridctl.contracts.kinds.thermostat.model import ThermostatEvent, ThermostatReading

KIND = Kind(
    code=1,
    topic="iot.thermostat",
    reading=ThermostatReading,
    event=ThermostatEvent,
    shown=("power_w", "mode", "action"),
)
