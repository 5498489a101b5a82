"""What a thermostat says: room and setpoint, what it is doing, and the power its equipment draws."""

from typing import Annotated, Literal

from pydantic import Field

from gridctl.contracts.events import Power, Reading, Stamps
from gridctl.contracts.ids import FirmwareVersion


class ThermostatReading(Reading):
    """A thermostat's report: room and setpoint, what it is doing, and the power its equipment draws."""

    kind: Literal["thermostat"]
    firmware: FirmwareVersion
    temperature_c: Annotated[float, Field(ge=-60, le=90)]
    setpoint_c: Annotated[float, Field(ge=0, le=50)]
    humidity_pct: Annotated[float, Field(ge=0, le=100)] | None = None
    mode: Literal["OFF", "HEAT", "COOL", "AUTO"]
    action: Literal["IDLE", "HEATING", "COOLING"]
    power_w: Power


class ThermostatEvent(ThermostatReading, Stamps):
    """The value of topic `iot.thermostat`."""
