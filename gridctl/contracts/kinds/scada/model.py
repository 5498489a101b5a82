"""What an outstation says: one poll of one device, with all its points."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gridctl.contracts.events import Contract, Counter, Quality, Reading, Stamps
from gridctl.contracts.ids import Identifier

POINTS_MAX = 512
# Units have signs such as ° and µ, so only control characters are kept out.
UNIT_PATTERN = r"^[^\x00-\x1f\x7f-\x9f]*$"


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


class ScadaReading(Reading):
    """One poll of one device, with all its points; `poll_seq` counts the polls of that device."""

    kind: Literal["scada"]
    poll_seq: Counter
    interval_ms: Annotated[int, Field(ge=1, le=86_400_000)]
    points: Annotated[list[Point], Field(max_length=POINTS_MAX)]


class ScadaEvent(ScadaReading, Stamps):
    """The value of topic `scada.measurement`."""
