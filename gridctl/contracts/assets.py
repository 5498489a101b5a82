"""The asset record: what the customer information system and the topology say of a device."""

from typing import Annotated, NamedTuple, Self

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


class Stamp(NamedTuple):
    """What ingest writes onto an event."""

    priority_level: str
    circuit_id: str | None


UNKNOWN_STAMP = Stamp(PriorityLevel.UNKNOWN.value, None)


def stamp_of(record: AssetRecord | None, at_ms: int) -> Stamp:
    """Return the stamp for an event at a time: no record, or one not valid then, has priority UNKNOWN."""
    if record is None:
        return UNKNOWN_STAMP
    valid = record.valid_from_ms <= at_ms and (record.valid_to_ms is None or at_ms < record.valid_to_ms)
    level = record.priority_level if valid else PriorityLevel.UNKNOWN
    return Stamp(level.value, record.circuit_id)
