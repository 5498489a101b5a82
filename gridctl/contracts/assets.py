"""The asset record: what the customer information system and the topology say of a device."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from gridctl.contracts.events import Contract, EpochMs
from gridctl.contracts.ids import Identifier
from gridctl.contracts.priority import PriorityLevel

ASSET_TOPIC = "grid.asset"


class AssetRecord(Contract):
    """One CIS record; the value of topic `grid.asset`, keyed by `device_id`, the newest one counts.

    The priority holds from `valid_from_ms` to before `valid_to_ms` (null: without end).
    """

    device_id: Identifier
    circuit_id: Identifier
    feeder_id: Identifier
    priority_level: PriorityLevel
    valid_from_ms: EpochMs
    valid_to_ms: EpochMs | None = None
    updated_at_ms: Annotated[EpochMs, Field(description="when CIS last changed the record")]

    @model_validator(mode="after")
    def _times_make_sense(self) -> Self:
        # A validator and no bounds: what the fields can hold is still what the Avro schema says.
        for name in ("valid_from_ms", "valid_to_ms", "updated_at_ms"):
            if (getattr(self, name) or 0) < 0:
                raise ValueError(f"{name} is negative")
        if self.valid_to_ms is not None and self.valid_to_ms <= self.valid_from_ms:
            raise ValueError("valid_to_ms is not after valid_from_ms")
        return self
