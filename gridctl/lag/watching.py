"""What a watch keeps: looks from some time ago, to see what stands still, and a sample of each group a measurement."""

from collections import deque

from gridctl.lag.looks import Looks
from gridctl.lag.model import GroupLag
from gridctl.lag.rates import Sample, sample_of
from gridctl.lag.source import Look, Measurement, measurement_of

STALLED_AFTER_S = 30.0
"""A commit that does not move for so long, while records wait, stands still."""
SAMPLES = 240
LOOKS_APART_S = 5.0


class Watching:
    """Takes looks in the order of their times, in milliseconds of the epoch, and keeps what a screen shows of them."""

    def __init__(self) -> None:
        self._looks = Looks(STALLED_AFTER_S * 1000, LOOKS_APART_S * 1000)
        self._samples: dict[str, deque[Sample]] = {}
        self.measured: Measurement | None = None
        self.measured_ms: int | None = None

    def take(self, look: Look, at_ms: int) -> Measurement:
        """Take a look and return what it amounts to, with the one before from which a stall is seen."""
        self.measured_ms = at_ms
        self.measured = measurement_of(look, self._looks.take(look, at_ms))
        for group in self.measured.groups:
            self._samples.setdefault(group.group, deque(maxlen=SAMPLES)).append(sample_of(group, at_ms))
        return self.measured

    def miss(self, at_ms: int) -> None:
        """Note that there was no measurement: the lag of that time is not known."""
        for samples in self._samples.values():
            samples.append(Sample(at_ms, None, None, None, samples[-1].partitions))

    def samples(self, group: GroupLag) -> list[Sample]:
        """Return the samples of a group, the newest last."""
        return list(self._samples.get(group.group, ()))
