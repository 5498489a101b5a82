"""What became of the polls: outcomes by device, and how far real intervals were from the planned one."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gridctl.ingest.scada.ports import Outcome

ANSWERED: tuple[Outcome, ...] = ("data", "exception")


@dataclass
class DeviceAccount:
    """One device. `skipped` polls were not made: the process stood still, or what was read could not be taken."""

    interval_ms: int
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    skipped: int = 0
    # Deviations in milliseconds to two significant digits: some hundred keys however long it runs.
    deviations_ms: Counter[float] = field(default_factory=Counter)

    def deviate(self, deviation_ms: float) -> None:
        """Note how far an interval was from the planned one."""
        self.deviations_ms[float(f"{abs(deviation_ms):.2g}")] += 1

    @property
    def answered(self) -> int:
        """Polls that the device answered, with data or with an exception."""
        return sum(self.outcomes[outcome] for outcome in ANSWERED)

    def summary(self) -> dict[str, Any]:
        """Return the counts of this device."""
        polls = self.outcomes.total()
        return {
            "polls": polls,
            "polls_answered": self.answered,
            "polls_unanswered": polls - self.answered,
            "polls_skipped": self.skipped,
            "outcomes": dict(sorted(self.outcomes.items())),
            "interval_jitter_ms": quantiles(self.deviations_ms),
        }


def summary(accounts: Mapping[str, DeviceAccount]) -> dict[str, Any]:
    """Return the counts of all devices, with the jitter by interval, and those of each."""
    devices = {device_id: account.summary() for device_id, account in accounts.items()}
    names = ("polls", "polls_answered", "polls_unanswered", "polls_skipped")
    intervals = sorted({account.interval_ms for account in accounts.values()})
    jitter = {
        str(interval_ms): quantiles(
            _sum(account.deviations_ms for account in accounts.values() if account.interval_ms == interval_ms)
        )
        for interval_ms in intervals
    }
    totals = {name: sum(device[name] for device in devices.values()) for name in names}
    return {**totals, "interval_jitter_ms": jitter, "devices": devices}


def quantiles(counts: Mapping[float, int]) -> dict[str, float | None]:
    """Return median, 99th percentile and maximum; None where nothing was measured."""
    ordered = sorted(counts.items())
    total = sum(counts.values())

    def quantile(share: float) -> float | None:
        rank = math.ceil(share * total)
        for value, count in ordered:
            rank -= count
            if rank <= 0:
                return value
        return None

    return {"p50": quantile(0.5), "p99": quantile(0.99), "max": quantile(1.0)}


def _sum(counters: Iterable[Counter[float]]) -> Counter[float]:
    total: Counter[float] = Counter()
    for counter in counters:
        total.update(counter)
    return total
