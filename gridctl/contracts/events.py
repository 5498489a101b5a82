"""Readings as devices send them, and events as the platform publishes them.

A reading is what a device may say; a field that is not listed here is refused, so no device can send its own
`priority_level`. An event is a reading with the platform's stamps. Numbers are finite and of bounded magnitude;
nothing is coerced: "21.5" is not a number and true is not 1. Names carry units.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gridctl.contracts.ids import FirmwareVersion, Identifier
from gridctl.contracts.priority import PriorityLevel

# One terawatt: more than any grid that this platform serves; keeps totals in milliwatts exact in a double.
POWER_MAX_W = 1e12
POINTS_MAX = 512
# Units have signs such as ° and µ, so only control characters are kept out.
UNIT_PATTERN = r"^[^\x00-\x1f\x7f-\x9f]*$"

Power = Annotated[float, Field(ge=-POWER_MAX_W, le=POWER_MAX_W)]
# The logical type is what the schema drift gate compares with the Avro files.
EpochMs = Annotated[int, Field(ge=-(2**53), le=2**53, json_schema_extra={"logicalType": "timestamp-millis"})]
Counter = Annotated[int, Field(ge=0, le=2**53)]


class Contract(BaseModel):
    """Frozen, strict, closed: the base of everything that crosses a wire."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


Quality = Literal["GOOD", "SUSPECT", "SUBSTITUTED", "MISSING"]


class Point(Contract):
    """One value of a SCADA poll. `value` is null exactly when the quality is MISSING."""

    name: Identifier
    value: Annotated[float, Field(ge=-1e15, le=1e15)] | None = None
    unit: Annotated[str, Field(max_length=16, pattern=UNIT_PATTERN)]
    quality: Quality

    @model_validator(mode="after")
    def _missing_has_no_value(self) -> Self:
        if (self.value is None) != (self.quality == "MISSING"):
            raise ValueError("value is null exactly when the quality is MISSING")
        return self


class ScadaReading(Contract):
    """One poll of one device, with all its points; `poll_seq` counts the polls of that device."""

    kind: Literal["scada"]
    device_id: Identifier
    event_time_ms: EpochMs
    poll_seq: Counter
    interval_ms: Annotated[int, Field(ge=1, le=86_400_000)]
    points: Annotated[list[Point], Field(max_length=POINTS_MAX)]


class ThermostatReading(Contract):
    """A thermostat's report: room and setpoint, what it is doing, and the power its equipment draws."""

    kind: Literal["thermostat"]
    device_id: Identifier
    event_time_ms: EpochMs
    firmware: FirmwareVersion
    temperature_c: Annotated[float, Field(ge=-60, le=90)]
    setpoint_c: Annotated[float, Field(ge=0, le=50)]
    humidity_pct: Annotated[float, Field(ge=0, le=100)] | None = None
    mode: Literal["OFF", "HEAT", "COOL", "AUTO"]
    action: Literal["IDLE", "HEATING", "COOLING"]
    power_w: Power


class ChargerReading(Contract):
    """An EV charger's report. Power is negative while a vehicle feeds the grid."""

    kind: Literal["charger"]
    device_id: Identifier
    event_time_ms: EpochMs
    firmware: FirmwareVersion
    status: Literal["AVAILABLE", "PREPARING", "CHARGING", "SUSPENDED", "FINISHING", "FAULTED"]
    session_id: Identifier | None = None
    power_w: Power
    current_a: Annotated[float, Field(ge=-10_000, le=10_000)]
    voltage_v: Annotated[float, Field(ge=0, le=100_000)]
    session_energy_wh: Annotated[int, Field(ge=0, le=10**12)] | None = None


Reading = ScadaReading | ThermostatReading | ChargerReading


class Stamps(Contract):
    """What the platform adds: the message id, and what the asset table says of the device at that event time."""

    msg_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    priority_level: PriorityLevel
    circuit_id: Identifier | None = None


class ScadaEvent(ScadaReading, Stamps):
    """The value of topic `scada.measurement`."""


class ThermostatEvent(ThermostatReading, Stamps):
    """The value of topic `iot.thermostat`."""


class ChargerEvent(ChargerReading, Stamps):
    """The value of topic `ev.session`."""


Event = ScadaEvent | ThermostatEvent | ChargerEvent

TOPIC_OF_KIND = {"scada": "scada.measurement", "thermostat": "iot.thermostat", "charger": "ev.session"}
EVENT_OF_KIND: dict[str, type[ScadaEvent | ThermostatEvent | ChargerEvent]] = {
    "scada": ScadaEvent,
    "thermostat": ThermostatEvent,
    "charger": ChargerEvent,
}
