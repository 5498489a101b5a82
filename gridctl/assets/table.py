"""The asset table: the newest CIS record of each device, ready to be stamped onto its events."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from gridctl.assets.protection import UNKNOWN_STAMP, Stamp, stamp_of
from gridctl.contracts.assets import AssetRecord

# A patient whose record came during an outage is stamped with the old priority no longer than this.
UNKNOWN_AFTER_S = 300.0


class _Entry(NamedTuple):
    """A record, reduced to what a stamp needs; `until_ms` is infinite for a tag without end."""

    from_ms: int
    until_ms: float
    valid: Stamp
    otherwise: Stamp


class AssetTable:
    """Follows `grid.asset` record by record; may be read by one thread while another one writes.

    `clock_s` is a monotonic clock, in seconds. The table ages from the time for which it was last said to be complete.
    """

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._entries: dict[str, _Entry] = {}
        self._clock_s = clock_s
        self._complete_s = float("-inf")

    def __len__(self) -> int:
        return len(self._entries)

    def take(self, device_id: str, record: AssetRecord | None) -> None:
        """Take what the topic says of a device in place of what was known; None where that cannot be used."""
        if record is None or record.device_id != device_id:
            self._entries.pop(device_id, None)
            return
        until_ms = float("inf") if record.valid_to_ms is None else record.valid_to_ms
        # `stamp_of` decides, here once instead of for every event.
        valid = _shared(stamp_of(record, record.valid_from_ms))
        otherwise = _shared(stamp_of(record, record.valid_from_ms - 1))
        self._entries[device_id] = _Entry(record.valid_from_ms, until_ms, valid, otherwise)

    def note_complete(self, at_s: float) -> None:
        """Note that the table holds all that the topic held at this time of the clock."""
        self._complete_s = at_s

    def age_s(self) -> float:
        """Return for how long the table may have missed records, in seconds; infinite where the clock went back."""
        age_s = self._clock_s() - self._complete_s
        return age_s if age_s >= 0 else float("inf")

    def stamps(self) -> Callable[[str, int], Stamp]:
        """Return what stamps a batch: priority and circuit of a device at an event time; it never fails.

        From UNKNOWN_AFTER_S on every priority is UNKNOWN; circuits stay, so that totals do not move.
        """
        return self._stamp if self.age_s() < UNKNOWN_AFTER_S else self._stamp_without_priority

    def _stamp(self, device_id: str, at_ms: int) -> Stamp:
        entry = self._entries.get(device_id)
        if entry is None:
            return UNKNOWN_STAMP
        from_ms, until_ms, valid, otherwise = entry
        return valid if from_ms <= at_ms < until_ms else otherwise

    def _stamp_without_priority(self, device_id: str, _at_ms: int) -> Stamp:
        entry = self._entries.get(device_id)
        return UNKNOWN_STAMP if entry is None else entry.otherwise


@lru_cache(maxsize=65_536)
def _shared(stamp: Stamp) -> Stamp:
    """Return one object for equal stamps: a million devices share a few thousand."""
    return stamp
