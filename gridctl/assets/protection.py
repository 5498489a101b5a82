"""The rule that what is not known of a device is UNKNOWN, and UNKNOWN is protected like LIFE_SUSTAINING.

Whoever needs the priority of a device asks `stamp_of`, and hands over None for a record that is absent, deleted,
unreadable or of another device.
"""

from typing import NamedTuple

from gridctl.contracts.assets import AssetRecord
from gridctl.contracts.priority import PriorityLevel


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
