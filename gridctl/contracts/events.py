"""What readings and events of all kinds have in common, and what a kind of device is.

A reading is what a device may say; a field that is not listed here is refused, so no device can send its own
`priority_level`. An event is a reading with the platform's stamps. Numbers are finite and of bounded magnitude;
nothing is coerced: "21.5" is not a number and true is not 1. Names carry units. The kinds are in `contracts/kinds`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from gridctl.contracts.ids import Identifier
from gridctl.contracts.priority import PriorityLevel

# One terawatt: more than any grid that this platform serves; keeps totals in milliwatts exact in a double.
POWER_MAX_W = 1e12
MILLIWATTS = 1000

Power = Annotated[float, Field(ge=-POWER_MAX_W, le=POWER_MAX_W)]
# The logical type is what the schema drift gate compares with the Avro files.
EpochMs = Annotated[int, Field(ge=-(2**53), le=2**53, json_schema_extra={"logicalType": "timestamp-millis"})]
Counter = Annotated[int, Field(ge=0, le=2**53)]
Quality = Literal["GOOD", "SUSPECT", "SUBSTITUTED", "MISSING"]


class Contract(BaseModel):
    """Frozen, strict, closed: the base of everything that crosses a wire."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class Reading(Contract):
    """What every device says, whatever its kind; each kind names itself in `kind`."""

    kind: str
    device_id: Identifier
    event_time_ms: EpochMs


class Stamps(Contract):
    """What the platform adds: the message id, and what the asset table says of the device at that event time."""

    msg_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    priority_level: PriorityLevel
    circuit_id: Identifier | None = None


STAMPS = tuple(Stamps.model_fields)


@dataclass(frozen=True)
class Kind:
    """A kind of device: its models, its topic, and what its events mean for the grid state.

    `code` stands for the kind in the grid state in Redis: it never changes, and is never given to another kind.
    `shown` are the fields that `state show` prints in its table. The methods are those of a device that draws
    `power_w` and whose readings are always good; a kind that differs says so in a class of its own.
    """

    code: int
    topic: str
    reading: type[Reading]
    event: type[Stamps]
    shown: tuple[str, ...] = ()

    @cached_property
    def name(self) -> str:
        """The value of `kind` in a reading."""
        return str(get_args(self.reading.model_fields["kind"].annotation)[0])

    @property
    def subject(self) -> str:
        """The registry subject of the events."""
        return f"{self.topic}-value"

    def contribution(self, event: Mapping[str, Any]) -> tuple[int, bool]:
        """Return the share of an event in its circuit's total, in milliwatts, and whether it is good.

        An event that is not good does not replace a good one.
        """
        return round(event["power_w"] * MILLIWATTS), True

    def quality(self, event: Mapping[str, Any]) -> Quality:  # noqa: ARG002 -- other kinds look at the event
        """Return the quality of an event as a whole."""
        return "GOOD"

    def summary(self, event: Mapping[str, Any]) -> str:
        """Return the values of an event as text for people."""
        return ", ".join(f"{name}={event[name]}" for name in self.shown)
