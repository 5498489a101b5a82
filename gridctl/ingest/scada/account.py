"""What became of the polls: outcomes by device, and how far real intervals were from the planned one."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gridctl.ingest.scada.ports import Outcome
from gridctl.runtime.histogram import Histogram

ANSWERED: tuple[Outcome, ...] = ("data", "exception")


@dataclass
class DeviceAccount:
    """One device. `skipped` polls were not made: the process stood still, or what was read could not be taken."""

    interval_ms: int
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    skipped: int = 0
    # There is one for each device: seven bits make two good digits, in some hundred keys.
    deviations_us: Histogram = field(default_factory=lambda: Histogram(exact_bits=7))

    def deviate(self, deviation_ms: float) -> None:
        """Note how far an interval was from the planned one."""
        self.deviations_us.add([abs(round(deviation_ms * 1000))])

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
            "interval_jitter_ms": quantiles_ms([self.deviations_us]),
        }


def summary(accounts: Mapping[str, DeviceAccount]) -> dict[str, Any]:
    """Return the counts of all devices, with the jitter by interval, and those of each."""
    devices = {device_id: account.summary() for device_id, account in accounts.items()}
    names = ("polls", "polls_answered", "polls_unanswered", "polls_skipped")
    intervals = sorted({account.interval_ms for account in accounts.values()})
    jitter = {
        str(interval_ms): quantiles_ms(
            account.deviations_us for account in accounts.values() if account.interval_ms == interval_ms
        )
        for interval_ms in intervals
    }
    totals = {name: sum(device[name] for device in devices.values()) for name in names}
    return {**totals, "interval_jitter_ms": jitter, "devices": devices}


def quantiles_ms(deviations_us: Iterable[Histogram]) -> dict[str, float | None]:
    """Return median, 99th percentile and maximum in milliseconds, to two digits; None where nothing was measured."""
    total = Histogram(exact_bits=7)
    for each in deviations_us:
        total.merge(each)

    def quantile(share: float) -> float | None:
        value_us = total.percentile(share)
        return None if value_us is None else float(f"{value_us / 1000:.2g}")

    return {"p50": quantile(0.5), "p99": quantile(0.99), "max": quantile(1.0)}
