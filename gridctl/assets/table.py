"""The asset table: the newest CIS record of each device, ready to be stamped onto its events."""

from functools import lru_cache
from typing import NamedTuple

from gridctl.contracts.assets import UNKNOWN_STAMP, AssetRecord, Stamp, stamp_of


class _Entry(NamedTuple):
    """A record, reduced to what a stamp needs; `until_ms` is infinite for a tag without end."""

    from_ms: int
    until_ms: float
    valid: Stamp
    otherwise: Stamp


class AssetTable:
    """Follows `grid.asset` record by record; may be read by one thread while another one writes."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, record: AssetRecord) -> None:
        """Take a record in place of what was known of its device."""
        until_ms = float("inf") if record.valid_to_ms is None else record.valid_to_ms
        # `stamp_of` decides, here once instead of for every event.
        valid = _shared(stamp_of(record, record.valid_from_ms))
        otherwise = _shared(stamp_of(record, record.valid_from_ms - 1))
        self._entries[record.device_id] = _Entry(record.valid_from_ms, until_ms, valid, otherwise)

    def forget(self, device_id: str) -> None:
        """Drop what was known of a device: its record was deleted, or cannot be read."""
        self._entries.pop(device_id, None)

    def stamp(self, device_id: str, at_ms: int) -> Stamp:
        """Return priority and circuit of a device at an event time; what is not known is UNKNOWN."""
        entry = self._entries.get(device_id)
        if entry is None:
            return UNKNOWN_STAMP
        from_ms, until_ms, valid, otherwise = entry
        return valid if from_ms <= at_ms < until_ms else otherwise


@lru_cache(maxsize=65_536)
def _shared(stamp: Stamp) -> Stamp:
    """Return one object for equal stamps: a million devices share a few thousand."""
    return stamp
