"""What an EV charger says: its status, its session, and the power that flows."""

from typing import Annotated, Literal

from pydantic import Field

from gridctl.contracts.events import Power, Reading, Stamps
from gridctl.contracts.ids import FirmwareVersion, Identifier


class ChargerReading(Reading):
    """An EV charger's report. Power is negative while a vehicle feeds the grid."""

    kind: Literal["charger"]
    firmware: FirmwareVersion
    status: Literal["AVAILABLE", "PREPARING", "CHARGING", "SUSPENDED", "FINISHING", "FAULTED"]
    session_id: Identifier | None = None
    power_w: Power
    current_a: Annotated[float, Field(ge=-10_000, le=10_000)]
    voltage_v: Annotated[float, Field(ge=0, le=100_000)]
    session_energy_wh: Annotated[int, Field(ge=0, le=10**12)] | None = None


class ChargerEvent(ChargerReading, Stamps):
    """The value of topic `ev.session`."""
